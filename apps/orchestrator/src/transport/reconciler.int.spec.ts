import { QUEUE_PREFIX, RESULTS_STREAM, type JobDto } from '@opsmesh/contracts';
import { redisConnection, type Database } from '@opsmesh/platform';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { WorkerStore } from '../store/worker-store.js';
import { fanOut, QUEUE, runOf } from '../testing/documents.js';
import { countOf, historyOf, itemsOf, newEngine, openRecord, openRedis, SILENT, takeOutbox } from '../testing/rig.js';
import { claimed, create, happens } from '../testing/submissions.js';
import { Queues } from './queues.js';
import { Reconciler } from './reconciler.js';

let server: TestDatabase; let database: Database; let pool: Pool; let url: string; let redis: Redis; let queues: Queues; let workers: WorkerStore;
const open: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  database = await openRecord(server.url);
  ({ pool } = database);
  ({ url, redis } = await openRedis());
});
afterAll(async () => {
  redis.disconnect();
  await database.close();
  await server.drop();
});
beforeEach(async () => {
  await redis.flushdb();
  await pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.workers, orchestrator.items, orchestrator.runs cascade');
  workers = new WorkerStore(pool);
  queues = new Queues(redisConnection(url), SILENT);
  open.push(() => queues.close());
});
afterEach(async () => { for (const close of open.splice(0).reverse()) await close(); });

function newReconciler(): Reconciler {
  const { engine, facts } = newEngine(pool);
  return new Reconciler({ pool, engine, facts, queues, workers, redis, log: SILENT });
}

/** Makes rounds without waiting between them. */
async function rounds(reconciler: Reconciler, n: number): Promise<void> {
  for (let i = 0; i < n; i++) await reconciler['round']();
}

/** A run whose attempts left the outbox, were claimed by the worker if one is given, and are quiet for a minute. */
async function quietRun(tool: string, count: number, worker?: string): Promise<string> {
  const run = runOf(fanOut(tool, count));
  const { engine } = newEngine(pool);
  await engine.submit([create(run)]);
  const attempts = await takeOutbox(pool);
  if (worker) await engine.submit(attempts.map((a) => claimed(a, worker)));
  await age(run.id);
  return run.id;
}

const age = (runId: string): Promise<unknown> => pool.query(`update orchestrator.items set queued_at = now() - interval '1 minute', started_at = started_at - interval '1 minute' where run_id = $1`, [runId]);

async function living(id: string, active: string[] = []): Promise<void> {
  await workers.register({ workerId: id, service: QUEUE, queue: QUEUE, concurrency: 5, tools: [] });
  await pool.query(`update orchestrator.workers set seen_at = now() + interval '1 hour', active = $2 where id = $1`, [id, active]);
}

async function dead(id: string, active: string[] = []): Promise<void> {
  await living(id, active);
  await pool.query(`update orchestrator.workers set seen_at = now() - interval '6 seconds' where id = $1`, [id]);
}

const addJobs = (runId: string, items: number[]): Promise<void> => queues.add(QUEUE, items.map((i) => [{ attemptId: `${runId}.each.${i}.1`, tool: 'probe' } as JobDto]));
const statuses = async (runId: string): Promise<string[]> => (await itemsOf(pool, runId)).map((i) => i.status);

it('an attempt without a job and without a claim is sent again under its id, once it looked lost in three rounds', async () => {
  const runId = await quietRun('change', 1);
  const reconciler = newReconciler();
  await rounds(reconciler, 2);
  expect(await takeOutbox(pool)).toEqual([]);
  await rounds(reconciler, 1);
  expect(await takeOutbox(pool)).toEqual([{ runId, step: 0, item: 0, attempt: 1 }]);
  expect((await historyOf(pool, runId)).filter((e) => e.type === 'item.requeued')).toHaveLength(1);
  expect(await statuses(runId)).toEqual(['queued']);
});

it('an attempt is left alone whose job waits, that a living worker has, that waits in the outbox, or that was heard of a moment ago', async () => {
  // What only a dead worker has is lost.
  const lost = await quietRun('change', 1);
  await dead('w2', [`${lost}.each.0.1`]);
  const runId = await quietRun('change', 4);
  await addJobs(runId, [0]);
  await living('w1', [`${runId}.each.1.1`]);
  await pool.query('insert into orchestrator.outbox values (gen_random_uuid(), $1, now(), array[$2::uuid], array[0::smallint], array[2], array[1::smallint])', [QUEUE, runId]);
  await pool.query('update orchestrator.items set queued_at = now() where run_id = $1 and item = 3', [runId]);
  await rounds(newReconciler(), 4);
  expect((await takeOutbox(pool)).map((a) => [a.runId, a.item])).toEqual([[lost, 0], [runId, 2]]);
  expect((await historyOf(pool, runId)).map((e) => e.type)).toEqual(['run.started', 'step.started']);
});

it('by itself: an attempt that a dead worker had claimed becomes unknown, or is sent again when it may be repeated; a job that it left behind is removed', async () => {
  await dead('w1');
  const write = await quietRun('change', 1, 'w1');
  const read = await quietRun('probe', 1, 'w1');
  // The dead worker's job is active and locked for ever.
  await addJobs(read, [0]);
  const holder = new Worker(QUEUE, null, { prefix: QUEUE_PREFIX, connection: redisConnection(url), lockDuration: 600_000 });
  open.push(() => holder.close(true));
  expect((await holder.getNextJob('lost-token'))?.id).toBe(`${read}.each.0.1`);
  const reconciler = newReconciler();
  open.push(() => reconciler.stop());
  reconciler.start();
  await waitFor(async () => (await statuses(write))[0] === 'unknown', { what: 'the write to be unknown' });
  expect((await itemsOf(pool, write))[0]).toMatchObject({ attempt: 1, failure: { code: 'worker-lost' } });
  expect(await waitFor(async () => (await takeOutbox(pool))[0], { what: 'the read to be sent again' })).toEqual({ runId: read, step: 0, item: 0, attempt: 1 });
  expect(await queues.get(QUEUE).getJob(`${read}.each.0.1`)).toBeUndefined();
  expect(await statuses(read)).toEqual(['queued']);
});

