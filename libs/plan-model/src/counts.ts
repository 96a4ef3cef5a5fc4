import type { ItemStatus } from '@opsmesh/contracts';
import { NO_ITEMS, type Counts, type EndedStep } from './run-state.js';

export function moved(counts: Counts, from: ItemStatus, to: ItemStatus, n: number): Counts {
  if (from === to || n === 0) return counts;
  const { pending, queued, running, succeeded, failed, unknown, skipped, cancelled } = counts;
  // Named one by one, all counts have one shape: this is the most frequent object of a run.
  const next = { pending, queued, running, succeeded, failed, unknown, skipped, cancelled };
  next[from] -= n;
  next[to] += n;
  return next;
}

/** The end of a step that was never prepared. */
export function unprepared(base: number, status: EndedStep['status'], failure: EndedStep['failure'] = null): EndedStep {
  return { status, base, total: null, counts: NO_ITEMS, failure, opened: null };
}
