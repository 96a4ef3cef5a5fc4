import type { ItemSelection, RunEvent } from '@opsmesh/plan-model';
import type { AttemptOutput, NewRun } from './change-set.js';

/** What of its parent a run repeats. */
export interface Repeat {
  /** Index of the step that it begins with, in its own plan and in its parent's. */
  readonly step: number;
  readonly of: number;
  /** Which of that step's items. */
  readonly items: ItemSelection;
  /** Whether the plan's step was edited: the items are bound by it; else they have the inputs they had. */
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
  /** The timer row that caused the event; it is deleted in the same commit, unless the event came too early. */
  readonly timerId?: number;
}

/** Something for the engine to commit. */
export type Submission = CreateSubmission | EventSubmission;

export interface AttemptResult {
  readonly output: AttemptOutput;
  readonly workerId: string;
  /** Null for what no worker did. */
  readonly durationMs: number | null;
}
