import type { AttemptRef } from '../engine/positions.js';

/** Key of an item among those of its run. */
export function placeOf({ step, item }: { readonly step: number; readonly item: number }): string {
  return `${step}.${item}`;
}

/** Key of an attempt among all. */
export function attemptKey({ runId, step, item, attempt }: AttemptRef): string {
  return `${runId}.${step}.${item}.${attempt}`;
}
