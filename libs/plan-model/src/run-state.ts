import type { FailureDto, ItemStatus, RunStatus, StopReason } from '@opsmesh/contracts';
import type { CompiledPlan, MapChange } from './plan.js';

/**
 * The state of one run. Plain JSON, stored with the run.
 *
 * Invariants (numbered here, cited where they are kept):
 * 1. In a step that was prepared, the counts sum up to `total`.
 * 2. `next` only grows; an item below `next` was started at least once or is in `unbound`.
 * 3. No item is started for the first time while queued + running + waiting for a retry reach the step's concurrency, and none beyond the current wave.
 * 4. A step is terminal exactly when all its items are, a container exactly when all that stands in it is; a run exactly when all its steps are.
 * 5. Terminal states never change, but for items that are `unknown` and the statuses derived from them, and for what is in a loop: it waits again when
 *    the next iteration begins, with its items numbered on from `base`.
 * 6. Steps inside a container leave `waiting` for `running` only while it is open at their arm.
 */
export interface RunState {
  readonly status: RunStatus;
  /** Set once a cancel was asked for or the run's time was over: nothing new starts, the run ends when what runs has ended. */
  readonly stopping: StopReason | null;
  readonly steps: readonly StepState[];
  /** Sequence number of the newest event of the history. */
  readonly seq: number;
  /** What was changed of the plan's policies while it ran, by step; read them with `policyOf`. */
  readonly overrides: Overrides;
}

export type Overrides = Readonly<Record<number, MapChange>>;
export const NO_OVERRIDES: Overrides = {};

export type Counts = Readonly<Record<ItemStatus, number>>;

export type StepState = WaitingStep | RunningStep | OpenStep | EndedStep;

/** Item numbers of a step begin at `base`: 0, or in a loop how many items the earlier iterations had. */
export interface WaitingStep {
  readonly status: 'waiting';
  readonly base: number;
}

/** A step whose items are under way. Items are numbered from `base` to `base + total - 1`, here and in events, effects and the record. */
export interface RunningStep {
  readonly status: 'running';
  readonly base: number;
  readonly total: number;
  /** Number of the first item that was never started. */
  readonly next: number;
  readonly counts: Counts;
  /** Items whose inputs could not be bound, ascending; they failed before anything was sent. */
  readonly unbound: readonly number[];
  /** The wave that runs, from 0. */
  readonly wave: number;
  /** Whether the wave waits for the pause before it to end. */
  readonly held: boolean;
  /** The last attempts, one bit each, the newest the lowest: 1 where the target could not be reached. 0 where nothing adapts to it. */
  readonly recent: number;
}

/** A container in which steps are under way. */
export interface OpenStep {
  readonly status: 'open';
  /** The arm of a branch, null in a loop. */
  readonly arm: number | null;
  /** From 0; 0 in a branch. */
  readonly iteration: number;
  /** Number of iterations of a for-each loop, null where it is not known. */
  readonly of: number | null;
  /** Whether an earlier iteration ended in part only. */
  readonly partial: boolean;
  /** Steps as they ended in the iteration before, of those that the loop remembers; empty in the first one. */
  readonly remembered: readonly RememberedStep[];
}

/** Where the items of a step are that it had in the iteration before. */
export interface RememberedStep {
  readonly step: number;
  /** The step whose outcome counts for it: itself, or the alternative that took its place. */
  readonly by: number;
  readonly from: number;
  readonly to: number;
}

export interface EndedStep {
  readonly status: 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';
  readonly base: number;
  /** Null when the step ended before it was prepared, and for containers. */
  readonly total: number | null;
  readonly counts: Counts;
  readonly failure: FailureDto | null;
  /** What a container did; null for other steps, and when it never opened. */
  readonly opened: { readonly arm: number | null; readonly iterations: number } | null;
}

/** The state of one item, as loaded for the event that touches it. */
export interface ItemState {
  readonly status: ItemStatus;
  /** Number of the newest attempt, 0 before the first. */
  readonly attempt: number;
}

export const NO_ITEMS: Counts = { pending: 0, queued: 0, running: 0, succeeded: 0, failed: 0, unknown: 0, skipped: 0, cancelled: 0 };

/** A step that was not reached yet, outside of loops. */
export const WAITING: WaitingStep = { status: 'waiting', base: 0 };

/** The state of a run before its first event. */
export function initialState(plan: CompiledPlan): RunState {
  return { status: 'running', stopping: null, steps: plan.steps.map(() => WAITING), seq: 0, overrides: NO_OVERRIDES };
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

export function isTerminalStep(step: StepState): step is EndedStep {
  return step.status !== 'waiting' && step.status !== 'running' && step.status !== 'open';
}

/** Numbers of the items that a step has now, from `from` to before `to`; items of earlier iterations of a loop are below. */
export function itemRange(step: StepState): { readonly from: number; readonly to: number } {
  if (step.status === 'open') return { from: 0, to: 0 };
  return { from: step.base, to: step.base + (step.status === 'waiting' ? 0 : step.total ?? 0) };
}
