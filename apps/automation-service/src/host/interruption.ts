import { ToolFailure } from '@opsmesh/contracts';
import type { Interruption } from '../ssh/execution.js';
import { NO_OUTPUT, type HostOutcome } from '../ssh/outcome.js';

export interface InterruptionSources {
  /** When the command must be over, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Aborted to cancel; a ToolFailure `timed-out` as its reason means that the time is over. */
  readonly signal: AbortSignal;
}

/** Calls `work` with a signal that is aborted, with an {@link Interruption} as its reason, at the deadline or when the source is. */
export async function interruptible<T>({ deadline, signal }: InterruptionSources, work: (interrupt: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onDeadline = () => controller.abort({ kind: 'timed-out', deadline: 'total' } satisfies Interruption);
  const left = deadline - performance.now();
  const timer = setTimeout(onDeadline, Math.max(0, left));
  if (left <= 0) onDeadline();
  const onAbort = () => controller.abort(interruptionOf(signal.reason));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** The outcome of an interruption that came before anything was sent. */
export function interruptedWhileWaiting(by: Interruption): HostOutcome {
  const nothing = { stop: { state: 'nothing-started' }, output: NO_OUTPUT } as const;
  return by.kind === 'cancelled' ? { ...by, ...nothing } : { kind: 'timed-out', deadline: 'waiting', ...nothing };
}

function interruptionOf(reason: unknown): Interruption {
  return reason instanceof ToolFailure && reason.failure.code === 'timed-out' ? { kind: 'timed-out', deadline: 'total' } : { kind: 'cancelled' };
}
