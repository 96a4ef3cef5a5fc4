import type { Client, ClientChannel } from 'ssh2';
import type { Execution, ExecutionEnd, Interruption, OutputStream } from './execution.js';
import { OutputCollector } from './output-collector.js';
import type { CommandOutput } from './outcome.js';
import { bootstrap, marker, newNonce, programLine } from './remote-program.js';
import { StartMarker } from './start-marker.js';
import type { ProcessGroup } from './stop-script.js';
import { SudoDialogue, sudoLine, type Sudo } from './sudo.js';

/** After the exit status is here, a stream that a background process keeps open is left once it was silent for this long, in milliseconds. */
const DRAIN_MS = 2000;

/** A terminal (RFC 4254, 8) that repeats no input, cuts no line and changes no byte. */
const PTY = { term: 'dumb', rows: 24, cols: 80, modes: { ECHO: 0, ECHOE: 0, ECHOK: 0, ECHONL: 0, ICANON: 0, ISIG: 0, ICRNL: 0, IXON: 0, OPOST: 0, ONLCR: 0 } } as const;

/** Runs one command in one channel of a connection. Throws only what `beforeStart` throws, or UnquotableText. */
export function execute(client: Client, execution: Execution): Promise<ExecutionEnd> {
  return new ChannelExecution(client, execution).run();
}

/** Where an execution stands; it only moves down this list. */
type Phase = 'opening' | 'announcing' | 'elevating' | 'running' | 'exited' | 'stopping' | 'done';
type Exit = { readonly code: number; readonly signal?: undefined } | { readonly code: null; readonly signal: string };

class ChannelExecution {
  private readonly nonce = newNonce();
  private readonly program: string;
  private readonly markers: Record<OutputStream, StartMarker | undefined>;
  private readonly streams: Record<OutputStream, OutputCollector>;
  private phase: Phase = 'opening';
  private channel: ClientChannel | undefined;
  private group: ProcessGroup | undefined;
  private sudo: SudoDialogue | undefined;
  private exit: Exit | undefined;
  /** Of the phase: until the shell is there, of silence while the command runs, of silence after its exit. */
  private timer: NodeJS.Timeout | undefined;
  private settle: { ok(end: ExecutionEnd): void; bad(error: unknown): void } = { ok: () => {}, bad: () => {} };

  constructor(private readonly client: Client, private readonly execution: Execution) {
    const { secrets, maxOutputBytes: maxBytes } = execution;
    this.program = programLine(execution.command);
    this.markers = { stdout: new StartMarker(marker(this.nonce)), stderr: new StartMarker(marker(this.nonce)) };
    const collector = (stream: OutputStream) => new OutputCollector({ maxBytes, secrets, onText: (text) => execution.onOutput?.(stream, text) });
    this.streams = { stdout: collector('stdout'), stderr: collector('stderr') };
  }

  async run(): Promise<ExecutionEnd> {
    const { interrupt } = this.execution;
    const onInterrupt = () => { void this.interrupted(interrupt.reason as Interruption); };
    // An open channel closes by itself, after its data; one that is being opened would be reported as refused.
    const onClose = () => { if (this.phase === 'opening') this.closed(); };
    try {
      return await new Promise<ExecutionEnd>((ok, bad) => {
        this.settle = { ok, bad };
        if (interrupt.aborted) return onInterrupt();
        interrupt.addEventListener('abort', onInterrupt, { once: true });
        this.client.on('close', onClose);
        this.expect('silent', 'no shell');
        this.open();
      });
    } finally {
      clearTimeout(this.timer);
      interrupt.removeEventListener('abort', onInterrupt);
      this.client.off('close', onClose);
      this.channel?.close();
    }
  }

