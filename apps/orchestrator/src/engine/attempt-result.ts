/** What a result brought along. `json` is JSON text of at most 64 KiB, or null when the output is in the blob. */
export interface AttemptOutput {
  readonly json: string | null;
  readonly blobSha256: string | null;
  readonly truncated: boolean;
}

/** What became of an attempt, beside its outcome. */
export interface AttemptResult {
  readonly output: AttemptOutput;
  readonly workerId: string;
  /** Null for what no worker did. */
  readonly durationMs: number | null;
}