it('a living worker that claimed an attempt and no longer runs it is asked for its result, for fifteen rounds', async () => {
  await living('w1');
  const runId = await quietRun('change', 2, 'w1');
  const reconciler = newReconciler();
  await rounds(reconciler, 1);
  const ids = [`${runId}.each.0.1`, `${runId}.each.1.1`];
  expect((await workers.beat({ workerId: 'w1', service: QUEUE }, []))!.sort()).toEqual(ids);
  expect(await workers.beat({ workerId: 'w1', service: QUEUE }, [])).toEqual([]);
  await rounds(reconciler, 13);
  expect((await workers.beat({ workerId: 'w1', service: QUEUE }, []))!.sort()).toEqual(ids);
  expect(await statuses(runId)).toEqual(['running', 'running']);
  await rounds(reconciler, 1);
  expect(await statuses(runId)).toEqual(['unknown', 'unknown']);
});

describe('a worker that is heard when its attempt is about to be given up', () => {
  /** A claimed attempt, with an engine that believes what it knows of its run. */
  async function claimedBy(worker: string): Promise<{ id: string; giveUp(): Promise<boolean[]>; status(): Promise<string | undefined> }> {
    const run = runOf(fanOut('change', 1));
    const { engine } = newEngine(pool);
    await engine.submit([create(run)]);
    await engine.submit((await takeOutbox(pool)).map((a) => claimed(a, worker)));
    return {
      id: `${run.id}.each.0.1`, status: async () => (await statuses(run.id))[0],
      giveUp: () => engine.submit([{ ...happens(run.id, { type: 'lost', step: 0, item: 0, attempt: 1, claimed: true }), unlessActiveOn: worker }]),
    };
  }

  it('keeps it', async () => {
    const { id, giveUp, status } = await claimedBy('w1');
    await dead('w1', [id]);
    await workers.beat({ workerId: 'w1', service: QUEUE }, [id]);
    expect(await giveUp()).toEqual([false]);
    expect(await status()).toBe('running');
    await workers.beat({ workerId: 'w1', service: QUEUE }, []);
    expect(await giveUp()).toEqual([true]);
    expect(await status()).toBe('unknown');
  });

  it('is answered only once that is committed, if it comes later', async () => {
    const { id, giveUp, status } = await claimedBy('w1');
    await dead('w1', [id]);
    const other = await pool.connect();
    const waiting = async (): Promise<number> => (await pool.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rowCount!;
    await other.query('begin');
    await other.query('select from orchestrator.run_states for update');
    const given = giveUp();
    await waitFor(async () => (await waiting()) === 1, { what: 'the commit to wait for its run' });
    const heard = workers.beat({ workerId: 'w1', service: QUEUE }, [id]).then(status);
    await waitFor(async () => (await waiting()) === 2, { what: 'the heartbeat to wait for the commit' });
    await other.query('rollback');
    other.release();
    expect(await given).toEqual([true]);
    expect(await heard).toBe('unknown');
  });
});

it('nothing is reported while results wait in the stream', async () => {
  const runId = await quietRun('change', 1, 'gone');
  const entry = (await redis.xadd(RESULTS_STREAM, '*', 'result', '{}'))!;
  const reconciler = newReconciler();
  await rounds(reconciler, 20);
  expect(await statuses(runId)).toEqual(['running']);
  await redis.xdel(RESULTS_STREAM, entry);
  await rounds(reconciler, 1);
  expect(await statuses(runId)).toEqual(['unknown']);
});

it('an attempt that was seen in between must look lost three times anew', async () => {
  const runId = await quietRun('change', 1);
  const reconciler = newReconciler();
  await rounds(reconciler, 2);
  await addJobs(runId, [0]);
  await rounds(reconciler, 1);
  await queues.remove(QUEUE, new Set([`${runId}.each.0.1`]));
  await rounds(reconciler, 2);
  expect(await takeOutbox(pool)).toEqual([]);
  await rounds(reconciler, 1);
  expect(await takeOutbox(pool)).toHaveLength(1);
});

it('two processes that find the same attempt send it again once', async () => {
  const runId = await quietRun('probe', 30);
  const all = [newReconciler(), newReconciler()];
  await Promise.all(all.map((r) => rounds(r, 3)));
  // The second one's report may find it queued anew; both name the same job.
  const sent = await takeOutbox(pool);
  expect(new Set(sent.map((a) => `${a.item}.${a.attempt}`)).size).toBe(30);
  expect(await statuses(runId)).toEqual(Array.from({ length: 30 }, () => 'queued'));
});

it('items of runs that ended are nobody\'s business', async () => {
  const runId = await quietRun('change', 1, 'gone');
  await pool.query(`update orchestrator.runs set status = 'failed' where id = $1`, [runId]);
  await rounds(newReconciler(), 4);
  expect(await statuses(runId)).toEqual(['running']);
  expect(await countOf(pool, 'outbox')).toBe(0);
});
