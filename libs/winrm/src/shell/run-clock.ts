import { MAX_TIMER_MS } from '../option-rules.js';
import type { RunLimits } from '../shell-options.js';
import { cancellation } from '../transport/wire.js';
import { WinRmError } from '../winrm-error.js';

/** Ends a run at the first of: the caller's signal, the total deadline, too long a silence, or a failure beside the reading. */
export class RunClock {
  private readonly ended = new AbortController();
  private readonly deadline: NodeJS.Timeout | undefined;
  private idle: NodeJS.Timeout | undefined;
  private paused = false;
  /** A signal of our own: many runs may follow one of the caller's. */
  private readonly caller: AbortSignal | undefined;
  private readonly cancelled = (): void => this.fail(cancellation(this.caller));

  constructor(private readonly limits: RunLimits) {
    const { deadlineMs, signal } = limits;
    if (deadlineMs !== undefined) this.deadline = this.timer(deadlineMs, `the run took longer than ${deadlineMs} ms`);
    this.caller = signal && AbortSignal.any([signal]);
    if (this.caller?.aborted) this.cancelled();
    this.caller?.addEventListener('abort', this.cancelled, { once: true });
    this.touch();
  }

  /** Aborted with a WinRmError. */
  get signal(): AbortSignal {
    return this.ended.signal;
  }

  /** The host was heard of: its silence starts again. */
  touch(): void {
    const { idleMs } = this.limits;
    if (idleMs === undefined || this.paused) return;
    clearTimeout(this.idle);
    this.idle = this.timer(idleMs, `no output for ${idleMs} ms`);
  }

  /** It is not the host that is waited for, until `resume`. */
  pause(): void {
    this.paused = true;
    clearTimeout(this.idle);
  }

  resume(): void {
    this.paused = false;
    this.touch();
  }

  fail(error: WinRmError): void {
    if (!this.ended.signal.aborted) this.ended.abort(error);
  }

  stop(): void {
    clearTimeout(this.deadline);
    clearTimeout(this.idle);
    this.caller?.removeEventListener('abort', this.cancelled);
  }

  /** None for a time that no timer holds: it is no limit. */
  private timer(delay: number, message: string): NodeJS.Timeout | undefined {
    return delay > MAX_TIMER_MS ? undefined : setTimeout(() => this.fail(new WinRmError('timed-out', message)), delay);
  }
}
