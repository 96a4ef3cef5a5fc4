import { setTimeout as pause } from 'node:timers/promises';
import { ProblemError } from '@opsmesh/platform';

/** Pauses before the tries, and how long they may take together, in milliseconds. */
const TRIES_MS = [0, 100, 300, 1000, 2000];
const MOST_MS = 5000;

/**
 * Tries a few times what says how a commit ended whose answer was lost: a look for what it may have stored, or the same change once more where a repetition changes
 * nothing. The server may be at that commit still, so that only a success says something.
 * @param attempt throws, or gives undefined, when it found nothing
 * @returns whether a try succeeded in time
 */
export async function succeedsSoon(attempt: () => Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const trying = async (): Promise<boolean> => {
    for (const ms of TRIES_MS) {
      await pause(ms, undefined, { signal: over.signal });
      const succeeded = await attempt().then((found) => found !== undefined, () => false);
      if (succeeded) return true;
    }
    return false;
  };
  try {
    return await Promise.race([trying(), pause(MOST_MS, false, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}

/** The answer about a run, or what was proposed as one, of which nobody can say whether it was stored: the caller gets its id. */
export function runOutcomeUnknown(id: string, cause: unknown): ProblemError {
  return new ProblemError(503, 'run-outcome-unknown', `the connection to the record was lost while run ${id} was stored: whether it was is not known; look at /runs/${id} before you send the request again`, { runId: id, cause });
}
