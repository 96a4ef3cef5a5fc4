import { initialState, isTerminalItem, type Json } from '@opsmesh/plan-model';
import type { ChangeSet, ItemUpdate, NewItem, Sweep } from '../engine/change-set.js';
import { RunChangedError } from '../engine/ports.js';
import type { NewRun } from '../engine/run.js';
import { decodeState, encodeState } from '../store/state-codec.js';
import { HOLD_MS } from '../store/write-changes.js';
import type { Database, ItemRow, RunRows } from './database.js';
import { attemptKey, placeOf } from './keys.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface RunCopy extends Mutable<Omit<RunRows, 'items'>> {
  readonly items: Map<string, ItemRow>;
}

/** What a transaction has written and not committed: what `store/write-changes` does, on rows in memory. */
export class Staged {
  readonly runs = new Map<string, RunCopy>();
  /** What is done to rows that more than one transaction may touch, in order. */
  private readonly atCommit: (() => void)[] = [];

  constructor(private readonly database: Database) {}

  takeSignal(runId: string, name: string): { readonly payload: Json } | undefined {
    const rows = this.runs.get(runId) ?? this.database.runs.get(runId);
    const found = rows?.signals.findIndex((s) => s.name === name) ?? -1;
    if (found < 0) return undefined;
    const copy = this.copy(runId);
    const taken = copy.signals[found]!;
    copy.signals = copy.signals.filter((s) => s !== taken);
    return taken;
  }

  endPast(ended: ItemUpdate): boolean {
    const key = attemptKey(ended);
    if ((this.runs.get(ended.runId) ?? this.database.runs.get(ended.runId))?.past.get(key) !== 'unknown') return false;
    const copy = this.copy(ended.runId);
    copy.past = new Map(copy.past).set(key, ended.status);
    return true;
  }

  /** @throws RunChangedError */
  apply(changes: ChangeSet): void {
    const { database } = this;
    for (const run of changes.newRuns) this.insertRun(run);
    for (const { from, to, steps } of changes.taken) {
      for (const [place, item] of database.runs.get(from)!.items) if (steps.includes(item.step)) this.copy(to).items.set(place, item);
    }
    for (const { id, version } of changes.unchanged) if (this.versionOf(id) !== version) throw new RunChangedError('a run was changed by another process');
    for (const [id, { state, version }] of changes.states) {
      if (this.versionOf(id) !== version) throw new RunChangedError('a run was changed by another process');
      const copy = this.copy(id);
      copy.version++;
      copy.state = encodeState(state);
      copy.decoded = decodeState(copy.state);
      copy.stopping = state.stopping !== null;
    }
    for (const [id, status] of changes.statuses) this.copy(id).status = status;
    // One statement: it updates the items that were there before it.
    for (const update of changes.itemUpdates.values()) this.updateItem(update);
    for (const item of changes.newItems.values()) this.insertItem(item);
    for (const { runId, step, item, key } of changes.cacheKeys) this.patchItem(runId, placeOf({ step, item }), { cacheKey: key });
    for (const { runId, step, item, from } of changes.cached) this.patchItem(runId, placeOf({ step, item }), { cachedFrom: from });
    for (const [id, entries] of changes.history) {
      const copy = this.copy(id);
      copy.history = [...copy.history, ...entries];
    }
    for (const claim of changes.claims) {
      const copy = this.copy(claim.runId);
      const key = `${attemptKey(claim)} ${claim.keyThumbprint}`;
      if (!copy.claims.has(key)) copy.claims = new Map(copy.claims).set(key, { ...claim, commit: database.commits + 1 });
    }
    for (const approval of changes.approvals) {
      const copy = this.copy(approval.runId);
      copy.approvals = [...copy.approvals, approval];
    }
    for (const { runId, step, locks } of changes.lockChanges) this.changeLocks(runId, step, locks);
    for (const sweep of changes.sweeps) this.sweep(sweep);
    this.later(changes);
  }

  commit(): void {
    const { database } = this;
    database.commits++;
    const changed = new Map<string, { before: RunRows | undefined; after: RunRows }>();
    for (const [id, after] of this.runs) {
      changed.set(id, { before: database.runs.get(id), after });
      database.runs.set(id, after);
    }
    for (const act of this.atCommit) act();
    if (changed.size > 0) database.watcher.committed(changed);
  }

