import { spawn } from 'node:child_process';
import { ToolFailure } from '@opsmesh/contracts';
import { failureOfAbort } from './abort.js';
import { groupIsAlive, stopGroup } from './process-group.js';

export interface BinaryCall {
  /** Absolute path; the search path is never consulted. */
  readonly path: string;
  readonly argv: readonly string[];
  /** Stops the process group. */
  readonly signal: AbortSignal;
  /** Added to the minimal environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Most bytes kept of each of stdout and stderr; more than this on stdout stops the process. Default 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Time between SIGTERM and SIGKILL, in milliseconds. Default 1000. */
  readonly graceMs?: number;
  /** Called with each piece of stdout as it comes, for progress. */
  readonly onStdout?: (piece: string) => void;
}

/** How a process ended. `stopped` is our doing; `confirmed` says whether the whole group is known to be gone. */
export type BinaryEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'stopped'; readonly why: 'aborted' | 'output-limit'; readonly confirmed: boolean };

export interface BinaryResult {
  readonly end: BinaryEnd;
  readonly stdout: string;
  readonly stderr: string;
  /** Process id, which is the group's id too. */
  readonly pid: number;
}

const MINIMAL_ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/nonexistent' } as const;

/**
 * Runs one program to its end: no shell, no inherited environment, no stdin, working directory `/`, in a process group of its own.
 * Nothing of the group survives this call, whether the program ends by itself or is stopped.
 * @throws ToolFailure of the signal when it is aborted already; `capability-missing` when the program cannot be started;
 *   `service-unavailable` when the machine is out of processes or files
 */
export async function runBinary(call: BinaryCall): Promise<BinaryResult> {
  if (call.signal.aborted) throw failureOfAbort(call.signal);
  const child = spawn(call.path, [...call.argv], { cwd: '/', env: { ...MINIMAL_ENV, ...call.env }, shell: false, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const failedToStart = new Promise<Error>((resolve) => child.once('error', resolve));
  const { pid } = child;
  if (pid === undefined) throw startFailure(call.path, await failedToStart);

  const exited = new Promise<Extract<BinaryEnd, { kind: 'exited' | 'signalled' }>>((resolve) => {
    child.once('exit', (code, signal) => resolve(code === null ? { kind: 'signalled', signal: signal! } : { kind: 'exited', code }));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stdout = new CappedText(call.maxOutputBytes ?? 16 * 1024 * 1024);
  const stderr = new CappedText(64 * 1024);

  const stopped = new Promise<'aborted' | 'output-limit'>((resolve) => {
    call.signal.addEventListener('abort', () => resolve('aborted'), { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      const piece = stdout.add(chunk);
      if (piece) call.onStdout?.(piece);
      if (stdout.overflowed) resolve('output-limit');
    });
    child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  });

  const first = await Promise.race([exited, stopped]);
  const end: BinaryEnd = typeof first === 'string' ? { kind: 'stopped', why: first, confirmed: await stopGroup(pid, call.graceMs ?? 1000) } : first;
  // A grandchild that outlives the program would keep the pipes open.
  if (end.kind !== 'stopped' && (await groupIsAlive(pid))) await stopGroup(pid, call.graceMs ?? 1000);
  if (end.kind === 'stopped' && !end.confirmed) {
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  } else {
    await closed;
  }
  return { end, stdout: stdout.text(), stderr: stderr.text(), pid };
}

function startFailure(path: string, error: Error): ToolFailure {
  const { code } = error as NodeJS.ErrnoException;
  const scarce = code === 'EAGAIN' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM';
  return new ToolFailure(scarce ? 'service-unavailable' : 'capability-missing', `${path} could not be started`, { cause: code ?? error.message });
}

/** Text of at most so many bytes; what comes after is counted as overflow and dropped. */
class CappedText {
  private readonly decoder = new TextDecoder();
  private readonly pieces: string[] = [];
  private bytes = 0;
  overflowed = false;

  constructor(private readonly maxBytes: number) {}

  add(chunk: Buffer): string {
    const kept = chunk.subarray(0, this.maxBytes - this.bytes);
    this.overflowed ||= kept.length < chunk.length;
    this.bytes += kept.length;
    const piece = this.decoder.decode(kept, { stream: true });
    this.pieces.push(piece);
    return piece;
  }

  text(): string {
    return this.pieces.join('') + this.decoder.decode();
  }
}
