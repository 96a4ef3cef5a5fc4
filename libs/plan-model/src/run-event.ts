import type { CachedFromView, FailureDto, RunEventType } from '@opsmesh/contracts';
import type { MapChange } from './plan.js';

/** What can happen to a run. `step` is the step's index in the plan. Time and randomness are values in the event. */
export type RunEvent =
  | { readonly type: 'started' }
  /** The engine's answer to the effect `prepare`: the list was resolved and its items bound. They are numbered from the step's `base`, in `unbound` too. */
  | { readonly type: 'prepared'; readonly step: number; readonly total: number; readonly unbound: readonly number[] }
  /**
   * The answer for a container, to `prepare` (iteration 0) and for a loop to `evaluate` (the next iteration): it goes on with the steps of `arm` (null in a loop).
   * `of`: length of the list of a for-each loop, else null.
   */
  | { readonly type: 'opened'; readonly step: number; readonly arm: number | null; readonly iteration: number; readonly of: number | null }
  /** The other answer for a loop: `iterations` were done and it needs no more; 0 when the first was not wanted. */
  | { readonly type: 'loop-ended'; readonly step: number; readonly iterations: number }
  /** The same, when the step's condition does not hold, or that of no arm of a branch. */
  | { readonly type: 'prepare-skipped'; readonly step: number }
  /** The same, to `evaluate` too, when a value is missing or the list is none: fails closed, nothing was sent. */
  | { readonly type: 'prepare-failed'; readonly step: number; readonly failure: FailureDto }
  /** A worker's claim of the attempt is being committed. */
  | { readonly type: 'claimed'; readonly step: number; readonly item: number; readonly attempt: number }
  /** A result arrived: of a job, or for an item that began it is over, approved, decided or signalled. `random` in [0, 1) is for the jitter of a retry. `cachedFrom`: nothing was called, that item's output answers. */
  | { readonly type: 'finished'; readonly step: number; readonly item: number; readonly attempt: number; readonly outcome: AttemptOutcome; readonly random: number; readonly cachedFrom?: CachedFromView }
  /** The attempt has neither a job nor a living worker. `claimed`: whether it was claimed when that was seen; one that was claimed since is not lost. Left out: it is as it is now. */
  | { readonly type: 'lost'; readonly step: number; readonly item: number; readonly attempt: number; readonly claimed?: boolean }
  /** The first attempt of an item, which has not begun and can't any more: too many others failed. The answer to the effect `withdraw`. */
  | { readonly type: 'withdrawn'; readonly step: number; readonly item: number; readonly attempt: number }
  | { readonly type: 'retry-due'; readonly step: number; readonly item: number; readonly attempt: number }
  /** The pause before a wave is over. */
  | { readonly type: 'wave-due'; readonly step: number; readonly wave: number }
  /** A person changed how a step fans out; checked by `checkMapChange`. */
  | { readonly type: 'policy-changed'; readonly step: number; readonly map: MapChange; readonly actor: string }
  /** It is time to ask the tool's probe whether an unknown attempt took place. */
  | { readonly type: 'probe-due'; readonly step: number; readonly item: number; readonly attempt: number }
  /** A person or a probe says how an unknown attempt ended. */
  | { readonly type: 'resolved'; readonly step: number; readonly item: number; readonly attempt: number; readonly status: 'succeeded' | 'failed' } & Informant
  /** The answer to the effect `keep-past`: an attempt that was unknown when another one followed is known, by its result or by somebody. */
  | { readonly type: 'past-known'; readonly step: number; readonly item: number; readonly attempt: number; readonly status: 'succeeded' | 'failed'; readonly by: Informant | null }
  /** A person wants an attempt that failed or is unknown done once more, while its step runs. */
  | { readonly type: 'repeat'; readonly step: number; readonly item: number; readonly attempt: number; readonly reason: string; readonly actor: string }
  | { readonly type: 'cancel' }
  | { readonly type: 'timed-out' }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' };

/** Who said how an attempt ended, and how that was found out. */
export interface Informant { readonly reason: string; readonly actor: string }

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
