import type { Json, RunState } from '@opsmesh/plan-model';
import type { RunFacts } from './ports.js';

/** What this process knows of a run. `state` is used only when its `version` is the one just locked in the record. */
export interface CachedRun {
  readonly facts: RunFacts;
  state: RunState;
  version: number;
  /** Outputs of steps with one item, which never change once they are there. */
  readonly outputs: Map<number, Json>;
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
