import type { Database } from '@opsmesh/platform';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import type { Pool } from 'pg';
import { fanOut, runOf } from '../testing/documents.js';
import { countOf, historyOf, itemsOf, newEngine, openRecord, SILENT, statusOf, takeOutbox } from '../testing/rig.js';
import { create, failed, happens, succeeded } from '../testing/submissions.js';
import { Timers } from './timers.js';

let server: TestDatabase; let database: Database; let pool: Pool;
const running: Timers[] = [];
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  database = await openRecord(server.url);
  ({ pool } = database);
});
afterAll(async () => {
  await database.close();
  await server.drop();
});
beforeEach(() => pool.query('truncate orchestrator.timers, orchestrator.outbox, orchestrator.gated_attempts'));
afterEach(async () => { for (const t of running.splice(0)) await t.stop(); });

function startTimers(): Timers {
  const timers = new Timers(pool, newEngine(pool).engine, SILENT);
  running.push(timers);
  timers.start();
  return timers;
}

/** A run whose attempts of the first `count` items failed and wait for their retry in an hour. */
async function waitingForRetry(count: number): Promise<string> {
  const run = runOf(fanOut('probe', count, { retry: { maxAttempts: 3, backoff: { initialMs: 3_600_000, maxMs: 3_600_000, jitter: false } } }));
  const { engine } = newEngine(pool);
  await engine.submit([create(run)]);
  await engine.submit((await takeOutbox(pool)).map((a) => failed(a, 'unreachable')));
  return run.id;
}

const due = (runId: string, item: number): Promise<unknown> => pool.query(`update orchestrator.timers set due_at = now() - interval '1 ms' where run_id = $1 and item = $2`, [runId, item]);

it('fires what is due and leaves alone what is not', async () => {
  const runId = await waitingForRetry(3);
  await due(runId, 1);
  startTimers();
  expect(await waitFor(async () => (await takeOutbox(pool))[0], { what: 'the retry' })).toEqual({ runId, step: 0, item: 1, attempt: 2 });
  // A second one shows that the others were looked at again.
  await due(runId, 2);
  expect(await waitFor(async () => (await takeOutbox(pool))[0], { what: 'the second retry' })).toEqual({ runId, step: 0, item: 2, attempt: 2 });
  expect((await itemsOf(pool, runId)).map((i) => [i.status, i.attempt])).toEqual([['pending', 1], ['queued', 2], ['queued', 2]]);
  const { rows } = await pool.query('select item from orchestrator.timers');
  expect(rows).toEqual([{ item: 0 }]);
});

it('firing twice, from two processes, is one retry', async () => {
  const runId = await waitingForRetry(50);
  await pool.query('update orchestrator.timers set due_at = now()');
  const { rows } = await pool.query<{ id: string; item: number }>('select id, item from orchestrator.timers order by item');
  const engines = [newEngine(pool).engine, newEngine(pool).engine];
  const answers = await Promise.all(rows.map((t) => Promise.all(engines.map(async (e) => (await e.submit([{ ...happens(runId, { type: 'retry-due', step: 0, item: t.item, attempt: 1 }), timerId: Number(t.id) }]))[0]))));
  expect(answers.map((a) => a.filter(Boolean).length)).toEqual(rows.map(() => 1));
  expect((await takeOutbox(pool)).map((a) => [a.item, a.attempt]).sort(([a], [b]) => a! - b!)).toEqual(rows.map((t) => [t.item, 2]));
  expect(await countOf(pool, 'timers')).toBe(0);
});

it('the time of a run that is over stops it', async () => {
  const run = runOf({ ...fanOut('probe', 4, { map: { concurrency: 2 } }), timeoutMs: 5000 });
  await newEngine(pool).engine.submit([create(run)]);
  const { rows } = await pool.query<{ step: number | null; seconds: number }>(`select step, extract(epoch from due_at - now())::float8 as seconds from orchestrator.timers where run_id = $1`, [run.id]);
  expect(rows).toMatchObject([{ step: null }]);
  expect(rows[0]!.seconds).toBeLessThanOrEqual(5);
  await pool.query('update orchestrator.timers set due_at = now()');
  startTimers();
  await waitFor(async () => await statusOf(pool, run.id) === 'failed', { what: 'the run to end' });
  const history = await historyOf(pool, run.id);
  expect(history.find((e) => e.type === 'run.cancel-requested')?.data).toEqual({ reason: 'timed-out' });
  expect(history.at(-1)).toMatchObject({ type: 'run.finished', data: { code: 'run-timeout' } });
  expect(await takeOutbox(pool)).toEqual([]);
  await waitFor(async () => await countOf(pool, 'timers') === 0, { what: 'the timer to be gone' });
});

it('a timer of a run that ended or never was is taken away without effect', async () => {
  const run = runOf({ ...fanOut('probe', 1), timeoutMs: 1 });
  const { engine } = newEngine(pool);
  await engine.submit([create(run)]);
  await engine.submit([happens(run.id, { type: 'cancel' })]);
  const before = await historyOf(pool, run.id);
  await pool.query(`insert into orchestrator.timers (run_id, kind, due_at) values ('00000000-0000-7000-8000-000000000000', 'run-timeout', now())`);
  startTimers();
  await waitFor(async () => await countOf(pool, 'timers') === 0, { what: 'the timers to be gone' });
  expect(await historyOf(pool, run.id)).toEqual(before);
});

it('leaves a timer of a kind that only a newer orchestrator knows to that one, and fires the others', async () => {
  const runId = await waitingForRetry(1);
  await pool.query(`insert into orchestrator.timers (run_id, kind, due_at) values ($1, 'of-tomorrow', now() - interval '1 hour')`, [runId]);
  await due(runId, 0);
  startTimers();
  expect(await waitFor(async () => (await takeOutbox(pool))[0], { what: 'the retry' })).toMatchObject({ item: 0, attempt: 2 });
  expect((await pool.query('select kind from orchestrator.timers')).rows).toEqual([{ kind: 'of-tomorrow' }]);
});

it('a pause between waves that is changed begins anew', async () => {
  const { engine } = newEngine(pool);
  const run = runOf(fanOut('probe', 3, { map: { waves: [1], wavePauseMs: 3_600_000 } }));
  await engine.submit([create(run)]);
  await engine.submit((await takeOutbox(pool)).map((a) => succeeded(a)));
  await engine.submit([happens(run.id, { type: 'policy-changed', step: 0, map: { wavePauseMs: 1 }, actor: 'ann' })]);
  startTimers();
  expect(await waitFor(async () => (await takeOutbox(pool))[0], { what: 'the next wave' })).toMatchObject({ item: 1 });
  await waitFor(async () => await countOf(pool, 'timers') === 0, { what: 'the timers to be gone' });
});

it('a retry that is due while its run is paused waits for the run', async () => {
  const runId = await waitingForRetry(1);
  const { engine } = newEngine(pool);
  await engine.submit([happens(runId, { type: 'pause' })]);
  const other = await waitingForRetry(1);
  await due(runId, 0);
  await due(other, 0);
  startTimers();
  expect(await waitFor(async () => (await takeOutbox(pool))[0], { what: 'the retry of the other run' })).toMatchObject({ runId: other });
  expect((await pool.query('select run_id from orchestrator.timers')).rows).toEqual([{ run_id: runId }]);
  await engine.submit([happens(runId, { type: 'resume' })]);
  expect(await waitFor(async () => (await takeOutbox(pool))[0], { what: 'the retry' })).toMatchObject({ item: 0, attempt: 2 });
});
