import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { waitFor } from './wait-for.js';

const SSHD = '/usr/sbin/sshd';

/** Whether OpenSSH's server is installed here. */
export function hasSshd(): boolean {
  return existsSync(SSHD);
}

export interface SshdOptions {
  /** More lines of sshd_config. */
  readonly config?: readonly string[];
  /** Kinds of host keys; `ed25519` by default. */
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
}

/** A real sshd of our own, on a free port of 127.0.0.1, with its own keys and its own authorized_keys. */
export interface Sshd {
  readonly port: number;
  readonly pid: number;
  readonly username: string;
  /** Private key that may log in as `username`. */
  readonly privateKey: string;
  /** Public host keys, one OpenSSH line each. */
  readonly hostKeys: string;
  /** Folder for the test's files. */
  readonly folder: string;
  /** What the server logged so far, at level DEBUG1. */
  log(): string;
  /** Ids of the server's processes for connections that are open now. */
  connections(): number[];
  stop(): Promise<void>;
}

/** Starts sshd in the foreground with stock limits (MaxStartups 10:30:100, MaxSessions 10) and key authentication for the current user only. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'opsmesh-sshd-'));
  const keygen = (type: string, name: string) => execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', name, '-f', join(folder, name)]);
  const types = options.hostKeyTypes ?? ['ed25519'];
  for (const type of types) keygen(type, `host_${type}`);
  keygen('ed25519', 'user');
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'user.pub')), { mode: 0o600 });
  chmodSync(folder, 0o700);
  // sshd's privilege separation folder; only root's sshd asks for it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const config = join(folder, 'sshd_config');
  writeFileSync(config, [
    ...types.map((t) => `HostKey ${join(folder, `host_${t}`)}`),
    'ListenAddress 127.0.0.1', `Port ${port}`, `PidFile ${join(folder, 'pid')}`, `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PermitRootLogin prohibit-password', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'UsePAM no', 'StrictModes no', 'LogLevel DEBUG1',
    // Not the user's own home: its dot files cost time and print what they like.
    `SetEnv HOME=${folder}`,
    ...(options.config ?? []), '',
  ].join('\n'));
  const log = join(folder, 'log');
  const child = spawn(SSHD, ['-D', '-f', config, '-E', log], { stdio: 'ignore' });
  const text = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  try {
    await waitFor(() => {
      if (child.exitCode !== null) throw new Error(`sshd ended: ${text()}`);
      return text().includes(`Server listening on 127.0.0.1 port ${port}`);
    }, { what: 'sshd to listen' });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    port, pid: child.pid!, username: userInfo().username, folder,
    privateKey: readFileSync(join(folder, 'user'), 'utf8'),
    hostKeys: types.map((t) => readFileSync(join(folder, `host_${t}.pub`), 'utf8').trim()).join('\n'),
    log: text,
    connections: () => childrenOf(child.pid!),
    stop: async () => {
      for (const pid of childrenOf(child.pid!)) kill(pid);
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ids of the processes whose parent is `pid` (proc(5)). */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter((w) => w !== '').map(Number);
}

/** Whether a process lives, zombies not counted. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise<void>((ok) => { child.once('exit', () => ok()); });
  child.kill('SIGTERM');
  await exit;
}

function freePort(): Promise<number> {
  return new Promise((ok, bad) => {
    const server = createServer().once('error', bad).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => ok(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
