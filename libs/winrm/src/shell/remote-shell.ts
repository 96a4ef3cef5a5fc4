import type { WinRmShell } from '../connection.js';
import type { RunOptions, RunResult } from '../shell-options.js';
import type { Wire } from '../transport/wire.js';
import { WinRmError } from '../winrm-error.js';
import type { Requests } from '../wsman/requests.js';
import { planCommand } from './command-plan.js';
import { release } from './release.js';
import { Run } from './run.js';
import { RunClock } from './run-clock.js';

export interface ShellInput {
  readonly requests: Requests;
  readonly wire: Wire;
  readonly dial: (signal: AbortSignal) => Promise<Wire>;
  readonly shellId: string;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly clock: RunClock; readonly result: Promise<RunResult> }
  | { readonly kind: 'closed'; readonly confirmed: Promise<boolean> };

export class RemoteShell implements WinRmShell {
  readonly id: string;
  private state: State = { kind: 'idle' };
  /** When the host has forgotten the commands that ended: until then the wire is in use. */
  private forgotten = Promise.resolve();

  constructor(private readonly input: ShellInput) {
    this.id = input.shellId;
  }

  get isOpen(): boolean {
    return this.state.kind !== 'closed' && this.input.wire.isOpen;
  }

  async run(options: RunOptions): Promise<RunResult> {
    const plan = planCommand(options);
    if (this.state.kind === 'closed') throw new TypeError('the shell is closed');
    if (this.state.kind === 'running') throw new TypeError('the shell is running: it runs one command at a time');
    const clock = new RunClock(options);
    const result = this.carryOut(new Run({ ...this.input, plan, options, clock }), clock.signal);
    this.state = { kind: 'running', clock, result };
    const ended = await result;
    const isGone = ended.kind === 'failed' && (ended.stop !== 'not-started' || ended.error.code === 'shell-stale');
    this.state = isGone ? { kind: 'closed', confirmed: Promise.resolve(ended.stop !== 'not-confirmed') } : { kind: 'idle' };
    return ended;
  }

  async close(): Promise<boolean> {
    if (this.state.kind === 'running') {
      this.state.clock.fail(new WinRmError('cancelled', 'the shell was closed'));
      // `run` waits for the same promise, and did so first: it has set the state when we go on.
      await this.state.result;
    }
    return this.delete();
  }

  private async carryOut(run: Run, signal: AbortSignal): Promise<RunResult> {
    // A run whose time is over says so itself.
    await Promise.race([this.forgotten, new Promise((ended) => { signal.addEventListener('abort', ended, { once: true }); })]);
    const result = await run.result();
    this.forgotten = Promise.all([this.forgotten, run.forgotten]).then(() => undefined);
    return result;
  }

  private delete(): Promise<boolean> {
    const confirmed = this.state.kind === 'closed' ? this.state.confirmed : this.forgotten.then(() => release({ ...this.input, commandId: undefined }));
    this.state = { kind: 'closed', confirmed };
    return confirmed;
  }
}
