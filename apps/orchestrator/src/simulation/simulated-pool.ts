import type { Pool } from 'pg';
import type { AttemptRef } from '../engine/positions.js';
import type { KnownWorker, WorkerStore } from '../store/worker-store.js';
import { HOLD_MS } from '../store/write-changes.js';
import { mayFire, type Database, type ItemRow } from './database.js';
import { attemptKey, placeOf } from './keys.js';
import type { BatchRow, GatedRow } from './outbox-table.js';
import type { Party, Scheduler } from './scheduler.js';

interface Statement { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] }
interface Answer { readonly rows: readonly object[]; readonly rowCount: number }

/** What relay, gate, timers and reconciler ask of PostgreSQL, known by the names of their prepared statements. An unknown one is an error of the simulation. */
export function poolOf(database: Database, scheduler: Scheduler, party: Party): Pool {
  const pool = {
    query: (statement: Statement) => scheduler.effect(party, statement.name ?? 'query', () => new Statements(database, undefined).run(statement)),
    connect: () => Promise.resolve(new Client(database, scheduler, party)),
  };
  return pool as unknown as Pool;
}

/** A transaction of the relay: rows that it takes are locked until it ends. */
class Client {
  private readonly statements: Statements;
  private readonly rollback: () => Answer;

  constructor(database: Database, private readonly scheduler: Scheduler, private readonly party: Party) {
    this.statements = new Statements(database, this);
    this.rollback = this.statements.rollback.bind(this.statements);
    party.onDeath(this.rollback);
  }

  query(statement: Statement | string, values?: readonly unknown[]): Promise<Answer> {
    if (statement === 'begin') return Promise.resolve(NOTHING);
    if (statement === 'commit') return this.scheduler.effect(this.party, 'commit what was relayed', () => this.statements.commit());
    if (statement === 'rollback') return Promise.resolve(this.rollback());
    const asked = typeof statement === 'string' ? { text: statement, ...(values ? { values } : {}) } : statement;
    return this.scheduler.effect(this.party, asked.name ?? 'query', () => this.statements.run(asked));
  }

  release(): void {
    this.rollback();
    this.party.forget(this.rollback);
  }
}

const NOTHING: Answer = { rows: [], rowCount: 0 };

class Statements {
  private taken: (() => void)[] = [];
  private locked: (readonly [key: string, holder: string])[] = [];
  private marked: (BatchRow | GatedRow)[] = [];
  private passing: GatedRow[] = [];

  constructor(private readonly database: Database, private readonly transaction: object | undefined) {}

  run({ name, text, values = [] }: Statement): Answer {
    switch (name) {
      case 'sent': return this.clearSent(values);
      case 'due-timers': return rows(this.dueTimers());
      case 'quiet-attempts': return rows(this.quietAttempts(Number(values[0])));
      case 'take-outbox': return rows(this.takeOutbox(Number(values[1])));
      case 'attempt-inputs': return rows(this.attemptInputs(values));
      case 'any-gated': return rows(this.free(this.database.outbox.gated()));
      case 'gated': return rows(this.gated());
      case 'passed': return this.passed(values);
      case 'passed-sent': return this.deletePassed(values);
      case 'take-lock': return this.takeLock(values);
      case 'take-token': return this.takeToken(values);
      default:
        if (text.startsWith('delete from orchestrator.locks')) return this.unlock(values);
        throw new Error(`the simulation does not know the statement ${name ?? text}`);
    }
  }

  commit(): Answer {
    for (const remove of this.taken) remove();
    for (const row of this.passing) row.heldUntil = this.database.clock.now + HOLD_MS;
    this.taken = [];
    this.locked = [];
    return this.rollback();
  }

  rollback(): Answer {
    for (const row of this.marked) row.takenBy = undefined;
    for (const [key, holder] of this.locked) if (this.database.targetLocks.get(key) === holder) this.database.targetLocks.delete(key);
    this.taken = [];
    this.marked = [];
    this.locked = [];
    this.passing = [];
    return NOTHING;
  }

  private clearSent(values: readonly unknown[]): Answer {
    for (const id of elements(values[0])) if (!this.database.outbox.batch(id)?.takenBy) this.database.outbox.deleteBatch(id);
    return NOTHING;
  }

  private dueTimers(): object[] {
    const { timers, clock } = this.database;
    return [...timers.values()].filter((t) => t.dueAt <= clock.now && mayFire(this.database, t)).sort((a, b) => a.dueAt - b.dueAt)
      .map((t) => ({ id: String(t.id), run_id: t.runId, step: null, item: null, attempt: null, kind: t.event.kind, data: t.event }));
  }

  private quietAttempts(quietMs: number): object[] {
    const { runs, outbox, clock } = this.database;
    const found: object[] = [];
    for (const [id, run] of runs) {
      if (run.status !== 'running' && run.status !== 'paused') continue;
      for (const [place, i] of run.items) {
        if ((i.status !== 'queued' || run.status === 'paused') && i.status !== 'running') continue;
        if ( (i.startedAt ?? i.queuedAt ?? Infinity) >= clock.now - quietMs) continue;
        if (outbox.has(`${id}.${place}.${i.attempt}`)) continue;
        found.push({ run_id: id, step: i.step, item: i.item, attempt: i.attempt, status: i.status, worker_id: i.workerId });
      }
    }
    return found;
  }

