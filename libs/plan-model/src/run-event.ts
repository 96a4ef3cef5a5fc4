import type { FailureDto, RunEventType } from '@opsmesh/contracts';

/** What can happen to a run. `step` is the step's index in the plan. Time and randomness are values in the event. */
export type RunEvent =
  | { readonly type: 'started' }
  /** The engine's answer to the effect `prepare`: the list was resolved and its items bound. */
  | { readonly type: 'prepared'; readonly step: number; readonly total: number; readonly unbound: readonly number[] }
  /** The same, when the step's condition does not hold. */
  | { readonly type: 'prepare-skipped'; readonly step: number }
  /** The same, when a value is missing or the list is none: fails closed, nothing was sent. */
  | { readonly type: 'prepare-failed'; readonly step: number; readonly failure: FailureDto }
  /** A worker's claim of the attempt is being committed. */
  | { readonly type: 'claimed'; readonly step: number; readonly item: number; readonly attempt: number }
  /** A result arrived. `random` in [0, 1) is for the jitter of a retry. */
  | { readonly type: 'finished'; readonly step: number; readonly item: number; readonly attempt: number; readonly outcome: AttemptOutcome; readonly random: number }
  /** The attempt has neither a job nor a living worker. */
  | { readonly type: 'lost'; readonly step: number; readonly item: number; readonly attempt: number }
  | { readonly type: 'retry-due'; readonly step: number; readonly item: number; readonly attempt: number }
  | { readonly type: 'cancel' }
  | { readonly type: 'timed-out' }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' };

export type AttemptOutcome = { readonly status: 'succeeded' } | { readonly status: 'failed'; readonly failure: FailureDto };

/** Events whose effects touch many items at once: the engine commits each alone. */
export const BULK_EVENTS: ReadonlySet<RunEvent['type']> = new Set(['cancel', 'timed-out', 'pause', 'resume']);

/** One entry of the run's history; its sequence number is the state's `seq` after it. */
export interface HistoryEntry {
  readonly seq: number;
  readonly type: RunEventType;
  readonly step: number | null;
  readonly item: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}
