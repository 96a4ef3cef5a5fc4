import type { RunLimits } from '../shell-options.js';
import { cancellation } from '../transport/wire.js';
import { WinRmError } from '../winrm-error.js';

/** Longest delay that a timer of Node takes, in ms. */
const MAX_TIMER_MS = 2_147_483_647;

/** Ends a run at the first of: the caller's signal, the total deadline, too long a silence, or a failure beside the reading. */
export class RunClock {
  private readonly ended = new AbortController();
  private readonly deadline: NodeJS.Timeout | undefined;
  private idle: NodeJS.Timeout | undefined;
  private readonly cancelled = (): void => this.fail(cancellation(this.limits.signal));

  constructor(private readonly limits: RunLimits) {
    const { deadlineMs, signal } = limits;
    if (deadlineMs !== undefined) this.deadline = this.timer(deadlineMs, `the run took longer than ${deadlineMs} ms`);
    if (signal?.aborted) this.cancelled();
    signal?.addEventListener('abort', this.cancelled, { once: true });
    this.touch();
  }

  /** Aborted with a WinRmError. */
  get signal(): AbortSignal {
    return this.ended.signal;
  }

  /** There was output: the silence starts again. */
  touch(): void {
    const { idleMs } = this.limits;
    if (idleMs === undefined) return;
    clearTimeout(this.idle);
    this.idle = this.timer(idleMs, `no output for ${idleMs} ms`);
  }

  fail(error: WinRmError): void {
    if (!this.ended.signal.aborted) this.ended.abort(error);
  }

  stop(): void {
    clearTimeout(this.deadline);
    clearTimeout(this.idle);
    this.limits.signal?.removeEventListener('abort', this.cancelled);
  }

  private timer(delay: number, message: string): NodeJS.Timeout {
    return setTimeout(() => this.fail(new WinRmError('timed-out', message)), Math.min(delay, MAX_TIMER_MS));
  }
}