  private takeOutbox(limit: number): object[] {
    const { outbox } = this.database;
    const picked = this.free(outbox.batches()).sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
    for (const row of picked) this.take(row, () => { outbox.deleteBatch(row.id); });
    return picked.flatMap(({ queue, attempts }) => attempts.flatMap((a) => {
      const item = this.queuedItem(a);
      return item && this.database.runs.get(a.runId)!.status === 'running' ? [{ ...a, queue, inputs: item.inputs }] : [];
    }));
  }

  private attemptInputs(values: readonly unknown[]): object[] {
    return attemptsOf(values).flatMap((a, i) => {
      const item = this.queuedItem(a);
      return item ? [{ n: i + 1, inputs: item.inputs }] : [];
    });
  }

  private gated(): object[] {
    const { runs, targetLocks, outbox } = this.database;
    return this.free(outbox.gated()).flatMap((row) => {
      const item = this.queuedItem(row);
      if (!item) this.take(row, () => { outbox.deleteGated(attemptKey(row)); });
      const holder = item && item.lockKey !== null ? targetLocks.get(item.lockKey) : undefined;
      if (!item || runs.get(row.runId)!.status !== 'running' || (holder !== undefined && holder !== `${row.runId}.${placeOf(row)}`)) return [];
      this.mark(row);
      return [{ queue: row.queue, runId: row.runId, step: row.step, item: row.item, attempt: row.attempt, inputs: item.inputs, target: item.target, lockKey: item.lockKey, state: runs.get(row.runId)!.state }];
    });
  }

  private passed(values: readonly unknown[]): Answer {
    for (const attempt of attemptsOf(values)) {
      const row = this.database.outbox.gatedAttempt(attemptKey(attempt));
      if (row) this.passing.push(row);
    }
    return NOTHING;
  }

  private deletePassed(values: readonly unknown[]): Answer {
    for (const attempt of attemptsOf(values)) this.database.outbox.deleteGated(attemptKey(attempt));
    return NOTHING;
  }

  private takeLock([, key, runId, step, item, attempt]: readonly unknown[]): Answer {
    if (!this.queuedItem({ runId: String(runId), step: Number(step), item: Number(item), attempt: Number(attempt) })) return NOTHING;
    const holder = this.database.targetLocks.get(String(key));
    const wanted = `${String(runId)}.${String(step)}.${String(item)}`;
    if (holder !== undefined && holder !== wanted) return NOTHING;
    if (holder === undefined) this.locked.push([String(key), wanted]);
    this.database.targetLocks.set(String(key), wanted);
    return { rows: [], rowCount: 1 };
  }

  private unlock([, key]: readonly unknown[]): Answer {
    this.database.targetLocks.delete(String(key));
    return NOTHING;
  }

  private takeToken([, bucket, limit, perMs]: readonly unknown[]): Answer {
    const { rates, clock } = this.database;
    const key = String(bucket);
    const now = rates.get(key) ?? { tokens: Number(limit), at: clock.now };
    const tokens = Math.min(Number(limit), now.tokens + ((clock.now - now.at) * Number(limit)) / Number(perMs));
    if (tokens < 1) return NOTHING;
    rates.set(key, { tokens: tokens - 1, at: clock.now });
    return { rows: [], rowCount: 1 };
  }

  private free<Row extends BatchRow | GatedRow>(among: Iterable<Row>): Row[] {
    const { now } = this.database.clock;
    const found: Row[] = [];
    for (const row of among) if (row.takenBy === undefined && row.heldUntil <= now) found.push(row);
    return found;
  }

  private mark(row: BatchRow | GatedRow): void {
    row.takenBy = this.transaction;
    this.marked.push(row);
  }

  /** @param remove what the transaction's commit does */
  private take(row: BatchRow | GatedRow, remove: () => void): void {
    this.mark(row);
    this.taken.push(remove);
  }

  private queuedItem(row: AttemptRef): ItemRow | undefined {
    const item = this.database.runs.get(row.runId)?.items.get(placeOf(row));
    return item?.status === 'queued' && item.attempt === row.attempt ? item : undefined;
  }
}

function rows(found: readonly object[]): Answer {
  return { rows: found, rowCount: found.length };
}

/** The elements of a literal of plain values. */
function elements(literal: unknown): string[] {
  const text = String(literal).slice(1, -1);
  return text === '' ? [] : text.split(',');
}

/** Attempts given as four array literals. */
function attemptsOf(values: readonly unknown[]): AttemptRef[] {
  const [runs, steps, items, attempts] = values.map(elements);
  return runs!.map((runId, i) => ({ runId, step: Number(steps![i]), item: Number(items![i]), attempt: Number(attempts![i]) }));
}

/** What reconciler and relay ask about workers. */
export function workersOf(database: Database, scheduler: Scheduler, party: Party): WorkerStore {
  const store: Pick<WorkerStore, 'list' | 'askToResend' | 'rooms'> = {
    rooms: () => Promise.resolve(new Map([['service', { workers: 1, together: database.together }]])),
    list: () => scheduler.effect(party, 'list workers', () => [...database.workers.values()].map((w): KnownWorker => ({ id: w.id, service: 'service', queue: 'service', concurrency: 2, active: w.active, silentMs: w.beats() ? 0 : database.clock.now - w.seenAt }))),
    askToResend: (worker, attempts) => scheduler.effect(party, 'ask to resend', () => {
      const found = database.workers.get(worker);
      if (found) found.resend = attempts;
    }),
  };
  return store as unknown as WorkerStore;
}
