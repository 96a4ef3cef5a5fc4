import type { RunEventType } from '@opsmesh/contracts';

/** One entry of a run's history as it is stored; `step` is the step's index. */
export type StoredEntry = readonly [type: RunEventType, step: number | null, item: number | null, data: Record<string, unknown>];

/** An entry with the time of the commit that wrote it. */
export interface DatedEntry {
  readonly at: Date;
  readonly entry: StoredEntry;
}

/** Text of a field of an entry's data; null when it is none. */
export function textOf(data: Record<string, unknown>, field: string): string | null {
  const value = data[field];
  return typeof value === 'string' ? value : null;
}
