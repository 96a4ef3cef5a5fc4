import { RESULTS_STREAM } from '@opsmesh/contracts';
import { ProblemError, redisConnection, type Database } from '@opsmesh/platform';
import { createTestDatabase, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { AttemptRef } from '../engine/positions.js';
import { DeadLetterStore } from '../store/dead-letter-store.js';
import { PostgresRunRecord } from '../store/run-record.js';
import { drive } from '../testing/drive.js';
import { fanOut, runOf } from '../testing/documents.js';
import { newEngine, openRecord, openRedis, SILENT, takeOutbox } from '../testing/rig.js';
import { claimed, create, failed, happens } from '../testing/submissions.js';
import { Queues } from '../transport/queues.js';
import { Metrics } from './metrics.js';
import { ObservedRecord } from './observed-record.js';

let server: TestDatabase; let database: Database; let pool: Pool; let redis: Redis; let redisUrl: string; let queues: Queues; let metrics: Metrics;
beforeEach(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  database = await openRecord(server.url);
  ({ pool } = database);
  ({ redis, url: redisUrl } = await openRedis());
  queues = new Queues(redisConnection(redisUrl), SILENT);
  metrics = newMetrics();
});
afterEach(async () => {
  await queues.close();
  redis.disconnect();
  await database.close();
  await server.drop();
});

