import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';

const IP = '/usr/sbin/ip';
const NFT = '/usr/sbin/nft';

/** What the hosts run: TCP on 80 (a web server) and 22 (accepts and stays silent), UDP on 9999 (sends everything back). */
const SERVICES = `
const http = require('node:http'), net = require('node:net'), dgram = require('node:dgram');
http.createServer((_q, r) => r.setHeader('Server', 'nginx/1.24.0').end('hello')).listen(80, '0.0.0.0', () => {
  net.createServer((s) => s.on('error', () => {})).listen(22, '0.0.0.0', () => {
    const u = dgram.createSocket('udp4');
    u.on('message', (m, f) => u.send(m, f.port, f.address));
    u.bind(9999, '0.0.0.0', () => console.log('ready'));
  });
});`;

/**
 * A small network of our own: this machine, a router behind it, and two hosts behind that, each in a network namespace.
 * `web` has open and closed ports; `wall` drops TCP 81, rejects TCP 82, and answers no ping.
 */
export interface Lab {
  /** Our own end of the cable to the router. */
  readonly interface: string;
  readonly self: string;
  readonly router: string;
  readonly web: string;
  readonly wall: string;
  /** The hosts' network, with the router in it. */
  readonly network: string;
  stop(): Promise<void>;
}

/** Whether a lab can be made here: root, with ip, nft and the right to make network namespaces. */
function canMakeLab(): boolean {
  if (process.getuid?.() !== 0 || !existsSync(IP) || !existsSync(NFT)) return false;
  const name = `probe${randomBytes(3).toString('hex')}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return true;
  } catch {
    return false;
  }
}

/** `describe` where a lab can be made and the programs are installed; elsewhere a skipped block, and a warning that says why. */
export function describeInLab(...programs: string[]): typeof describe | typeof describe.skip {
  const missing = programs.filter((path) => !existsSync(path));
  if (missing.length === 0 && canMakeLab()) return describe;
  process.stderr.write(`\nSKIPPED: ${missing.length > 0 ? `${missing.join(', ')} is not installed` : 'no network namespaces can be made here (root, ip and nft are needed)'}, so its specs did not run\n`);
  return describe.skip;
}

export async function makeLab(): Promise<Lab> {
  const id = randomBytes(3).toString('hex');
  const names = { router: `lab${id}r`, web: `lab${id}w`, wall: `lab${id}x` };
  const services: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((child) => new Promise<void>((done) => {
      if (child.exitCode !== null || child.signalCode !== null) return done();
      child.once('exit', () => done());
      child.kill('SIGKILL');
    })));
    // A cable goes with the namespace that one of its ends is in.
    for (const name of Object.values(names)) if (existsSync(`/run/netns/${name}`)) ip('netns', 'del', name);
  };
  try {
    for (const name of Object.values(names)) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    const { outside, prefix } = layCable(names.router);
    const lab = { interface: outside, self: `${prefix}.0.1`, router: `${prefix}.0.2`, web: `${prefix}.1.11`, wall: `${prefix}.1.12`, network: `${prefix}.1.0/24` };
    ip('addr', 'add', `${lab.self}/24`, 'dev', outside);
    ip('link', 'set', outside, 'up');
    ip('-n', names.router, 'addr', 'add', `${lab.router}/24`, 'dev', 'up0');
    ip('-n', names.router, 'link', 'set', 'up0', 'up');
    ip('-n', names.router, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', names.router, 'addr', 'add', `${prefix}.1.1/24`, 'dev', 'br0');
    ip('-n', names.router, 'link', 'set', 'br0', 'up');
    inside(names.router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit');
    for (const [name, address, port] of [[names.web, lab.web, 'p1'], [names.wall, lab.wall, 'p2']] as const) {
      ip('link', 'add', port, 'netns', names.router, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      ip('-n', names.router, 'link', 'set', port, 'master', 'br0', 'up');
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', name, 'link', 'set', 'eth0', 'up');
      ip('-n', name, 'route', 'add', 'default', 'via', `${prefix}.1.1`);
    }
    ip('route', 'add', lab.network, 'via', lab.router);
    inside(names.wall, NFT, 'add', 'table', 'inet', 'wall');
    inside(names.wall, NFT, 'add', 'chain', 'inet', 'wall', 'input', '{ type filter hook input priority 0 ; }');
    for (const rule of [['tcp', 'dport', '81', 'drop'], ['tcp', 'dport', '82', 'reject', 'with', 'icmp', 'type', 'admin-prohibited'], ['icmp', 'type', 'echo-request', 'drop']]) {
      inside(names.wall, NFT, 'add', 'rule', 'inet', 'wall', 'input', ...rule);
    }
    await Promise.all([names.web, names.wall].map((name) => {
      const child = spawn(IP, ['netns', 'exec', name, process.execPath, '-e', SERVICES], { stdio: ['ignore', 'pipe', 'inherit'] });
      services.push(child);
      return new Promise<void>((ready, failed) => {
        child.stdout.on('data', (text: Buffer) => { if (text.includes('ready')) ready(); });
        child.once('exit', (code) => failed(new Error(`the services of ${name} ended with ${code}`)));
      });
    }));
    return { ...lab, stop };
  } catch (e) {
    await stop();
    throw e;
  }
}

function ip(...argv: string[]): string {
  return execFileSync(IP, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function inside(namespace: string, ...argv: string[]): void {
  ip('netns', 'exec', namespace, ...argv);
}

/** Lays a cable to the router; its name here is that of a private network that nobody here uses, so of two labs at once only one gets it. `prefix` is the network's first two parts. */
function layCable(router: string): { outside: string; prefix: string } {
  const used = ip('route') + ip('-br', 'addr');
  for (;;) {
    const part = 200 + (randomBytes(1)[0]! % 55);
    const [outside, prefix] = [`lab${part}`, `10.${part}`];
    if (used.includes(`${prefix}.`)) continue;
    try {
      ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', 'up0', 'netns', router);
      return { outside, prefix };
    } catch (e) {
      if (!String(e).includes('File exists')) throw e;
    }
  }
}
