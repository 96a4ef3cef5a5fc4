import type { FailureDto, ItemStatus } from '@opsmesh/contracts';
import type { Informant } from './run-event.js';

/** What the engine must do because of an event; all in the commit that stores the new state. */
export type Effect =
  /**
   * Evaluate the step's condition, resolve its list, bind its items; answer with `prepared`, `prepare-skipped` or `prepare-failed`.
   * For a branch find the arm, for a loop test `while` or resolve the list; answer with `opened`, `loop-ended`, `prepare-skipped` or `prepare-failed`.
   */
  | { readonly type: 'prepare'; readonly step: number }
  /** The iteration of a `while` or `until` loop has ended: test the condition; answer with `opened` (the next iteration), `loop-ended` or `prepare-failed`. */
  | { readonly type: 'evaluate'; readonly step: number; readonly iteration: number }
  /** Put the attempt of each item into the outbox. The items are `queued` from now on. Tools only. */
  | { readonly type: 'enqueue'; readonly step: number; readonly items: readonly number[]; readonly attempt: number }
  /** Begin each item of a step of another kind: start the child run, ask people or the chooser, set the timer, listen for the signal. The items are `running` from now on; end each with `finished`. */
  | { readonly type: 'begin'; readonly step: number; readonly items: readonly number[]; readonly attempt: number }
  /** Wake the run with `retry-due` after the delay. */
  | { readonly type: 'retry-timer'; readonly step: number; readonly item: number; readonly attempt: number; readonly delayMs: number }
  /** Wake the run with `probe-due` after the delay. */
  | { readonly type: 'probe-timer'; readonly step: number; readonly item: number; readonly attempt: number; readonly delayMs: number }
  /** Ask the tool's probe whether the attempt took place, unless that was done; tell the answer with `resolved`, or nothing when it can't tell. */
  | { readonly type: 'probe'; readonly step: number; readonly item: number; readonly attempt: number }
  /** Something was said of an attempt that another one has followed: if nobody knew how that ended, keep it with the attempt and answer with `past-known`. */
  | { readonly type: 'keep-past'; readonly step: number; readonly item: number; readonly attempt: number; readonly status: 'succeeded' | 'failed'; readonly failure: FailureDto | null; readonly by: Informant | null }
  /** The event came too early: the timer that caused it is kept, and fires again when the run goes on. */
  | { readonly type: 'too-early' }
  /** Wake the run with `wave-due` after the delay, and not by an earlier timer of the step. */
  | { readonly type: 'wave-timer'; readonly step: number; readonly wave: number; readonly delayMs: number }
  /** Every item of the step that has the status `from` gets the status `to`. Retries in waiting are left out when `untouchedOnly`. */
  | { readonly type: 'sweep'; readonly step: number; readonly from: readonly ItemStatus[]; readonly to: ItemStatus; readonly untouchedOnly: boolean }
  /** Tell of each attempt of the step that is the first of its item and certainly has not begun: `withdrawn`. */
  | { readonly type: 'withdraw'; readonly step: number }
  /** The run goes on: send every queued attempt again, under the same id. What was not sent, or not let begin, meanwhile is in no queue. */
  | { readonly type: 'resend' }
  /** Tell the workers to abort what they run of this run, and cancel the child runs of its sub-plans. */
  | { readonly type: 'abort' }
  /** An outcome that nobody knew became known after the run was over: what it came to may be another. */
  | { readonly type: 'outcome-changed' }
  /** The run is over. */
  | { readonly type: 'finish' };
