import { type ItemState, type RunState } from '@opsmesh/plan-model';
import type { RecordTransaction } from './ports.js';
import { itemKey, type ItemRef } from './positions.js';
import { ItemsUnderWay, type CachedRun, type RunCache } from './run-cache.js';
import type { RunFactsCache } from './run-facts.js';
import type { EventSubmission } from './submission.js';

interface Sources {
  readonly tx: RecordTransaction;
  readonly facts: RunFactsCache;
  readonly cache: RunCache;
}

/** The runs that a commit is about, and the items that its events name. Lives for one commit. */
export class LoadedRuns {
  readonly runs = new Map<string, CachedRun>();
  /** Whether they are believed without locks, so that their versions must be compared when the commit is written. */
  trusted = false;
  /** Items as this commit has read or left them; those that it has started since are under way. */
  private readonly items = new Map<string, ItemState>();

  constructor(private readonly sources: Sources) {}

  /** Takes the runs from the cache where it may and knows all that is asked for, else from the record under their locks. */
  async load(submissions: readonly EventSubmission[], trusting: boolean): Promise<void> {
    this.trusted = trusting && this.loadCached(submissions);
    if (!this.trusted) await this.loadLocked(submissions);
  }

  /** The state of an item; undefined when there is none. */
  item(run: CachedRun, { runId, step, item }: ItemRef): ItemState | undefined {
    return this.items.get(itemKey(runId, step, item)) ?? run.items.get(step, item);
  }

  /** An event has changed an item. */
  itemChanged(run: CachedRun, { runId, step, item }: ItemRef, state: ItemState): void {
    run.items.set(step, item, state);
    this.items.set(itemKey(runId, step, item), state);
  }

  /** An attempt of an item was started. */
  itemStarted(run: CachedRun, { runId, step, item }: ItemRef, state: ItemState): void {
    run.items.set(step, item, state);
    this.items.delete(itemKey(runId, step, item));
  }

  private loadCached(submissions: readonly EventSubmission[]): boolean {
    const { runs, sources: { cache } } = this;
    for (const submission of submissions) {
      const known = runs.get(submission.runId) ?? cache.get(submission.runId);
      const ref = itemOf(submission);
      if (!known || (ref && !known.items.get(ref.step, ref.item))) {
        runs.clear();
        return false;
      }
      if (!runs.has(submission.runId)) runs.set(submission.runId, { ...known });
    }
    return true;
  }

  private async loadLocked(submissions: readonly EventSubmission[]): Promise<void> {
    const { runs, sources: { tx, cache } } = this;
    const ids = [...new Set(submissions.map((s) => s.runId))].sort();
    if (ids.length === 0) return;
    const refs = submissions.map(itemOf).filter((r) => r !== undefined);
    // Given together, carried out one after the other: the items are read under the lock.
    const [versions, items] = await Promise.all([tx.lockRuns(ids), refs.length > 0 ? tx.loadItems(refs) : new Map<string, ItemState>()]);
    const known = new Map([...versions.keys()].map((id) => [id, cache.get(id)]));
    const stale = [...versions].filter(([id, version]) => known.get(id)?.version !== version).map(([id]) => id);
    const facts = await this.sources.facts.get([...versions.keys()]);
    const states = stale.length > 0 ? await tx.loadStates(stale) : new Map<string, RunState>();
    for (const [id, version] of versions) {
      const cached = known.get(id);
      const state = states.get(id);
      runs.set(id, { facts: facts.get(id)!, state: state ?? cached!.state, version, outputs: cached?.outputs ?? new Map(), items: state || !cached ? new ItemsUnderWay() : cached.items });
    }
    for (const { runId, step, item } of refs) {
      const state = items.get(itemKey(runId, step, item));
      if (state) this.items.set(itemKey(runId, step, item), state);
    }
  }
}

/** The item that an event names; undefined when it names none. */
export function itemOf({ runId, event }: EventSubmission): ItemRef | undefined {
  return 'item' in event ? { runId, step: event.step, item: event.item } : undefined;
}
