import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ToolFailure } from '@opsmesh/contracts';
import { failureOfAbort } from './abort.js';
import { groupIsAlive, stopGroup } from './process-group.js';
import { CappedText, type Sink } from './sinks.js';
import { unnamedFile } from './unnamed-file.js';

export interface ProgramCall {
  /** Absolute path; the search path is never consulted. */
  readonly path: string;
  readonly argv: readonly string[];
  /** Stops the process group. */
  readonly signal: AbortSignal;
  /** Added to the minimal environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Time between SIGTERM and SIGKILL, in milliseconds. Default 1000. */
  readonly graceMs?: number;
  /** What the program reads, as a file: some read no pipe that Node makes. Nothing when left out. */
  readonly stdin?: Buffer;
  /** For programs that need no right of ours: where this process is root they run as nobody. */
  readonly asNobody?: true;
  /** Called with each piece of stderr as it comes. */
  readonly onStderr?: (piece: string) => void;
}

export interface BinaryCall extends ProgramCall {
  /** Most bytes kept of stdout; more than this stops the process. Default 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Called with each piece of stdout as it comes, for progress. */
  readonly onStdout?: (piece: string) => void;
}

/** How a process ended. `stopped` is our doing; `confirmed` says whether the whole group is known to be gone. */
export type BinaryEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'stopped'; readonly why: 'aborted' | 'output-limit'; readonly confirmed: boolean };

export interface ProgramResult {
  readonly end: BinaryEnd;
  readonly stderr: string;
  /** Process id, which is the group's id too. */
  readonly pid: number;
}

export interface BinaryResult extends ProgramResult {
  readonly stdout: string;
}

const MINIMAL_ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/nonexistent' } as const;
const MAX_STDOUT_BYTES = 16 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;
/** nobody and nogroup of Debian, by number: the names need not be there. */
const NOBODY = 65_534;

/** As {@link runProgram}, with what the program wrote as text. */
export async function runBinary({ maxOutputBytes = MAX_STDOUT_BYTES, onStdout, ...call }: BinaryCall): Promise<BinaryResult> {
  const stdout = new CappedText(maxOutputBytes, onStdout);
  const result = await runProgram(call, stdout);
  return { ...result, stdout: stdout.text() };
}

/**
 * Runs one program to its end: no shell, no inherited environment, working directory `/`, in a process group of its own.
 * Nothing of the group survives this call, whether the program ends by itself or is stopped.
 * @param stdout gets what the program writes, and stops it by overflowing
 * @throws ToolFailure of the signal when it is aborted already; `capability-missing` when the program cannot be started;
 *   `service-unavailable` when the machine is out of processes or files
 */
export async function runProgram(call: ProgramCall, stdout: Sink): Promise<ProgramResult> {
  const stdin = call.stdin && await unnamedFile(call.stdin);
  const child = start(call, stdin);
  const failedToStart = new Promise<Error>((resolve) => child.once('error', resolve));
  stdin?.close().catch(() => undefined);
  const { pid } = child;
  if (pid === undefined) throw startFailure(call.path, await failedToStart);

  const exited = new Promise<Extract<BinaryEnd, { kind: 'exited' | 'signalled' }>>((resolve) => {
    child.once('exit', (code, signal) => resolve(code === null ? { kind: 'signalled', signal: signal! } : { kind: 'exited', code }));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stderr = new CappedText(MAX_STDERR_BYTES, call.onStderr);

  let onAbort: (() => void) | undefined;
  const stopped = new Promise<'aborted' | 'output-limit'>((resolve) => {
    onAbort = () => resolve('aborted');
    call.signal.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.add(chunk);
      if (stdout.overflowed) resolve('output-limit');
    });
    child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  });

  const first = await Promise.race([exited, stopped]);
  const end: BinaryEnd = typeof first === 'string' ? { kind: 'stopped', why: first, confirmed: await stopGroup(pid, call.graceMs ?? 1000) } : first;
  call.signal.removeEventListener('abort', onAbort!);
  // A grandchild that outlives the program would keep the pipes open.
  if (end.kind !== 'stopped' && (await groupIsAlive(pid))) await stopGroup(pid, call.graceMs ?? 1000);
  if (end.kind === 'stopped' && !end.confirmed) {
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  } else {
    await closed;
  }
  return { end, stderr: stderr.text(), pid };
}

function start({ path, argv, env, signal, asNobody }: ProgramCall, stdin: FileHandle | undefined): ChildProcessByStdio<null, Readable, Readable> {
  if (signal.aborted) {
    stdin?.close().catch(() => undefined);
    throw failureOfAbort(signal);
  }
  const rights = asNobody && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const options = { cwd: '/', env: { ...MINIMAL_ENV, ...env }, shell: false, detached: true, ...rights };
  // Without a pipe to write to there is no stdin, whatever it is read from.
  return spawn(path, [...argv], { ...options, stdio: [stdin?.fd ?? 'ignore', 'pipe', 'pipe'] }) as ChildProcessByStdio<null, Readable, Readable>;
}

function startFailure(path: string, error: Error): ToolFailure {
  const { code } = error as NodeJS.ErrnoException;
  const scarce = code === 'EAGAIN' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM';
  return new ToolFailure(scarce ? 'service-unavailable' : 'capability-missing', `${path} could not be started`, { cause: code ?? error.message });
}
