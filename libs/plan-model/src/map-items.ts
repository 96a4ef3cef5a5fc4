import type { MapPolicy, Share } from './plan.js';
import type { Counts, RunningStep } from './run-state.js';

/** Items that may be started now: as many as the concurrency and the wave leave room for, in order, without those that could not be bound. */
export function itemsToStart(step: RunningStep, policy: MapPolicy): { readonly items: number[]; readonly next: number } {
  const room = policy.concurrency - activeItems(step);
  const end = waveEnd(step, policy);
  const items: number[] = [];
  let next = step.next;
  let u = lowerBound(step.unbound, next);
  while (items.length < room && next < end) {
    if (step.unbound[u] === next) u++;
    else items.push(next);
    next++;
  }
  // Items at the end that can't be bound need no room.
  while (next < end && step.unbound[u] === next) { u++; next++; }
  return { items, next };
}

/** Items that were started and have not ended: queued, running or waiting for a retry. */
export function activeItems(step: RunningStep): number {
  const untouched = step.base + step.total - step.next - (step.unbound.length - lowerBound(step.unbound, step.next));
  return step.counts.queued + step.counts.running + step.counts.pending - untouched;
}

/** The item before which the current wave ends. The last wave has all the rest. */
function waveEnd({ base, total, wave }: Pick<RunningStep, 'base' | 'total' | 'wave'>, { waves }: MapPolicy): number {
  const share = waves?.[wave];
  return base + (share ? Math.min(total, countOf(share, total)) : total);
}

/** The wave in which the last item lies that was started. */
export function waveOf(step: RunningStep, policy: MapPolicy): number {
  const last = policy.waves?.length ?? 0;
  let wave = 0;
  while (wave < last && waveEnd({ ...step, wave }, policy) < step.next) wave++;
  return wave;
}

/** Items of a share; a part of an item is a whole one. */
function countOf(share: Share, total: number): number {
  return 'count' in share ? share.count : Math.ceil((share.percent * total) / 100);
}

/** Whether the current wave has ended and another follows. */
export function isWaveOver(step: RunningStep, policy: MapPolicy): boolean {
  return policy.waves !== undefined && step.next < step.base + step.total && step.next >= waveEnd(step, policy) && activeItems(step) === 0;
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
