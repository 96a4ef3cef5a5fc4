import type { ItemStatus } from '@opsmesh/contracts';
import type { RunEvent } from '@opsmesh/plan-model';
import type { AttemptOutput, NewRun } from './change-set.js';

/** Something for the engine to commit. */
export type Submission =
  | {
    readonly kind: 'create';
    readonly run: NewRun;
    /** For a run that repeats a part of its parent: the step it begins with, and which of its items. */
    readonly rerun?: { readonly step: number; readonly statuses: readonly ItemStatus[] };
  }
  | {
    readonly kind: 'event';
    readonly runId: string;
    readonly event: RunEvent;
    /** Comes with `finished`. */
    readonly result?: AttemptResult;
    /** Comes with `claimed`. */
    readonly claim?: { readonly workerId: string; readonly keyThumbprint: string; readonly credentialId: string | null };
    /** The timer row that caused the event; it is deleted in the same commit. */
    readonly timerId?: number;
  };

export interface AttemptResult {
  readonly output: AttemptOutput;
  readonly workerId: string;
  /** Null for what no worker did. */
  readonly durationMs: number | null;
}
