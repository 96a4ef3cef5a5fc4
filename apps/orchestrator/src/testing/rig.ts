import type { CompiledPlan, RunState } from '@opsmesh/plan-model';
import { createLogger, createRedis, type Database, type Logger } from '@opsmesh/platform';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { uuidv7 } from 'uuidv7';
import { Engine } from '../engine/engine.js';
import type { EngineNews, RunRecord } from '../engine/ports.js';
import type { AttemptRef } from '../engine/positions.js';
import type { NewRun } from '../engine/run.js';
import { RunCache } from '../engine/run-cache.js';
import { RunFactsCache } from '../engine/run-facts.js';
import { openStore } from '../store/open-store.js';
import { ReadModels } from '../store/read-models.js';
import { PostgresRunRecord } from '../store/run-record.js';
import { decodeState } from '../store/state-codec.js';
import { runOf } from './documents.js';
import { create } from './submissions.js';

export const SILENT = createLogger('spec', { level: 'silent' });
const DEAF: EngineNews = { outboxFilled: () => undefined, timersSet: () => undefined, gateMayOpen: () => undefined, paused: () => undefined, historyGrew: () => undefined, abort: () => undefined, decisionsWanted: () => undefined };

/** Collects log lines from level `warn` on. */
export function listeningLog(): { readonly log: Logger; readonly lines: { readonly msg: string }[] } {
  const lines: { msg: string }[] = [];
  return { lines, log: createLogger('spec', { level: 'warn', destination: { write: (line) => { lines.push(JSON.parse(line) as { msg: string }); } } }) };
}

export interface RunningEngine {
  readonly engine: Engine;
  readonly facts: RunFactsCache;
  readonly record: RunRecord;
}

/** An engine as one process has it, with caches of its own. */
export function newEngine(pool: Pool, { record = new PostgresRunRecord(pool), news = {} }: { record?: RunRecord; news?: Partial<EngineNews> } = {}): RunningEngine {
  const facts = new RunFactsCache(record);
  return { record, facts, engine: new Engine({ record, facts, cache: new RunCache(), news: { ...DEAF, ...news }, newId: uuidv7, canDecide: news.decisionsWanted !== undefined }) };
}

/** Starts a run of a plan's document in an engine of its own. */
export async function startRun(pool: Pool, document: object): Promise<{ readonly run: NewRun; readonly engine: Engine }> {
  const run = runOf(document);
  const { engine } = newEngine(pool);
  await engine.submit([create(run)]);
  return { run, engine };
}

/** The schema of the orchestrator in an empty database. */
export function openRecord(databaseUrl: string): Promise<Database> {
  return openStore({ databaseUrl, databaseConnections: 10 }, SILENT);
}

/** Gives a spec file a database of its own with our schema, before its specs; it is dropped after them. */
export function useRecord(opened: (database: Database, url: string) => void): void {
  let server: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
    database = await openRecord(server.url);
    opened(database, server.url);
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });
}

/** A Redis database that no other spec file uses now: names of streams and queues are fixed, files run in parallel. Emptied. */
export async function openRedis(): Promise<{ readonly url: string; readonly redis: Redis }> {
  const url = testRedisUrl();
  const redis = createRedis(url, { log: SILENT });
  await redis.flushdb();
  return { url, redis };
}

interface WaitingRow { queue: string; run_id: string; step: number; item: number; attempt: number }
type Waiting = AttemptRef & { readonly queue: string };
const ATTEMPTS = `
  select o.queue, w.* from batches o, unnest(o.run_ids, o.steps, o.items, o.attempts) as w(run_id, step, item, attempt)
  union all select queue, run_id, step, item, attempt from gated order by run_id, step, item, attempt`;
const waitingOf = (rows: readonly WaitingRow[]): Waiting[] => rows.map((r) => ({ queue: r.queue, runId: r.run_id, step: r.step, item: r.item, attempt: r.attempt }));

/** Attempts of the outbox and of the gate, by their position; those of one run, or all. */
export async function outboxOf(pool: Pool, runId?: string): Promise<Waiting[]> {
  const { rows } = await pool.query<WaitingRow>(`with batches as (select * from orchestrator.outbox), gated as (select * from orchestrator.gated_attempts) ${ATTEMPTS}`);
  return waitingOf(rows).filter((a) => runId === undefined || a.runId === runId);
}

