/** Where an item is in the record. */
export interface ItemRef {
  readonly runId: string;
  readonly step: number;
  readonly item: number;
}

/** One attempt at an item; attempts are numbered from 1. */
export interface AttemptRef extends ItemRef {
  readonly attempt: number;
}

/** Key of an item in the maps of a change set. */
export function itemKey(runId: string, step: number, item: number): string {
  return `${runId}.${step}.${item}`;
}
