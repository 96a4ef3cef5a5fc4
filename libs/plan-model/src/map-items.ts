import type { MapPolicy } from './plan.js';
import type { Counts, RunningStep } from './run-state.js';

/** Items that may be enqueued now: as many as the concurrency leaves room for, in order, without those that could not be bound. */
export function itemsToStart(step: RunningStep, policy: MapPolicy): { readonly items: number[]; readonly next: number } {
  const room = policy.concurrency - activeItems(step);
  const items: number[] = [];
  let next = step.next;
  let u = lowerBound(step.unbound, next);
  while (items.length < room && next < step.total) {
    if (step.unbound[u] === next) u++;
    else items.push(next);
    next++;
  }
  // Items at the end that can't be bound need no room.
  while (next < step.total && step.unbound[u] === next) { u++; next++; }
  return { items, next };
}

/** Items that were enqueued and have not ended: queued, running or waiting for a retry. */
export function activeItems(step: RunningStep): number {
  const untouched = step.total - step.next - (step.unbound.length - lowerBound(step.unbound, step.next));
  return step.counts.queued + step.counts.running + step.counts.pending - untouched;
}

/** Whether more items failed than the policy allows. Unknown items count as failed: nobody may rely on them. */
export function thresholdExceeded(counts: Counts, total: number, policy: MapPolicy): boolean {
  if (!policy.failureThreshold) return false;
  const bad = counts.failed + counts.unknown;
  return 'count' in policy.failureThreshold ? bad > policy.failureThreshold.count : bad * 100 > policy.failureThreshold.percent * total;
}

/** The status of a step whose items have all ended. */
export function joinStatus(counts: Counts, total: number, policy: MapPolicy): 'succeeded' | 'partial' | 'failed' | 'cancelled' {
  if (counts.succeeded === total) return 'succeeded';
  if (counts.cancelled > 0 && counts.failed + counts.unknown === 0) return counts.succeeded > 0 ? 'partial' : 'cancelled';
  if (thresholdExceeded(counts, total, policy) || counts.succeeded === 0) return 'failed';
  return 'partial';
}

/** Index of the first element that is at least `value` in an ascending list. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1; else high = middle;
  }
  return low;
}
