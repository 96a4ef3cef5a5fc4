import { execFile, execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../wait-for.js';
import { LabHost } from './lab-host.js';
import { LAB_USERS, userFiles } from './lab-users.js';
import { Namespace } from './namespace.js';

const PROGRAMS = ['ip', 'nft', 'nsenter', 'openssl', 'ps', 'ssh-keygen', 'sshd', 'sudo', 'unshare'];
const HOST_KEYS = ['ed25519', 'ecdsa', 'rsa'] as const;

/** Why no lab can be made here: not root, or programs that are not installed. Empty when it can. */
export function missingForLab(): string[] {
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return [...(process.getuid?.() === 0 ? [] : ['root']), ...PROGRAMS.filter((p) => !folders.some((f) => existsSync(join(f, p))))];
}

export interface Lab {
  /** @throws Error when the lab has no such host */
  host(name: string): LabHost;
  /** Our own address in the lab's network. */
  readonly address: string;
  /** Password of every user of ./lab-users. */
  readonly password: string;
  /** Private key that every user takes, plain and encrypted with `passphrase`. */
  readonly privateKey: string;
  readonly encryptedKey: string;
  readonly passphrase: string;
  /** Folder for files of the tests; gone with the lab. */
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * Real Linux hosts of our own: each has namespaces for network, processes, mounts and name, its own users, sudo and sshd with stock limits
 * (MaxStartups 10:30:100, MaxSessions 10), behind a bridge in another namespace. We are on that bridge with one device of a random name and a free network of
 * 198.18.0.0/15 (RFC 2544), so labs don't meet. Everything ends with this process.
 */
export async function startLab(names: readonly string[]): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'opsmesh-lab-'));
  const password = `lab-${randomBytes(9).toString('base64url')}`;
  const passphrase = randomBytes(9).toString('base64url');
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    await Promise.all(started.map((s) => s.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await keygen(folder, 'user', 'ed25519');
    writeFileSync(join(folder, 'encrypted'), readFileSync(join(folder, 'user')), { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', join(folder, 'encrypted')]);
    const bridge = await Namespace.start({ separate: 'network', setup: 'ip link add lab type bridge forward_delay 0\nip link set lab up' });
    started.push(bridge);
    const network = await joinBridge(bridge);
    const hosts = await Promise.all(names.map(async (name, i) => {
      const host = await startHost({ name, address: `${network}.${i + 11}`, bridge, folder: join(folder, name), key: join(folder, 'user.pub'), password });
      started.push(host);
      return host;
    }));
    await Promise.all(hosts.map((h) => waitFor(() => answers(h), { what: `sshd of ${h.name}`, everyMs: 10 })));
    return {
      host: (name) => {
        const host = hosts.find((h) => h.name === name);
        if (!host) throw new Error(`the lab has no host ${name}`);
        return host;
      },
      address: `${network}.1`, password, passphrase, folder, stop,
      privateKey: readFileSync(join(folder, 'user'), 'utf8'),
      encryptedKey: readFileSync(join(folder, 'encrypted'), 'utf8'),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Connects us to the bridge and gives the first three numbers of the network's addresses. */
async function joinBridge(bridge: Namespace): Promise<string> {
  const device = `lab${randomBytes(5).toString('hex')}`;
  execFileSync('ip', ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'here', 'netns', String(bridge.pid)]);
  await bridge.enter('ip', 'link', 'set', 'here', 'master', 'lab', 'up');
  for (;;) {
    const network = `198.${18 + randomInt(2)}.${randomInt(256)}`;
    if (execFileSync('ip', ['-4', 'route', 'list', 'root', `${network}.0/24`], { encoding: 'utf8' }).includes(network)) continue;
    execFileSync('ip', ['addr', 'add', `${network}.1/24`, 'dev', device]);
    execFileSync('ip', ['link', 'set', device, 'up']);
    return network;
  }
}

interface HostPlan {
  readonly name: string;
  readonly address: string;
  readonly bridge: Namespace;
  readonly folder: string;
  /** File of the public key that may log in. */
  readonly key: string;
  readonly password: string;
}

async function startHost({ name, address, bridge, folder, key, password }: HostPlan): Promise<LabHost> {
  mkdirSync(folder, { mode: 0o755 });
  await Promise.all(HOST_KEYS.map((type) => keygen(folder, `host_${type}`, type)));
  const files = { ...userFiles(name, password), authorized_keys: readFileSync(key, 'utf8'), sshd_config: sshdConfig() };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text, { mode: file === 'shadow' ? 0o600 : file === 'sudoers' ? 0o440 : 0o644 });
  const mounts = ['passwd', 'group', 'shadow', 'sudoers', 'hosts'].map((f) => `mount --bind /mnt/${f} /etc/${f}`);
  const homes = LAB_USERS.map(({ name: user, uid }) => `mkdir -m 700 /tmp/home/${user} && chown ${uid}:${uid} /tmp/home/${user}`);
  const namespace = await Namespace.start({
    separate: 'all',
    setup: [
      // The lab's own folder is under /tmp, which each host has for itself.
      `mount --bind '${folder}' /mnt`, 'mount -t tmpfs -o mode=1777 tmpfs /tmp', 'mount -t tmpfs -o mode=755 tmpfs /run', 'mkdir -m 755 /run/sshd /tmp/home', ...mounts, ...homes,
      `hostname ${name}`, 'ip link set lo up', '/usr/sbin/sshd -f /mnt/sshd_config -E /mnt/log',
    ].join('\n'),
  });
  await bridge.enter('ip', 'link', 'add', name, 'master', 'lab', 'up', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(namespace.pid)).catch(async (error: unknown) => {
    await namespace.stop();
    throw error;
  });
  const host = new LabHost(name, address, HOST_KEYS.map((t) => readFileSync(join(folder, `host_${t}.pub`), 'utf8').trim()).join('\n'), namespace);
  await host.sh(`ip addr add ${address}/24 dev eth0 && ip link set eth0 up`);
  return host;
}

/** A stock configuration, but for what binds it to the lab's files. */
function sshdConfig(): string {
  return [...HOST_KEYS.map((t) => `HostKey /mnt/host_${t}`), 'AuthorizedKeysFile /mnt/authorized_keys', 'StrictModes no', 'UsePAM no', 'PasswordAuthentication yes', 'PidFile none', 'LogLevel VERBOSE', ''].join('\n');
}

async function keygen(folder: string, name: string, type: string): Promise<void> {
  await promisify(execFile)('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', '', '-C', name, '-f', join(folder, name)]);
}

function answers({ address, port }: LabHost): Promise<boolean> {
  return new Promise((ok) => {
    const socket = connect({ host: address, port }).once('data', () => done(true)).once('error', () => done(false));
    const done = (answer: boolean) => { socket.destroy(); ok(answer); };
  });
}
