/** For how long what has ended is kept, in days of the database's clock; at least 1. */
export interface RetentionLimits {
  /** Runs, counted from the newest end or act of a run and of all that repeat it or belong to it; and everything else that grows by itself. */
  readonly days: number;
  /** Runs with an outcome that nobody knows, where it is more than `days`; null: until somebody settles it. */
  readonly unknownDays: number | null;
  /** What is kept of deleted runs, counted from their deletion; null: for ever. */
  readonly auditDays: number | null;
}
