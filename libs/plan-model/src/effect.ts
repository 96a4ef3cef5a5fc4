import type { ItemStatus } from '@opsmesh/contracts';

/** What the engine must do because of an event; all in the commit that stores the new state. */
export type Effect =
  /** Evaluate the step's condition, resolve its list, bind its items; answer with `prepared`, `prepare-skipped` or `prepare-failed`. */
  | { readonly type: 'prepare'; readonly step: number }
  /** Put the attempt of each item into the outbox. The items are `queued` from now on. */
  | { readonly type: 'enqueue'; readonly step: number; readonly items: readonly number[]; readonly attempt: number }
  /** Wake the run with `retry-due` after the delay. */
  | { readonly type: 'retry-timer'; readonly step: number; readonly item: number; readonly attempt: number; readonly delayMs: number }
  /** Every item of the step that has the status `from` gets the status `to`. Retries in waiting are left out when `untouchedOnly`. */
  | { readonly type: 'sweep'; readonly step: number; readonly from: readonly ItemStatus[]; readonly to: ItemStatus; readonly untouchedOnly: boolean }
  /** Tell the workers to abort what they run of this run. */
  | { readonly type: 'abort' }
  /** The run is over. */
  | { readonly type: 'finish' };
