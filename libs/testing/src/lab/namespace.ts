import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { childrenOf } from '../sshd.js';

/** Time for the script, in milliseconds. */
const SETUP_MS = 10_000;
/** Time for what it wrote before it ended to come, in milliseconds. */
const LAST_WORDS_MS = 1000;
const run = promisify(execFile);
const KINDS = { network: ['--net'], all: ['--net', '--pid', '--mount', '--uts'] } as const;

export interface NamespaceOptions {
  /** What is separate beside the network: `all` means processes, mounts and the host's name too. */
  readonly separate: 'network' | 'all';
  /** Shell script that its first process runs; it may start others. */
  readonly setup: string;
}

/**
 * Namespaces of Linux (namespaces(7)) without a name in the file system. Their first process lives as long as its stdin, a pipe of ours, is open; with it
 * all processes in them end, and with those the namespaces and their network devices. So nothing is left, however this process ends.
 */
export class Namespace {
  private ended = false;

  private constructor(private readonly holder: ChildProcessByStdio<Writable, Readable, Readable>, /** Of the first process, as we see it. */ readonly pid: number, private readonly separate: NamespaceOptions['separate']) {}

  /** @throws Error with what the script said, when it ends or is not through in time */
  static async start({ separate, setup }: NamespaceOptions): Promise<Namespace> {
    const holder = spawn('unshare', [...KINDS[separate], ...(separate === 'all' ? ['--mount-proc'] : []), '--fork', '--kill-child', 'sh', '-c', `set -e\n${setup}\necho up\ncat >/dev/null`], { stdio: ['pipe', 'pipe', 'pipe'] });
    holder.stdin.on('error', () => undefined);
    let said = '';
    holder.stderr.on('data', (d: Buffer) => { said = (said + d.toString()).slice(-4096); });
    await new Promise<void>((ok, bad) => {
      const timer = setTimeout(() => holder.kill('SIGKILL'), SETUP_MS);
      // Its end may be told before its last words; something it left behind may keep those open.
      holder.once('error', bad).once('exit', () => {
        clearTimeout(timer);
        const why = () => bad(new Error(`namespaces could not be set up: ${said}`));
        Promise.race([once(holder.stderr, 'end'), wait(LAST_WORDS_MS)]).then(why, why);
      });
      holder.stdout.on('data', (d: Buffer) => {
        if (!d.toString().includes('up\n')) return;
        clearTimeout(timer);
        ok();
      });
    });
    return new Namespace(holder, childrenOf(holder.pid!)[0]!, separate);
  }

  /** Runs a program in the namespaces; rejects when it fails. */
  async enter(program: string, ...args: string[]): Promise<string> {
    try {
      const { stdout } = await run('nsenter', ['--target', String(this.pid), ...KINDS[this.separate], '--', program, ...args], { maxBuffer: 16_777_216 });
      return stdout;
    } catch (error) {
      // Whoever still looked while it was ended has nobody to tell.
      if (this.ended) return '';
      throw error;
    }
  }

  /** Ends every process in it. */
  async stop(): Promise<void> {
    this.ended = true;
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const exit = new Promise<void>((ok) => { this.holder.once('exit', () => ok()); });
    this.holder.stdin.end();
    await exit;
  }
}
