import { WORKER_LOST_MS } from '@opsmesh/contracts';
import type { Json, JsonObject, ItemState, RunState } from '@opsmesh/plan-model';
import type { ChangeSet, ItemUpdate } from '../engine/change-set.js';
import { RunChangedError, type CachedOutput, type CacheQuestion, type ProbedAttempt, type RecordTransaction, type RunRecord, type StoredItems, type WantedItems } from '../engine/ports.js';
import { itemKey, type AttemptRef, type ItemRef } from '../engine/positions.js';
import type { RunFacts } from '../engine/run.js';
import type { Database, RunRows } from './database.js';
import { attemptKey, placeOf } from './keys.js';
import type { GatedRow } from './outbox-table.js';
import { Staged } from './staged-writes.js';
import type { Party, Scheduler } from './scheduler.js';

/** The record of one process: transactions that see what is committed and what they wrote themselves (read committed), with the rows of runs as locks. */
export class SimulatedRecord implements RunRecord {
  constructor(private readonly database: Database, private readonly scheduler: Scheduler, private readonly party: Party) {}

  async transaction<T>(work: (tx: RecordTransaction) => Promise<T>): Promise<T> {
    const { database, scheduler, party } = this;
    const tx = new SimulatedTransaction(database, scheduler, party);
    const end = (): void => { tx.end(); };
    party.onDeath(end);
    try {
      const result = await work(tx);
      await scheduler.effect(party, 'commit', () => { tx.commit(); }, () => tx.mayCommit());
      return result;
    } finally {
      end();
      party.forget(end);
    }
  }

  loadFacts(ids: readonly string[]): Promise<Map<string, RunFacts>> {
    return this.scheduler.effect(this.party, 'read plans', () => {
      const found = new Map<string, RunFacts>();
      for (const id of ids) {
        const rows = this.database.runs.get(id);
        if (rows) found.set(id, rows.facts);
      }
      return found;
    });
  }
}

class SimulatedTransaction implements RecordTransaction {
  private readonly staged: Staged;
  private readonly held = new Set<string>();
  /** Statements go out in order: what follows a lock waits for it. */
  private locking: Promise<unknown> | undefined;
  private last: ChangeSet | undefined;
  /** Rows of the gate that it has locked. */
  private readonly gated: GatedRow[] = [];

  constructor(private readonly database: Database, private readonly scheduler: Scheduler, private readonly party: Party) {
    this.staged = new Staged(database);
  }

  lockRuns(ids: readonly string[]): Promise<Map<string, number>> {
    const locked = this.scheduler.effect(this.party, 'lock runs', () => {
      const found = new Map<string, number>();
      for (const id of ids) {
        const rows = this.database.runs.get(id);
        if (!rows) continue;
        this.lock(id);
        found.set(id, rows.version);
      }
      return found;
    }, () => this.free(ids));
    this.locking = locked;
    return locked;
  }

  loadStates(ids: readonly string[]): Promise<Map<string, RunState>> {
    return this.read('read states', () => {
      const found = new Map<string, RunState>();
      for (const id of ids) {
        const rows = this.rows(id);
        if (rows) found.set(id, rows.decoded);
      }
      return found;
    });
  }

  loadItems(refs: readonly ItemRef[]): Promise<Map<string, ItemState>> {
    return this.read('read items', () => {
      const found = new Map<string, ItemState>();
      for (const ref of refs) {
        const item = this.rows(ref.runId)?.items.get(placeOf(ref));
        if (item) found.set(itemKey(ref.runId, ref.step, ref.item), { status: item.status, attempt: item.attempt });
      }
      return found;
    });
  }

  /** Outputs are small here. */
  loadStepItems({ runId, step, from, to }: WantedItems): Promise<StoredItems> {
    return this.read('read the items of a step', () => ({ outputBytes: 0, items: [...this.rows(runId)?.items.values() ?? []].filter((i) => i.step === step && i.item >= from && i.item < to).sort((a, b) => a.item - b.item)
      .map(({ item, status, target, lockKey, inputs, output, failure }) => ({ item, status, target, lockKey, inputs, output, failure: failure as unknown as Json })) }));
  }

  loadInputs(runId: string, step: number, items: readonly number[]): Promise<Map<number, JsonObject>> {
    return this.read('read inputs', () => new Map(items.map((item): [number, JsonObject] => [item, this.rows(runId)!.items.get(placeOf({ step, item }))!.inputs!])));
  }

  loadQueued(runId: string): Promise<AttemptRef[]> {
    return this.read('read queued attempts', () => [...this.rows(runId)?.items.values() ?? []].filter((i) => i.status === 'queued').map(({ step, item, attempt }) => ({ runId, step, item, attempt })));
  }

  loadUnclaimed(runId: string, step: number): Promise<AttemptRef[]> {
    return this.read('read unclaimed attempts', () => {
      const { items, claims } = this.rows(runId)!;
      const claimed = new Set([...claims.values()].map(attemptKey));
      return [...items.values()].filter((i) => i.step === step && i.status === 'queued').map(({ item, attempt }) => ({ runId, step, item, attempt })).filter((a) => !claimed.has(attemptKey(a)));
    });
  }