const newMeasuredEngine = () => newEngine(pool, { record: new ObservedRecord(new PostgresRunRecord(pool), (changes) => metrics.committed(changes)) }).engine;
function newMetrics(...names: string[]): Metrics {
  return new Metrics({ pool, transport: () => ({ redis, queues }), queueNames: () => Promise.resolve(new Set(names)) });
}
/** The value of one line, `name` or `name{label="value"}`; undefined when it is not shown. */
async function shown(line: string): Promise<number | undefined> {
  const found = (await metrics.text()).split('\n').find((l) => l.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

it('counts the steps and items of open runs by status, and runs of the last day', async () => {
  const engine = newMeasuredEngine();
  const [open, paused, done] = [runOf(fanOut('probe', 5, { map: { concurrency: 2 } })), runOf(fanOut('probe', 1)), runOf(fanOut('probe', 3))];
  await engine.submit([create(done)]);
  await drive(engine, pool);
  await engine.submit([create(open), create(paused)]);
  await engine.submit([happens(paused.id, { type: 'pause' })]);
  expect(await shown('opsmesh_runs{status="completed"}')).toBe(1);
  expect(await shown('opsmesh_runs{status="running"}')).toBe(1);
  expect(await shown('opsmesh_runs{status="paused"}')).toBe(1);
  expect(await shown('opsmesh_open_steps{status="running"}')).toBe(2);
  expect(await shown('opsmesh_open_items{status="queued"}')).toBe(3);
  expect(await shown('opsmesh_open_items{status="pending"}')).toBe(3);
  expect(await shown('opsmesh_open_items{status="succeeded"}')).toBe(0);
});

it('leaves out runs that ended before the last day, and keeps those that are still open', async () => {
  const ids = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'] as const;
  const engine = newMeasuredEngine();
  await engine.submit([create(runOf(fanOut('probe', 1), { id: ids[0] }))]);
  await drive(engine, pool);
  await engine.submit([create(runOf(fanOut('probe', 1), { id: ids[1] }))]);
  expect(await shown('opsmesh_runs{status="completed"}')).toBeUndefined();
  expect(await shown('opsmesh_runs{status="running"}')).toBe(1);
});

it('counts items whose outcome nobody knows until somebody does, and says for how long', async () => {
  const engine = newMeasuredEngine();
  const run = runOf(fanOut('change', 3, { map: { concurrency: 3 } }));
  await engine.submit([create(run)]);
  const attempts = await takeOutbox(pool) as [AttemptRef, AttemptRef, AttemptRef];
  await engine.submit(attempts.map((a) => claimed(a)));
  await engine.submit(attempts.slice(0, 2).map((a) => happens(run.id, { type: 'lost', step: 0, item: a.item, attempt: 1 })));
  await pool.query(`update orchestrator.unknown_items set since = now() - interval '1 hour' where item = 0`);
  expect(await shown('opsmesh_unknown_items')).toBe(2);
  expect(await shown('opsmesh_unknown_age_seconds')).toBeGreaterThanOrEqual(3600);
  await engine.submit([happens(run.id, { type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', reason: 'seen', actor: 'bob' })]);
  await engine.submit([happens(run.id, { type: 'repeat', step: 0, item: 1, attempt: 1, reason: 'again', actor: 'bob' })]);
  expect((await pool.query('select 1 from orchestrator.unknown_items')).rowCount).toBe(0);
});

it('counts what this process committed: events of items, steps and runs that ended, adaptations', async () => {
  const engine = newMeasuredEngine();
  await engine.submit([create(runOf(fanOut('probe', 4, { map: { concurrency: 4 }, retry: { maxAttempts: 2 } })))]);
  await drive(engine, pool, { answer: (a) => (a.item === 0 ? failed(a, 'not-found') : a.item === 1 && a.attempt === 1 ? failed(a, 'unreachable') : {}) });
  expect(await shown('opsmesh_item_events_total{event="succeeded"}')).toBe(3);
  expect(await shown('opsmesh_item_events_total{event="failed"}')).toBe(1);
  expect(await shown('opsmesh_item_events_total{event="retrying"}')).toBe(1);
  expect(await shown('opsmesh_steps_ended_total{status="partial"}')).toBe(1);
  expect(await shown('opsmesh_runs_ended_total{status="partial"}')).toBe(1);
  expect(await shown('opsmesh_step_duration_seconds_count')).toBe(1);
  expect(await shown('opsmesh_run_duration_seconds_count')).toBe(1);
});

it('says how long the relay and the timers are behind; what is held for a process or waits for its time is not late', async () => {
  const engine = newMeasuredEngine();
  await engine.submit([create(runOf(fanOut('probe', 2, { map: { concurrency: 2 } })))]);
  await pool.query(`update orchestrator.outbox set held_until = now() + interval '1 hour'`);
  expect(await shown('opsmesh_outbox_attempts')).toBe(2);
  expect(await shown('opsmesh_relay_lag_seconds')).toBe(0);
  expect(await shown('opsmesh_timer_lag_seconds')).toBe(0);
  await pool.query(`update orchestrator.outbox set held_until = now() - interval '30 seconds'`);
  await pool.query(`insert into orchestrator.timers (run_id, kind, due_at) values ('00000000-0000-7000-8000-000000000001', 'run-timeout', now() - interval '20 seconds')`);
  await pool.query(`insert into orchestrator.gated_attempts (queue, run_id, step, item, attempt, held_until) values ('q', '00000000-0000-7000-8000-000000000001', 0, 0, 1, now() - interval '1 hour')`);
  const later = newMetrics();
  metrics = later;
  expect(await shown('opsmesh_relay_lag_seconds')).toBeGreaterThanOrEqual(30);
  expect(await shown('opsmesh_relay_lag_seconds')).toBeLessThan(60);
  expect(await shown('opsmesh_outbox_attempts')).toBe(3);
  expect(await shown('opsmesh_outbox_gated_attempts')).toBe(1);
  expect(await shown('opsmesh_timer_lag_seconds')).toBeGreaterThanOrEqual(20);
});

it('says of each queue how many jobs wait and how old the oldest is', async () => {
  const queue = queues.get('spec-queue');
  queues.get('idle-queue');
  await queue.add('new', {}, { jobId: 'new-job' });
  await queue.add('old', {}, { jobId: 'old-job', timestamp: Date.now() - 90_000 });
  await queue.add('newest', {}, { jobId: 'newest-job' });
  // The head of the queue is the oldest by the order of adding; here it is a fresh one.
  expect(await shown('opsmesh_queue_waiting{queue="spec-queue"}')).toBe(3);
  expect(await shown('opsmesh_queue_oldest_seconds{queue="spec-queue"}')).toBeLessThan(60);
  await (await queue.getJob('new-job'))!.remove();
  metrics = newMetrics();
  expect(await shown('opsmesh_queue_oldest_seconds{queue="spec-queue"}')).toBeGreaterThanOrEqual(90);
  expect(await shown('opsmesh_queue_active{queue="spec-queue"}')).toBe(0);
  expect(await shown('opsmesh_queue_waiting{queue="idle-queue"}')).toBe(0);
  expect(await shown('opsmesh_queue_oldest_seconds{queue="idle-queue"}')).toBe(0);
});

it('shows queues to which this process has sent nothing', async () => {
  await queues.get('used-elsewhere').add('job', {}, { jobId: 'job' });
  const others = queues;
  queues = new Queues(redisConnection(redisUrl), SILENT);
  await others.close();
  metrics = newMetrics('used-elsewhere');
  expect(await shown('opsmesh_queue_waiting{queue="used-elsewhere"}')).toBe(1);
});

it('says how many results wait and how old the oldest is', async () => {
  expect(await shown('opsmesh_results_lag_seconds')).toBe(0);
  const [seconds] = await redis.time();
  await redis.xadd(RESULTS_STREAM, `${(Number(seconds) - 45) * 1000}-0`, 'result', '{}');
  await redis.xadd(RESULTS_STREAM, '*', 'result', '{}');
  metrics = newMetrics();
  expect(await shown('opsmesh_results_backlog')).toBe(2);
  expect(await shown('opsmesh_results_lag_seconds')).toBeGreaterThanOrEqual(45);
});

it('counts claims by what they were answered, and dead letters', async () => {
  await new DeadLetterStore(pool).add({ entryId: '1-0', reason: 'bad', payload: '{}' });
  const answers = [() => Promise.reject(new ProblemError(409, 'claim-refused', 'no')), () => Promise.reject(new Error('bug')), () => Promise.resolve({ grant: 'g', expiresAt: '' })];
  const desk = metrics.counting({ claim: () => answers.pop()!() });
  const request = { workerId: 'w', inputSha256: '', keyThumbprint: '' };
  await expect(desk.claim('spec', 'a', request)).resolves.toMatchObject({ grant: 'g' });
  await expect(desk.claim('spec', 'a', request)).rejects.toThrow('bug');
  await expect(desk.claim('spec', 'a', request)).rejects.toThrow('no');
  for (const outcome of ['granted', 'error', 'claim-refused']) expect(await shown(`opsmesh_claims_total{outcome="${outcome}"}`)).toBe(1);
  expect(await shown('opsmesh_dead_letters')).toBe(1);
});

it('shows what it can while PostgreSQL or Redis is away', async () => {
  redis.disconnect();
  expect(await shown('opsmesh_results_lag_seconds')).toBeNaN();
  expect(await shown('opsmesh_outbox_attempts')).toBe(0);
  const away = new Metrics({ pool: { query: () => Promise.reject(new Error('away')) } as unknown as Pool, transport: () => ({ redis, queues }), queueNames: () => Promise.reject(new Error('away')) });
  metrics = away;
  expect(await shown('opsmesh_outbox_attempts')).toBeNaN();
  expect(await shown('process_cpu_seconds_total')).toBeGreaterThan(0);
});
