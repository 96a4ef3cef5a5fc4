/** What a problem says beyond status, code and detail. */
interface ProblemMore {
  /** Findings with their places in what was sent. */
  readonly errors: readonly unknown[];
  /** With `run-outcome-unknown` the run to look for, with `outcome-unknown` the one to look at. */
  readonly runId: string | undefined;
}

/** An answer that is no success: an RFC 9457 problem document where the server gave one. */
export class OpsmeshProblem extends Error implements ProblemMore {
  override readonly name = 'OpsmeshProblem';
  readonly errors: ProblemMore['errors'];
  readonly runId: ProblemMore['runId'];

  constructor(
    readonly status: number,
    /** Stable, for example `plan-invalid`; `unknown` when the answer was no problem document. */
    readonly code: string,
    readonly detail: string,
    { errors = [], runId }: Partial<ProblemMore> = {},
  ) {
    super(`${status} ${code}: ${detail}`);
    this.errors = errors;
    this.runId = runId;
  }

  static of(status: number, text: string): OpsmeshProblem {
    try {
      const { code, detail, errors, run_id: runId } = JSON.parse(text) as { code?: unknown; detail?: unknown; errors?: unknown; run_id?: unknown };
      if (typeof code === 'string') return new OpsmeshProblem(status, code, typeof detail === 'string' ? detail : code, { errors: Array.isArray(errors) ? errors : [], runId: typeof runId === 'string' ? runId : undefined });
    } catch { /* no JSON: said below */ }
    return new OpsmeshProblem(status, 'unknown', text.slice(0, 200));
  }
}