  /** Outbox, timers and locks: rows of their own, written as one statement after the other. */
  private later({ outbox, sent, timers, firedTimers, sweeps, unlocked }: ChangeSet): void {
    const { database } = this;
    if (outbox.size > 0 || sent.length > 0) {
      this.atCommit.push(() => {
        const { now } = database.clock;
        for (const id of sent) if (!database.outbox.batch(id)?.takenBy) database.outbox.deleteBatch(id);
        for (const { id, queue, attempts } of outbox.batches) {
          database.outbox.insertBatch({ id, queue, attempts, heldUntil: now + HOLD_MS, takenBy: undefined });
          for (const attempt of attempts) database.wanted.add(attemptKey(attempt));
        }
        for (const wanted of outbox.gated) {
          database.outbox.insertGated({ ...wanted, heldUntil: now, takenBy: undefined });
          database.wanted.add(attemptKey(wanted));
        }
      });
    }
    if (timers.length > 0) this.atCommit.push(() => { for (const t of timers) { if (t.event.kind === 'wave') database.dropWaveTimers(t.runId, t.event.step); database.insertTimer(t.runId, t.delayMs, t.event); } });
    if (firedTimers.length > 0) this.atCommit.push(() => { for (const id of firedTimers) database.timers.delete(id); });
    if (unlocked.length > 0) this.atCommit.push(() => { for (const { runId, step, item } of unlocked) this.unlock(`${runId}.${step}.${item}`); });
    if (sweeps.length > 0) this.atCommit.push(() => { for (const sweep of sweeps) this.sweepOthers(sweep); });
  }

  private insertRun(run: NewRun): void {
    if (this.database.runs.has(run.id) || this.runs.has(run.id)) throw new Error(`duplicate key: run ${run.id}`);
    const { id, tenantId, actorId, plan, inputs, parentAttempt, traceparent } = run;
    this.runs.set(id, {
      facts: { id, tenantId, actorId, plan, inputs, parent: parentAttempt ?? null, traceparent: traceparent ?? null },
      version: 0, state: '', decoded: initialState(plan), stopping: false, status: 'running', items: new Map(), past: new Map(), history: [], claims: new Map(), signals: [], approvals: [],
    });
  }

  private insertItem({ runId, step, item, status, attempt, target, lockKey, bound, failure }: NewItem): void {
    const { items } = this.copy(runId);
    const place = placeOf({ step, item });
    if (items.has(place)) throw new Error(`duplicate key: item ${place}`);
    const { now } = this.database.clock;
    items.set(place, { step, item, status, attempt, target, lockKey, inputs: bound, output: undefined, failure: failure ?? null, workerId: null, queuedAt: status === 'queued' ? now : null, startedAt: status === 'running' ? now : null, finishedAt: null, cacheKey: null, cachedFrom: null });
  }

  private updateItem(update: ItemUpdate): void {
    const copy = this.copy(update.runId);
    const { items } = copy;
    const place = placeOf(update);
    const before = items.get(place);
    if (!before) return;
    if (update.attempt > before.attempt && before.attempt > 0) copy.past = new Map(copy.past).set(attemptKey({ runId: update.runId, ...before }), before.status);
    const { now } = this.database.clock;
    const { status, attempt, failure, output, workerId } = update;
    items.set(place, {
      ...before, status, attempt, failure, output: output?.json ? JSON.parse(output.json) as Json : undefined, workerId: workerId ?? before.workerId,
      queuedAt: status === 'queued' ? now : before.queuedAt, startedAt: status === 'running' ? now : status === 'queued' ? null : before.startedAt, finishedAt: isTerminalItem(status) ? now : null,
    });
  }

  private patchItem(runId: string, place: string, patch: Partial<ItemRow>): void {
    const { items } = this.copy(runId);
    items.set(place, { ...items.get(place)!, ...patch });
  }

  private changeLocks(runId: string, step: number, locks: boolean): void {
    const { items } = this.copy(runId);
    for (const [place, item] of items) if (item.step === step && (item.status === 'pending' || item.status === 'queued')) items.set(place, { ...item, lockKey: locks ? item.lockKey ?? item.target : null });
  }

  private sweep({ runId, step, from, to, untouchedOnly }: Sweep): void {
    const { items } = this.copy(runId);
    for (const [place, item] of items) {
      if (item.step === step && from.includes(item.status) && (!untouchedOnly || item.attempt === 0)) items.set(place, { ...item, status: to });
    }
  }

  private sweepOthers({ runId, step, to, unlocks }: Sweep): void {
    if (!unlocks) return;
    for (const item of this.database.runs.get(runId)!.items.values()) if (item.step === step && item.status === to) this.unlock(`${runId}.${step}.${item.item}`);
  }

  private unlock(holder: string): void {
    for (const [key, by] of this.database.targetLocks) if (by === holder) this.database.targetLocks.delete(key);
  }

  private versionOf(id: string): number | undefined {
    return (this.runs.get(id) ?? this.database.runs.get(id))?.version;
  }

  private copy(id: string): RunCopy {
    let copy = this.runs.get(id);
    if (!copy) {
      const rows = this.database.runs.get(id)!;
      this.runs.set(id, copy = { ...rows, items: new Map(rows.items) });
    }
    return copy;
  }
}
