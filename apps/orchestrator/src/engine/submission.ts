import type { ItemSelection, RunEvent } from '@opsmesh/plan-model';
import type { AttemptResult } from './attempt-result.js';
import type { NewRun } from './run.js';

/** What of its parent a run repeats. */
export interface Repeat {
  /** The steps that it begins with; none of them depends on another. */
  readonly steps: readonly RepeatedStep[];
  /** Which of their items. */
  readonly items: ItemSelection;
}

export interface RepeatedStep {
  /** Its index in the run's own plan and in its parent's. */
  readonly step: number;
  readonly of: number;
  /** Whether the step or inputs of the run are others than the parent's: the items are bound by them; else they have the inputs they had. */
  readonly boundAnew: boolean;
}

/** A new run. */
export interface CreateSubmission {
  readonly kind: 'create';
  readonly run: NewRun;
  /** For a run that repeats a part of its parent. */
  readonly rerun?: Repeat;
}

/** Something that happened to a run. */
export interface EventSubmission {
  readonly kind: 'event';
  readonly runId: string;
  readonly event: RunEvent;
  /** Comes with `finished`. */
  readonly result?: AttemptResult;
  /** Comes with `claimed`. */
  readonly claim?: { readonly workerId: string; readonly keyThumbprint: string; readonly credentialId: string | null };
  /** Comes with `lost`: the worker that is believed to be gone. When it was heard lately and has the attempt, nothing happens. */
  readonly unlessActiveOn?: string;
  /** The timer row that caused the event; it is deleted in the same commit, unless the event came too early. */
  readonly timerId?: number;
}

/** Something for the engine to commit. */
export type Submission = CreateSubmission | EventSubmission;

