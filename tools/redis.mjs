// Finds (or fetches) a redis-server and describes or starts it as a child process.
// Order: $REDIS_SERVER, redis-server or valkey-server on PATH, .tools/redis (Debian's package unpacked without root).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './processes/child.mjs';
import { freePort } from './ports.mjs';
import { passwordIn, privateFolder } from './secrets.mjs';

const tools = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), '.tools', 'redis');
const PACKAGES = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'];

/** @returns {{ bin: string, env: Record<string, string> } | undefined} */
function findRedis() {
  const onPath = (name) => (process.env.PATH ?? '').split(delimiter).map((d) => join(d, name)).find((f) => existsSync(f));
  const bin = process.env.REDIS_SERVER || onPath('redis-server') || onPath('valkey-server');
  if (bin) return { bin, env: {} };
  const own = join(tools, 'root/usr/bin/redis-server');
  if (!existsSync(own)) return undefined;
  const lib = join(tools, 'root/usr/lib');
  return { bin: own, env: { LD_LIBRARY_PATH: readdirSync(lib).filter((d) => d.endsWith('linux-gnu')).map((d) => join(lib, d)).join(':') } };
}

/** Unpacks Debian's or Ubuntu's package into .tools; needs apt-get and dpkg, not root. About 28 MB. */
function fetchRedis() {
  console.error('No redis-server is installed: fetching Debian\'s package into .tools ...');
  for (const d of ['state/lists/partial', 'cache/archives/partial', 'deb', 'root']) mkdirSync(join(tools, d), { recursive: true });
  const apt = ['-qq', '-o', `Dir::State=${tools}/state`, '-o', 'Dir::State::status=/var/lib/dpkg/status', '-o', `Dir::Cache=${tools}/cache`, '-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User='];
  const cwd = join(tools, 'deb');
  try {
    execFileSync('apt-get', [...apt, 'update'], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('apt-get', [...apt, 'download', ...PACKAGES], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (e) {
    throw new Error('no redis-server or valkey-server was found and Debian\'s package could not be fetched: install one of them, or set REDIS_URL or REDIS_SERVER', { cause: e });
  }
  for (const f of readdirSync(cwd).filter((f) => f.endsWith('.deb'))) execFileSync('dpkg', ['-x', join(cwd, f), join(tools, 'root')]);
}

/**
 * A Redis on 127.0.0.1 with its data in `dir` and a password that stands in no argument list.
 * @param {{ dir: string, port: number, persist?: boolean, settings?: Record<string, string>, passwordFile?: string, log?: string }} options
 *   settings: lines of its configuration beside ours; passwordFile: made on first use, `password` in dir by default; log: `redis.log` in dir by default
 * @returns {{ url: string, child: Child }} not started yet
 */
export function redisChild({ dir, port, persist = true, settings = {}, passwordFile = join(dir, 'password'), log = join(dir, 'redis.log') }) {
  if (!findRedis()) fetchRedis();
  const { bin, env } = findRedis();
  privateFolder(dir);
  const password = passwordIn(passwordFile);
  const config = {
    port, bind: '127.0.0.1', requirepass: password, dir: JSON.stringify(resolve(dir)), save: '""', appendonly: persist ? 'yes' : 'no', appendfsync: 'everysec',
    maxmemory: '1gb', 'maxmemory-policy': 'noeviction', daemonize: 'no', ...settings,
  };
  const child = new Child({
    name: 'redis', command: bin, args: ['-'], env: { ...process.env, ...env }, input: Object.entries(config).map(([k, v]) => `${k} ${v}\n`).join(''), log, stage: 2,
    ready: () => answersPing(port, password),
  });
  return { url: `redis://:${password}@127.0.0.1:${port}`, child };
}

/** Whether a Redis that takes this password has loaded its data: it answers PING with PONG. */
function answersPing(port, password) {
  return new Promise((ok) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`AUTH ${password}\r\nPING\r\nQUIT\r\n`));
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (d) => { answer += d; }).on('error', () => undefined).on('close', () => ok(answer.includes('+PONG')));
  });
}

/**
 * Starts a Redis as {@link redisChild} describes it, on a free port by default; it ends with `stop()`, or with this process.
 * @param {{ dir: string, persist?: boolean, port?: number, passwordFile?: string, log?: string }} options
 * @returns {Promise<{ url: string, port: number, pid: number, child: Child, stop: () => Promise<void> }>}
 */
export async function startRedis(options) {
  const port = options.port ?? await freePort();
  const { url, child } = redisChild({ ...options, port });
  await child.start();
  return { url, port, pid: child.pid, child, stop: () => child.stop() };
}