  /** Starts the time for a step before the command. */
  private expect(cause: 'connection' | 'silent' | 'sudo-refused', missing: string): void {
    const { startMs } = this.execution;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end({ kind: 'not-sent', cause, detail: `${missing} within ${startMs} ms` }), startMs);
  }

  private open(): void {
    try {
      this.client.exec(bootstrap(this.nonce), this.execution.pty ? { pty: PTY } : {}, (error, channel) => {
        if (error) return this.refused(error);
        this.channel = channel;
        if (this.phase === 'done') return channel.close();
        this.phase = 'announcing';
        channel.on('error', () => undefined);
        channel.on('exit', (code: number | null, signal?: string) => this.exited(code, signal));
        channel.on('close', () => this.closed());
        channel.on('data', (chunk: Buffer) => this.received('stdout', chunk));
        channel.stderr.on('data', (chunk: Buffer) => this.received('stderr', chunk));
      });
    } catch (error) {
      this.end({ kind: 'not-sent', cause: 'connection', detail: (error as Error).message });
    }
  }

  /** ssh2 gives the reason code of RFC 4254, 5.1 when the server refused a channel; without one the connection or the request failed. */
  private refused(error: Error & { reason?: unknown }): void {
    const cause = typeof error.reason === 'number' ? 'channel-refused' : /^Unable to exec/.test(error.message) ? 'no-shell' : 'connection';
    this.end({ kind: 'not-sent', cause, detail: error.message });
  }

  private received(name: OutputStream, chunk: Buffer): void {
    if (this.phase === 'running' || this.phase === 'exited') this.timer?.refresh();
    // A terminal brings both streams as one; the marker of stderr comes first.
    const from = this.execution.pty && this.markers.stderr ? 'stderr' : name;
    const waiting = this.markers[from];
    if (!waiting) return this.afterMarker(name, chunk);
    const progress = waiting.push(chunk);
    if (!progress.found) return;
    this.markers[from] = undefined;
    if (from === 'stderr') this.announced(progress.words);
    if (progress.rest.length > 0) this.received(name, progress.rest);
  }

  private afterMarker(name: OutputStream, chunk: Buffer): void {
    if (this.sudo && (name === 'stderr' || this.execution.pty)) this.elevating(this.sudo, chunk);
    else this.collect(name, chunk);
  }

  private collect(name: OutputStream, chunk: Buffer): void {
    const wait = this.streams[name].push(chunk);
    const source = name === 'stdout' ? this.channel : this.channel?.stderr;
    if (wait === undefined || source === undefined) return;
    source.pause();
    wait.then(() => source.resume(), () => source.resume());
  }

  /** The shell is there: send it the command. */
  private announced([pgid = '0', startTime = '']: readonly string[]): void {
    // An exit before the command was sent is no exit of the command.
    if (this.phase !== 'announcing' || !this.channel || this.exit) return;
    // Only numbers go into the stop script.
    this.group = { pgid: /^\d{1,10}$/.test(pgid) ? Number(pgid) : 0, startTime: /^\d*$/.test(startTime) ? startTime : '', nonce: this.nonce };
    const { sudo } = this.execution;
    void this.onceAllowed(() => (sudo ? this.elevate(sudo) : this.start()));
  }

  private elevate(sudo: Sudo): void {
    this.phase = 'elevating';
    this.sudo = new SudoDialogue(this.nonce, sudo);
    this.expect('sudo-refused', 'sudo gave no shell');
    this.channel!.write(sudoLine(this.nonce, sudo.user));
  }

  private elevating(dialogue: SudoDialogue, chunk: Buffer): void {
    if (this.phase !== 'elevating') return;
    const progress = dialogue.push(chunk);
    switch (progress.state) {
      case 'waiting':
        return;
      case 'asked':
        this.channel?.write(`${progress.password}\n`);
        return;
      case 'refused':
        return this.end({ kind: 'not-sent', cause: 'sudo-refused', detail: progress.detail });
      case 'ready':
        this.sudo = undefined;
        void this.onceAllowed(() => this.start());
        if (progress.rest.length > 0) this.received(this.execution.pty ? 'stdout' : 'stderr', progress.rest);
    }
  }

  /** Goes on once `beforeStart` allows it, if the host still waits for us then; ends the execution when it forbids it. */
  private async onceAllowed(goOn: () => void): Promise<void> {
    const { phase } = this;
    clearTimeout(this.timer);
    try {
      await this.execution.beforeStart();
    } catch (error) {
      if (this.phase !== phase) return;
      this.phase = 'done';
      return this.settle.bad(error);
    }
    if (this.phase !== phase) return;
    // A shell that has ended takes nothing: the end of its channel says how.
    if (this.exit) this.expect('connection', 'no end of the shell that ended');
    else goOn();
  }

  private start(): void {
    this.phase = 'running';
    const { idleMs, command: { stdin } } = this.execution;
    this.timer = idleMs === undefined ? undefined : setTimeout(() => { void this.interrupted({ kind: 'timed-out', deadline: 'idle' }); }, idleMs);
    // Without stdin our side stays open: after its end no SSH signal can be sent (RFC 4254, 6.9, and ssh2's `writable`).
    if (stdin === undefined) this.channel!.write(this.program);
    else this.channel!.end(this.program + stdin);
  }

  private exited(code: number | null, signal: string | undefined): void {
    if (code !== null) this.exit = { code };
    else if (signal !== undefined) this.exit = { code, signal };
    if (this.phase === 'running' && this.exit) {
      this.phase = 'exited';
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.closed(), DRAIN_MS);
    }
  }

  /** The channel or the connection has ended. Without an exit status nobody knows how the command did. */
  private closed(): void {
    switch (this.phase) {
      case 'opening':
        return this.end({ kind: 'not-sent', cause: 'connection', detail: 'the connection ended before a channel was open' });
      case 'announcing': {
        if (!this.exit) return this.end({ kind: 'not-sent', cause: 'connection', detail: 'the connection ended before the command was sent' });
        const said = [this.markers.stderr?.noise, this.markers.stdout?.noise].filter((n) => n).join(' ').slice(0, 500);
        return this.end({ kind: 'not-sent', cause: 'no-shell', detail: `the host runs no POSIX shell for this user${said ? `: ${said}` : ''}` });
      }
      case 'elevating':
        if (!this.exit) return this.end({ kind: 'not-sent', cause: 'connection', detail: 'the connection ended before the command was sent' });
        return this.end({ kind: 'not-sent', cause: 'no-shell', detail: `sudo gives no shell: ${this.sudo?.noise.slice(0, 500) ?? ''}` });
      case 'running':
        return this.end({ kind: 'lost', detail: 'the connection ended while the command ran', output: this.output() });
      case 'exited': {
        const exit = this.exit!;
        return this.end(exit.code === null ? { kind: 'signalled', signal: exit.signal, output: this.output() } : { kind: 'exited', code: exit.code, output: this.output() });
      }
      case 'stopping':
      case 'done':
        return undefined;
    }
  }

  private async interrupted(by: Interruption): Promise<void> {
    switch (this.phase) {
      case 'opening':
      case 'announcing':
      case 'elevating':
        return this.end({ kind: 'interrupted', by, stop: { state: 'nothing-started' }, output: this.output() });
      case 'running': {
        this.phase = 'stopping';
        clearTimeout(this.timer);
        const stop = await this.execution.stop(this.group!);
        // Not before: with the shell gone, what it started could not be told from strangers. Now it is all that is left to be done.
        if (stop.state !== 'confirmed') this.channel?.signal('TERM');
        return this.end({ kind: 'interrupted', by, stop, output: this.output() });
      }
      // Its outcome is known; what holds the streams open now are processes it left behind.
      case 'exited':
        return this.closed();
      case 'stopping':
      case 'done':
        return undefined;
    }
  }

  private output(): CommandOutput {
    const { stdout, stderr } = this.streams;
    stdout.end();
    stderr.end();
    return { stdout: stdout.text, stderr: stderr.text, truncated: stdout.truncated || stderr.truncated };
  }

  private end(end: ExecutionEnd): void {
    this.phase = 'done';
    this.settle.ok(end);
  }
}