/** Takes attempts that are still wanted out of the outbox by their position, as the relay does. */
export async function takeOutbox(pool: Pool, limit = 1000): Promise<AttemptRef[]> {
  const { rows: all } = await pool.query<WaitingRow>(`with batches as (delete from orchestrator.outbox returning *), gated as (delete from orchestrator.gated_attempts returning *) ${ATTEMPTS}`);
  const taken = waitingOf(all.slice(0, limit));
  for (const { queue, runId, step, item, attempt } of waitingOf(all.slice(limit))) {
    await pool.query('insert into orchestrator.outbox values (gen_random_uuid(), $1, now(), array[$2::uuid], array[$3::smallint], array[$4::int], array[$5::smallint])', [queue, runId, step, item, attempt]);
  }
  const { rows } = await pool.query<{ n: number }>(
    `select v.n::int as n from unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) with ordinality as v(run_id, step, item, attempt, n)
     join orchestrator.items i on i.run_id = v.run_id and i.step = v.step and i.item = v.item and i.attempt = v.attempt and i.status = 'queued' order by v.n`,
    [taken.map((a) => a.runId), taken.map((a) => a.step), taken.map((a) => a.item), taken.map((a) => a.attempt)],
  );
  return rows.map(({ n }) => taken[n - 1]!).map(({ runId, step, item, attempt }) => ({ runId, step, item, attempt }));
}

/** As if everything had been sent. */
export async function emptyOutbox(pool: Pool): Promise<void> {
  await pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts');
}

/** Leaves no outbox row to the process that wrote it, as if that process had ended. */
export async function releaseOutbox(pool: Pool): Promise<void> {
  await pool.query('update orchestrator.outbox set held_until = now()');
}

export interface ItemRow { readonly step: number; readonly item: number; readonly status: string; readonly attempt: number; readonly target: string | null; readonly inputs: unknown; readonly output: unknown; readonly failure: { readonly code: string } | null; readonly worker_id: string | null }
export async function itemsOf(pool: Pool, runId: string): Promise<ItemRow[]> {
  const { rows } = await pool.query<ItemRow>('select step, item, status, attempt, target, inputs, output, failure, worker_id from orchestrator.items where run_id = $1 order by step, item', [runId]);
  return rows;
}

/** An event of a run's history; `step` is its index. */
export interface EventRow { readonly seq: number; readonly type: string; readonly step: number | null; readonly item: number | null; readonly data: Record<string, unknown> }
export async function historyOf(pool: Pool, runId: string): Promise<EventRow[]> {
  const { rows } = await pool.query<{ plan: CompiledPlan }>('select p.plan from orchestrator.runs r join orchestrator.plans p on p.sha256 = r.plan_sha256 where r.id = $1', [runId]);
  const events = await new ReadModels(pool).eventsAfter(runId, 0, 1_000_000);
  return events.map(({ seq, type, step, item, data }) => ({ seq, type, step: rows[0]!.plan.steps.find((s) => s.id === step)?.index ?? null, item, data }));
}

export async function stateOf(pool: Pool, runId: string): Promise<{ state: RunState; version: number }> {
  const { rows } = await pool.query<{ state: string; version: number }>('select state, version from orchestrator.run_states where run_id = $1', [runId]);
  return { state: decodeState(rows[0]!.state), version: rows[0]!.version };
}

export async function statusOf(pool: Pool, runId: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ status: string }>('select status from orchestrator.runs where id = $1', [runId]);
  return rows[0]?.status;
}

/** Runs of sub-plans, probes and re-runs, in the order in which they began. */
export async function childrenOf(pool: Pool, runId: string): Promise<{ id: string; status: string }[]> {
  return (await pool.query<{ id: string; status: string }>('select id, status from orchestrator.runs where parent_run_id = $1 order by id', [runId])).rows;
}

/** Number of rows of a table of ours. */
export async function countOf(pool: Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from orchestrator.${table}`);
  return rows[0]!.n;
}

/** Everything the record holds of a run, to compare. */
export async function everythingOf(pool: Pool, runId: string): Promise<unknown> {
  const timers = await pool.query('select * from orchestrator.timers where run_id = $1 order by id', [runId]);
  const claims = await pool.query('select * from orchestrator.claims where run_id = $1', [runId]);
  const state = await pool.query('select * from orchestrator.run_states where run_id = $1', [runId]);
  return { items: await itemsOf(pool, runId), history: await historyOf(pool, runId), outbox: await outboxOf(pool, runId), timers: timers.rows, claims: claims.rows, state: state.rows, status: await statusOf(pool, runId) };
}
