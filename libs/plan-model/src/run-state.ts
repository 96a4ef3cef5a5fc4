import type { FailureDto, ItemStatus, RunStatus } from '@opsmesh/contracts';
import type { CompiledPlan } from './plan.js';

/**
 * The state of one run. Plain JSON, stored with the run.
 *
 * Invariants (numbered here, cited where they are kept):
 * 1. In a step that was prepared, the counts sum up to `total`.
 * 2. `next` only grows; an item below `next` was enqueued at least once or is in `unbound`.
 * 3. queued + running + waiting for a retry never exceed the step's concurrency.
 * 4. A step is terminal exactly when all its items are; a run exactly when all its steps are.
 * 5. Terminal states never change, but for items that are `unknown` and the statuses derived from them.
 */
export interface RunState {
  readonly status: RunStatus;
  /** Set once a cancel was asked for or the run's time was over: nothing new starts, the run ends when what runs has ended. */
  readonly stopping: null | 'cancelled' | 'timed-out';
  readonly steps: readonly StepState[];
  /** Sequence number of the newest event of the history. */
  readonly seq: number;
}

export type Counts = Readonly<Record<ItemStatus, number>>;

export type StepState =
  | { readonly status: 'waiting' }
  | RunningStep
  | {
    readonly status: 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
    /** Null when the step ended before it was prepared. */
    readonly total: number | null;
    readonly counts: Counts;
    readonly failure: FailureDto | null;
  };

export interface RunningStep {
  readonly status: 'running';
  readonly total: number;
  /** Index of the first item that was never enqueued. */
  readonly next: number;
  readonly counts: Counts;
  /** Items whose inputs could not be bound, ascending; they failed before anything was sent. */
  readonly unbound: readonly number[];
}

/** The state of one item, as loaded for the event that touches it. */
export interface ItemState {
  readonly status: ItemStatus;
  /** Number of the newest attempt, 0 before the first. */
  readonly attempt: number;
}

export const NO_ITEMS: Counts = { pending: 0, queued: 0, running: 0, succeeded: 0, failed: 0, unknown: 0, skipped: 0, cancelled: 0 };

/** The state of a run before its first event. */
export function initialState(plan: CompiledPlan): RunState {
  return { status: 'running', stopping: null, steps: plan.steps.map(() => ({ status: 'waiting' })), seq: 0 };
}

const TERMINAL_ITEM: Readonly<Record<ItemStatus, boolean>> = {
  pending: false, queued: false, running: false, succeeded: true, failed: true, unknown: true, skipped: true, cancelled: true,
};
export function isTerminalItem(status: ItemStatus): boolean {
  return TERMINAL_ITEM[status];
}

const TERMINAL_RUN: Readonly<Record<RunStatus, boolean>> = { running: false, paused: false, completed: true, partial: true, failed: true, cancelled: true };
export function isTerminalRun(status: RunStatus): boolean {
  return TERMINAL_RUN[status];
}

export function isTerminalStep(step: StepState): step is Exclude<StepState, { status: 'waiting' } | RunningStep> {
  return step.status !== 'waiting' && step.status !== 'running';
}
