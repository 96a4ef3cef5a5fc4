import { batchPlace, beginSpan, codeOf } from '@opsmesh/platform';
import type { ChangeSet } from '../engine/change-set.js';
import type { RecordTransaction, RunRecord } from '../engine/ports.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import { noting } from './observed-record.js';

/** A record whose commits are spans, in the traces of the runs they are about. For processes that trace. */
export class TracedRecord implements RunRecord {
  constructor(private readonly record: RunRecord, private readonly facts: RunFactsCache) {}

  async transaction<T>(work: (tx: RecordTransaction) => Promise<T>): Promise<T> {
    // Which runs it is about is known when it has written.
    const startedAt = Date.now();
    const written: ChangeSet[] = [];
    try {
      const result = await this.record.transaction((tx) => work(noting(tx, written)));
      await this.tell(written, startedAt);
      return result;
    } catch (e) {
      await this.tell(written, startedAt, codeOf(e));
      throw e;
    }
  }

  loadFacts(ids: readonly string[]): ReturnType<RunRecord['loadFacts']> {
    return this.record.loadFacts(ids);
  }

  private async tell(written: readonly ChangeSet[], startedAt: number, error?: string): Promise<void> {
    const runs = new Map<string, string | null | undefined>(written.flatMap((c) => c.newRuns.map((r) => [r.id, r.traceparent] as const)));
    const others = [...new Set(written.flatMap((c) => [...c.states.keys()]))].filter((id) => !runs.has(id));
    // They are in the cache; if not, a span is not worth an error.
    const facts = await this.facts.get(others).catch(() => new Map<string, { traceparent?: string | null }>());
    for (const id of others) runs.set(id, facts.get(id)?.traceparent);
    const place = batchPlace(runs.values());
    if (!place) return;
    const count = (of: (changes: ChangeSet) => number): number => written.reduce((n, changes) => n + of(changes), 0);
    beginSpan('engine commit', {
      ...place, startedAt,
      attributes: { 'opsmesh.runs': runs.size, 'opsmesh.items': count((c) => c.newItems.size + c.itemUpdates.size), 'opsmesh.attempts_wanted': count((c) => c.outbox.size) },
    })?.end(error);
  }
}
