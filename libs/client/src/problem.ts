/** An answer that is no success: an RFC 9457 problem document where the server gave one. */
export class OpsmeshProblem extends Error {
  override readonly name = 'OpsmeshProblem';

  constructor(
    readonly status: number,
    /** Stable, for example `plan-invalid`; `unknown` when the answer was no problem document. */
    readonly code: string,
    readonly detail: string,
    /** Findings with their places in what was sent. */
    readonly errors: readonly unknown[] = [],
  ) {
    super(`${status} ${code}: ${detail}`);
  }

  static of(status: number, text: string): OpsmeshProblem {
    try {
      const { code, detail, errors } = JSON.parse(text) as { code?: unknown; detail?: unknown; errors?: unknown };
      if (typeof code === 'string') return new OpsmeshProblem(status, code, typeof detail === 'string' ? detail : code, Array.isArray(errors) ? errors : []);
    } catch { /* no JSON: said below */ }
    return new OpsmeshProblem(status, 'unknown', text.slice(0, 200));
  }
}
