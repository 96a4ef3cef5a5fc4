import type { OutputPart } from './wsman-answer.js';

/** How a command ended: by itself, by Signal with `ctrl_c` or `terminate`, with its shell, or with the simulator. */
export type CommandEnd = 'exited' | 'interrupted' | 'terminated' | 'shell-deleted' | 'host-stopped';

/** What ran on a simulated host, for specs. */
export interface CommandRecord {
  readonly commandId: string;
  readonly shellId: string;
  /** As the client sent it, arguments included. */
  readonly line: string;
  /** PowerShell text, decoded; undefined for other commands, and until it has come. */
  script: string | undefined;
  /** Process id in the simulated process list. */
  readonly pid: number;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  endedAt: number | undefined;
  end: CommandEnd | undefined;
  exitCode: number | undefined;
}

/** What a simulated program may do. */
export interface CommandIo {
  /** Aborted when the program is stopped; it must then end. */
  readonly signal: AbortSignal;
  stdout(data: string | Buffer): void;
  stderr(data: string | Buffer): void;
  /** Everything that was sent to stdin until its end, or until it is enough. Rejects when the program is stopped. */
  stdin(enough?: (sofar: Buffer) => boolean): Promise<Buffer>;
  /** Says which script this is, for the record. */
  isScript(text: string): void;
  /** Rejects when the program is stopped. */
  sleep(ms: number): Promise<void>;
}

/** Gives its exit code. */
export type Program = (io: CommandIo) => Promise<number>;

/** A command that was started in a shell: its output until it is taken, and its end. */
export class RunningCommand {
  private readonly stopper = new AbortController();
  private readonly output: { readonly name: OutputPart['name']; bytes: Buffer }[] = [];
  private readonly input: Buffer[] = [];
  private inputEnded = false;
  private readonly listeners = new Set<() => void>();

  constructor(readonly record: CommandRecord) {}

  /** Starts the program; it is on its own from here. */
  run(program: Program): void {
    const io: CommandIo = {
      signal: this.stopper.signal,
      stdout: (data) => this.write('stdout', data),
      stderr: (data) => this.write('stderr', data),
      stdin: (enough) => this.inputUntil(enough),
      isScript: (text) => { this.record.script = text; },
      sleep: (ms) => this.sleep(ms),
    };
    program(io).then((code) => this.ended('exited', code), (error: unknown) => {
      if (this.stopper.signal.aborted) return;
      this.write('stderr', `simulated program failed: ${String(error)}\r\n`);
      this.ended('exited', -1);
    });
  }

  get running(): boolean {
    return this.record.end === undefined;
  }

  /** Exit code once the command has ended and all its output was taken; undefined before. */
  get finalCode(): number | undefined {
    return this.output.length === 0 ? this.record.exitCode : undefined;
  }

  /** Ends the program and all it started. False when it had ended before. */
  stop(end: Exclude<CommandEnd, 'exited'>): boolean {
    if (!this.running) return false;
    this.ended(end, STOPPED_EXIT_CODE);
    this.stopper.abort();
    return true;
  }

  feed(bytes: Buffer, end: boolean): void {
    this.input.push(bytes);
    this.inputEnded ||= end;
    this.tell();
  }

  /** Takes what is there: at most `maxBytes`, in pieces of at most `pieceBytes`. Pieces end anywhere, also within a character. */
  take(maxBytes: number, pieceBytes: number): OutputPart[] {
    const parts: OutputPart[] = [];
    for (let left = maxBytes; left > 0 && this.output.length > 0;) {
      const first = this.output[0]!;
      const size = Math.min(left, pieceBytes, first.bytes.length);
      parts.push({ name: first.name, bytes: first.bytes.subarray(0, size) });
      if (size === first.bytes.length) this.output.shift();
      else first.bytes = first.bytes.subarray(size);
      left -= size;
    }
    return parts;
  }

  /** Resolves when there is output or the command has ended (true), or when the time is over or nobody waits any more (false). */
  news(withinMs: number, gone: AbortSignal): Promise<boolean> {
    return this.until(() => this.output.length > 0 || !this.running, { withinMs, gone });
  }

  private write(name: OutputPart['name'], data: string | Buffer): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    if (bytes.length === 0 || !this.running) return;
    this.output.push({ name, bytes });
    this.tell();
  }

  private ended(end: CommandEnd, exitCode: number): void {
    if (!this.running) return;
    Object.assign(this.record, { end, exitCode, endedAt: Date.now() });
    this.tell();
  }

  private async inputUntil(enough: (sofar: Buffer) => boolean = () => false): Promise<Buffer> {
    await this.until(() => this.inputEnded || !this.running || enough(Buffer.concat(this.input)));
    this.stopper.signal.throwIfAborted();
    return Buffer.concat(this.input);
  }

  private async sleep(ms: number): Promise<void> {
    await this.until(() => !this.running, { withinMs: ms });
    this.stopper.signal.throwIfAborted();
  }

  private until(condition: () => boolean, { withinMs, gone }: { readonly withinMs?: number; readonly gone?: AbortSignal } = {}): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((ok) => {
      const finish = (result: boolean) => {
        this.listeners.delete(look);
        clearTimeout(timer);
        gone?.removeEventListener('abort', leave);
        ok(result);
      };
      const look = () => { if (condition()) finish(true); };
      const leave = () => finish(false);
      const timer = withinMs === undefined ? undefined : setTimeout(leave, withinMs);
      gone?.addEventListener('abort', leave);
      this.listeners.add(look);
    });
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** STATUS_CONTROL_C_EXIT (MS-ERREF 2.3.1), as a console program gives it when it is ended. */
export const STOPPED_EXIT_CODE = 0xc000013a;
