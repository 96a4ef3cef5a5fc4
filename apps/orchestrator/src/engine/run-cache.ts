import type { ItemStatus } from '@opsmesh/contracts';
import { isTerminalItem, type ItemState, type Json, type RunState } from '@opsmesh/plan-model';
import type { RunFacts } from './run.js';

/**
 * What this process knows of a run. It is true as long as the run's `version` in the record is this one: every change of a run, of its items
 * too, makes a new version.
 */
export interface CachedRun {
  readonly facts: RunFacts;
  state: RunState;
  version: number;
  /** Outputs of steps with one item, which never change once they are there. */
  readonly outputs: Map<number, Json>;
  /** Items that are under way. One that is not here is in the record. */
  readonly items: ItemsUnderWay;
}

/** The states of the items of one run that were enqueued and have not ended. */
export class ItemsUnderWay {
  private readonly states = new Map<string, ItemState>();

  get(step: number, item: number): ItemState | undefined {
    return this.states.get(`${step}.${item}`);
  }

  set(step: number, item: number, { status, attempt }: ItemState): void {
    if (isTerminalItem(status)) this.states.delete(`${step}.${item}`);
    else this.states.set(`${step}.${item}`, { status, attempt });
  }

  /** Forgets those of a step's items that have one of the statuses. */
  forget(step: number, statuses: readonly ItemStatus[]): void {
    for (const [key, { status }] of this.states) if (statuses.includes(status) && key.startsWith(`${step}.`)) this.states.delete(key);
  }
}

/** The runs touched last, bounded in number. Losing an entry costs a read, nothing else. */
export class RunCache {
  private readonly entries = new Map<string, CachedRun>();

  constructor(private readonly capacity = 2000) {}

  get(runId: string): CachedRun | undefined {
    const found = this.entries.get(runId);
    if (found) {
      this.entries.delete(runId);
      this.entries.set(runId, found);
    }
    return found;
  }

  set(runId: string, run: CachedRun): void {
    this.entries.delete(runId);
    this.entries.set(runId, run);
    if (this.entries.size > this.capacity) this.entries.delete(this.entries.keys().next().value!);
  }

  delete(runId: string): void {
    this.entries.delete(runId);
  }
}
