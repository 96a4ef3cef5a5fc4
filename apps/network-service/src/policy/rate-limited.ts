import { ToolFailure } from '@opsmesh/contracts';

/**
 * The failure of a call that may be made later.
 * @param afterMs when it may be made, from now; the failure says it in words and as `retryAfterMs=<n>` in its cause
 */
export function rateLimited(why: string, afterMs: number, now: number): ToolFailure {
  const wait = Math.max(1, Math.ceil(afterMs));
  return new ToolFailure('rate-limited', `${why}: try again in ${(wait / 1000).toFixed(1)} s, at ${new Date(now + wait).toISOString()}`, { cause: `retryAfterMs=${wait}` });
}
