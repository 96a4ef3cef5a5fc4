import type { ChangeSet } from './change-set.js';
import type { LoadedRuns } from './load-runs.js';
import type { CommitNews, RecordTransaction, StoredItem } from './ports.js';
import type { RunFactsCache } from './run-facts.js';
import type { StepValues } from './step-values.js';
import type { CreateSubmission, EventSubmission } from './submission.js';

/** Items of the parent that a step of a re-run repeats. */
export interface RepeatedItems {
  readonly items: readonly StoredItem[];
  /** Whether they are bound by the step as it is now; else they have the inputs they had. */
  readonly boundAnew: boolean;
}

/** The commit that effects are a part of. */
export interface CommitInProgress {
  readonly tx: RecordTransaction;
  /** What gathers to be written; another one after each {@link flush}. */
  readonly changes: ChangeSet;
  readonly news: CommitNews;
  readonly loaded: LoadedRuns;
  readonly facts: RunFactsCache;
  readonly values: StepValues;
  /** By run and step. */
  readonly repeated: ReadonlyMap<string, RepeatedItems>;
  /** Ids for runs of sub-plans. */
  readonly newId: () => string;
  /** Whether anybody makes choices; else defaults are taken at once. */
  readonly canDecide: boolean;
  create(submission: CreateSubmission): Promise<boolean>;
  apply(submission: EventSubmission): Promise<boolean>;
  /** Writes what has gathered, so that the record can be read. */
  flush(): Promise<void>;
}
