import type { RunRecord } from './ports.js';
import type { RunFacts } from './run.js';

/** The unchanging part of runs, read once and kept for the runs used last. */
export class RunFactsCache {
  private readonly entries = new Map<string, RunFacts>();

  constructor(private readonly record: RunRecord, private readonly capacity = 5000) {}

  /** Facts of those of the runs that exist. */
  async get(ids: readonly string[]): Promise<Map<string, RunFacts>> {
    const found = new Map<string, RunFacts>();
    const missing = new Set<string>();
    for (const id of ids) {
      const facts = found.get(id) ?? this.entries.get(id);
      if (facts) found.set(id, facts);
      else missing.add(id);
    }
    if (missing.size > 0) for (const [id, facts] of await this.record.loadFacts([...missing])) found.set(id, facts);
    for (const facts of found.values()) this.put(facts);
    return found;
  }

  put(facts: RunFacts): void {
    this.entries.delete(facts.id);
    this.entries.set(facts.id, facts);
    if (this.entries.size > this.capacity) this.entries.delete(this.entries.keys().next().value!);
  }
}