  loadGated(runId: string, step: number): Promise<AttemptRef[]> {
    return this.read('read attempts at the gate', () => {
      const rows = [...this.database.outbox.gated()].filter((r) => r.runId === runId && r.step === step && !r.takenBy && r.heldUntil <= this.database.clock.now);
      for (const row of rows) row.takenBy = this;
      this.gated.push(...rows);
      return rows.map(({ item, attempt }) => ({ runId, step, item, attempt }));
    });
  }

  openChildren(runId: string): Promise<string[]> {
    return this.read('read open children', () => {
      const all = new Map([...this.database.runs, ...this.staged.runs]);
      return [...all.values()].filter((r) => r.facts.parent?.runId === runId && (r.status === 'running' || r.status === 'paused')).map((r) => r.facts.id);
    });
  }

  takeSignal(runId: string, name: string): Promise<{ readonly payload: Json } | undefined> {
    return this.read('take a signal', () => {
      this.lock(runId);
      return this.staged.takeSignal(runId, name);
    }, () => this.free([runId]));
  }

  loadCached(wanted: readonly CacheQuestion[]): Promise<CachedOutput[]> {
    return this.read('look for cached outputs', () => {
      const { now } = this.database.clock;
      const all = [...new Map([...this.database.runs, ...this.staged.runs]).values()].flatMap(({ facts, items }) => [...items.values()].map((item) => ({ ...item, facts })));
      return wanted.flatMap(({ runId, step, from, to, ttlMs }) => [...this.rows(runId)!.items.values()].filter((i) => i.step === step && i.item >= from && i.item <= to && i.cacheKey !== null).flatMap((asked): CachedOutput[] => {
        const fresh = all.filter((i) => i.cacheKey === asked.cacheKey && i.status === 'succeeded' && i.cachedFrom === null && i.finishedAt! > now - ttlMs).sort((a, b) => b.finishedAt! - a.finishedAt!)[0];
        if (!fresh) return [];
        const { facts, output, finishedAt } = fresh;
        return [{ runId, step, item: asked.item, output: { json: JSON.stringify(output ?? null), blobSha256: null, truncated: false }, from: { runId: facts.id, step: facts.plan.steps[fresh.step]!.id, item: fresh.item, at: new Date(finishedAt!).toISOString() } }];
      }));
    });
  }

  loadProbed(ref: AttemptRef): Promise<ProbedAttempt | undefined> {
    return this.read('read the attempt to probe', () => {
      const rows = this.rows(ref.runId)!;
      const claim = [...rows.claims.values()].find((c) => attemptKey(c) === attemptKey(ref));
      const isProbed = [...new Map([...this.database.runs, ...this.staged.runs]).values()].some(({ facts: { parent } }) => parent && attemptKey(parent) === attemptKey(ref));
      return claim && { claimedAt: new Date(0).toISOString(), isProbed, inputs: rows.items.get(placeOf(ref))!.inputs! };
    });
  }

  keepPast(ended: ItemUpdate): Promise<boolean> {
    return this.read('end a past attempt', () => {
      this.lock(ended.runId);
      return this.staged.endPast(ended);
    }, () => this.free([ended.runId]));
  }

  activeOn(workerId: string): Promise<ReadonlySet<string>> {
    return this.read('look at a worker', () => {
      const { workers, clock } = this.database;
      const worker = workers.get(workerId);
      if (!worker) return new Set();
      worker.lockedBy.add(this);
      return new Set(worker.beats() || clock.now - worker.seenAt < WORKER_LOST_MS ? worker.active : []);
    });
  }

  write(changes: ChangeSet): Promise<void> {
    return this.scheduler.effect(this.party, 'write', () => {
      for (const id of changes.states.keys()) this.lock(id);
      this.staged.apply(changes);
    }, () => this.free([...changes.states.keys()]));
  }

  writeLast(changes: ChangeSet): void {
    this.last = changes;
  }

  mayCommit(): boolean {
    return this.last === undefined || this.free([...this.last.states.keys()]);
  }

  commit(): void {
    if (this.last) this.staged.apply(this.last);
    this.staged.commit();
    this.end();
  }

  /** Gives back its locks; what was not committed never was. */
  end(): void {
    for (const id of this.held) this.database.runLocks.delete(id);
    this.held.clear();
    for (const { lockedBy } of this.database.workers.values()) lockedBy.delete(this);
    for (const row of this.gated.splice(0)) row.takenBy = undefined;
  }

  private async read<T>(label: string, act: () => T, may?: () => boolean): Promise<T> {
    if (this.locking) await this.locking;
    return this.scheduler.effect(this.party, label, act, may);
  }

  private rows(id: string): RunRows | undefined {
    return this.staged.runs.get(id) ?? this.database.runs.get(id);
  }

  private lock(id: string): void {
    if (this.held.has(id)) return;
    this.database.runLocks.set(id, this);
    this.held.add(id);
  }

  private free(ids: readonly string[]): boolean {
    for (const id of ids) {
      const holder = this.database.runLocks.get(id);
      if (holder !== undefined && holder !== this) return false;
    }
    return true;
  }
}

/** What a transaction gets that the database ends because two wait for each other. */
export function deadlock(): Error {
  return new RunChangedError('a run was changed by another process');
}
