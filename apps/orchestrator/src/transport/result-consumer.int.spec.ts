import { entryOf, MESSAGE_VERSION, RESULTS_GROUP, RESULTS_STREAM, type ResultDto } from '@opsmesh/contracts';
import { createRedis, type Database } from '@opsmesh/platform';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Engine } from '../engine/engine.js';
import type { NewRun } from '../engine/run.js';
import { DeadLetterStore } from '../store/dead-letter-store.js';
import { fanOut, runOf } from '../testing/documents.js';
import { historyOf, itemsOf, newEngine, openRecord, openRedis, SILENT, type RunningEngine } from '../testing/rig.js';
import { create } from '../testing/submissions.js';
import { ResultConsumer, type DeadLetters } from './result-consumer.js';

let server: TestDatabase; let database: Database; let pool: Pool; let url: string; let redis: Redis;
const running: ResultConsumer[] = [];
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
  await pool.query('truncate orchestrator.dead_letters, orchestrator.outbox, orchestrator.gated_attempts');
});
afterEach(async () => { for (const c of running.splice(0)) await c.stop(); });

function startConsumer(parts: Partial<ConstructorParameters<typeof ResultConsumer>[0]> = {}): void {
  const { engine, facts } = newEngine(pool);
  const consumer = new ResultConsumer({ reader: createRedis(url, { log: SILENT, extra: { maxRetriesPerRequest: null } }), redis, engine, facts, deadLetters: new DeadLetterStore(pool), consumer: `c${running.length}`, log: SILENT, ...parts });
  running.push(consumer);
  consumer.start();
}

/** An engine whose commits wait for, or fail as, `before` says. */
function hindered(before: () => Promise<void>): Pick<RunningEngine, 'engine' | 'facts'> {
  const { record } = newEngine(pool);
  const { engine, facts } = newEngine(pool, { record: { loadFacts: (ids) => record.loadFacts(ids), transaction: (work) => record.transaction(async (tx) => { const done = await work(tx); await before(); return done; }) } });
  return { engine, facts };
}

async function aRun(items = 1, more: Partial<NewRun> = {}): Promise<NewRun> {
  const run = runOf(fanOut('probe', items, { map: { concurrency: 1000 } }), more);
  await newEngine(pool).engine.submit([create(run)]);
  return run;
}

function resultOf(run: NewRun, item = 0, more: Partial<ResultDto> = {}): ResultDto {
  return { v: MESSAGE_VERSION, attemptId: `${run.id}.each.${item}.1`, runId: run.id, stepId: 'each', item, attempt: 1, tenantId: run.tenantId, workerId: 'w1', status: 'succeeded', output: { text: 'ok' }, durationMs: 5, ...more };
}

/** Writes one entry. */
const publish = async (...results: (object | string)[]): Promise<string> => (await redis.xadd(RESULTS_STREAM, '*', ...entryOf(results.map((r) => (typeof r === 'string' ? r : JSON.stringify(r))))))!;
const statusesOf = async (run: NewRun): Promise<string[]> => (await itemsOf(pool, run.id)).map((i) => i.status);
const drained = (): Promise<boolean> => waitFor(async () => await redis.xlen(RESULTS_STREAM) === 0, { what: 'the stream to be empty', timeoutMs: 20_000 });
const pending = async (): Promise<number> => Number(((await redis.xpending(RESULTS_STREAM, RESULTS_GROUP)) as [number])[0]);
async function letters(): Promise<{ entry_id: string; reason: string; payload: string }[]> {
  return (await pool.query<{ entry_id: string; reason: string; payload: string }>('select entry_id, reason, payload from orchestrator.dead_letters order by id')).rows;
}

it('commits results, then acknowledges and deletes them', async () => {
  const run = await aRun(50);
  for (let i = 0; i < 50; i++) await publish(resultOf(run, i));
  startConsumer();
  await drained();
  expect(await statusesOf(run)).toEqual(Array.from({ length: 50 }, () => 'succeeded'));
  expect((await itemsOf(pool, run.id))[0]).toMatchObject({ output: { text: 'ok' }, worker_id: 'w1' });
  expect(await pending()).toBe(0);
});

it('keeps an entry for as long as its commit is not done', async () => {
  const run = await aRun();
  let release: () => void = () => undefined;
  const reached = new Promise<void>((atGate) => {
    startConsumer(hindered(() => new Promise<void>((go) => { release = go; atGate(); })));
  });
  const id = await publish(resultOf(run));
  await reached;
  expect(await pending()).toBe(1);
  expect((await redis.xrange(RESULTS_STREAM, id, id))).toHaveLength(1);
  expect(await statusesOf(run)).toEqual(['queued']);
  release();
  await drained();
  expect(await statusesOf(run)).toEqual(['succeeded']);
  expect(await pending()).toBe(0);
});

it('makes its group anew when Redis was emptied', async () => {
  const run = await aRun(2);
  startConsumer();
  await publish(resultOf(run, 0));
  await drained();
  await redis.flushdb();
  await publish(resultOf(run, 1));
  await drained();
  expect(await statusesOf(run)).toEqual(['succeeded', 'succeeded']);
});

it('a repeated result is acknowledged and changes nothing', async () => {
  const run = await aRun(2);
  startConsumer();
  for (const r of [resultOf(run), resultOf(run), resultOf(run, 0, { status: 'failed', output: undefined, failure: { code: 'not-found', message: 'x', retryable: false } })]) await publish(r);
  await drained();
  await publish(resultOf(run));
  await drained();
  expect(await statusesOf(run)).toEqual(['succeeded', 'queued']);
  expect((await historyOf(pool, run.id)).filter((e) => e.type.startsWith('item.'))).toHaveLength(1);
  expect(await letters()).toEqual([]);
});

it('sets aside what can not be read or fits no run, and the rest goes on', async () => {
  const run = await aRun(3);
  const ids = [
    await publish('no { JSON'), await publish(JSON.stringify([1])), await publish({ ...resultOf(run), v: 2 }), await publish({ ...resultOf(run), password: 'x' }),
    await publish(resultOf({ ...run, id: '00000000-0000-7000-8000-000000000000' })), await publish(resultOf(run, 0, { tenantId: 'somebody-else' })), await publish(resultOf(run, 0, { stepId: 'no-such-step' })),
    (await redis.xadd(RESULTS_STREAM, '*', 'other', 'field'))!, await publish('\0'),
  ];
  await publish(resultOf(run, 2));
  startConsumer();
  await drained();
  expect(await statusesOf(run)).toEqual(['queued', 'queued', 'succeeded']);
  const all = await letters();
  expect(all.map((l) => l.entry_id)).toEqual(expect.arrayContaining(ids));
  expect(all).toHaveLength(ids.length);
  expect(all.find((l) => l.entry_id === ids[0])!.payload).toBe('no { JSON');
  expect(all.find((l) => l.entry_id === ids[4])!.reason).toBe('there is no such run');
  expect(all.find((l) => l.entry_id === ids[5])!.reason).toBe('the result does not fit its run');
  expect(await pending()).toBe(0);
});

it('commits all results of an entry; what can not be read among them is set aside once', async () => {
  const run = await aRun(3);
  startConsumer();
  const id = await publish(resultOf(run, 0), 'no { JSON', resultOf(run, 1), resultOf(run, 2, { tenantId: 'somebody-else' }));
  await drained();
  expect(await statusesOf(run)).toEqual(['succeeded', 'succeeded', 'queued']);
  expect((await letters()).map(({ entry_id, reason }) => [entry_id, reason.includes('does not fit')])).toEqual([[id, false], [id, true]]);
  expect(await pending()).toBe(0);
});

it('of an entry whose commit failed in part tries that part again, and keeps the entry so long', async () => {
  const run = await aRun(3);
  const id = await publish(resultOf(run, 0), resultOf(run, 1, { workerId: 'w\0' }), 'no { JSON', resultOf(run, 2));
  startConsumer();
  await waitFor(async () => (await letters()).length > 0 && (await statusesOf(run)).join() === 'succeeded,queued,succeeded', { what: 'the others to be committed' });
  expect([await pending(), (await redis.xrange(RESULTS_STREAM, id, id)).length]).toEqual([1, 1]);
  const other = resultOf(await aRun());
  await waitFor(async () => { await publish(other); return (await letters()).length > 1; }, { what: 'the rest to be set aside', everyMs: 50 });
  await drained();
  expect((await letters()).map((l) => l.payload.slice(0, 4))).toEqual(['no {', '{"v"']);
  expect(await statusesOf(run)).toEqual(['succeeded', 'queued', 'succeeded']);
});

it('keeps all of an entry when one of its results could not be set aside', async () => {
  const run = await aRun(2);
  const { facts, engine } = newEngine(pool);
  let isAway = true;
  const store = new DeadLetterStore(pool);
  const deadLetters: DeadLetters = { add: async (letter) => {
    if (!isAway) return store.add(letter);
    isAway = false;
    throw new Error('the table is away');
  } };
  // The second result can never be committed, the first one not before the second could not be set aside.
  const submit: Engine['submit'] = async (submissions) => {
    const [of] = submissions;
    if (of?.kind === 'event' && of.runId === run.id && of.event.type === 'finished') {
      if (of.event.item === 1) throw new Error('it can not be committed');
      if (isAway) throw Object.assign(new Error('terminating connection'), { code: '57P01' });
    }
    return engine.submit(submissions);
  };
  startConsumer({ engine: { submit }, deadLetters, facts });
  await publish(resultOf(run, 0), resultOf(run, 1));
  const other = resultOf(await aRun());
  await waitFor(async () => { await publish(other); return (await letters()).length > 0; }, { what: 'the second to be set aside', everyMs: 50, timeoutMs: 15_000 });
  expect((await letters()).map((l) => l.payload)).toEqual([JSON.stringify(resultOf(run, 1))]);
  await drained();
  expect(await statusesOf(run)).toEqual(['succeeded', 'queued']);
});

it('sets an entry aside whose commit failed five times, and commits its neighbours at once', async () => {
  const run = await aRun(2);
  const poisoned = await publish(resultOf(run, 0, { workerId: 'w\0' }));
  await publish(resultOf(run, 1));
  let commits = 0;
  startConsumer(hindered(() => { commits++; return Promise.resolve(); }));
  await waitFor(async () => (await statusesOf(run))[1] === 'succeeded', { what: 'the neighbour to be committed' });
  expect(await letters()).toEqual([]);
  // Traffic lets the consumer look again without waiting for its read to time out.
  await waitFor(async () => { await publish(resultOf(run, 1)); return (await letters()).length > 0; }, { what: 'the entry to be set aside', everyMs: 50 });
  await drained();
  expect((await letters()).map((l) => l.entry_id)).toEqual([poisoned]);
  expect(await statusesOf(run)).toEqual(['queued', 'succeeded']);
  expect(commits).toBeGreaterThan(0);
});

it('never sets an entry aside because PostgreSQL is away', async () => {
  const run = await aRun();
  let failures = 0;
  startConsumer(hindered(() => (++failures <= 60 ? Promise.reject(Object.assign(new Error('terminating connection'), { code: '57P01' })) : Promise.resolve())));
  await publish(resultOf(run));
  const late = resultOf(await aRun());
  await waitFor(async () => { await publish(late); return (await statusesOf(run))[0] === 'succeeded'; }, { what: 'the result to be committed', everyMs: 50 });
  await drained();
  expect(failures).toBeGreaterThan(60);
  expect(await letters()).toEqual([]);
});

it('takes over what a consumer that died had read', async () => {
  const run = await aRun(2);
  await redis.xgroup('CREATE', RESULTS_STREAM, RESULTS_GROUP, '0', 'MKSTREAM');
  const [old, young] = [await publish(resultOf(run, 0)), await publish(resultOf(run, 1))];
  await redis.xreadgroup('GROUP', RESULTS_GROUP, 'dead', 'COUNT', 10, 'STREAMS', RESULTS_STREAM, '>');
  await redis.xclaim(RESULTS_STREAM, RESULTS_GROUP, 'dead', 0, old, 'IDLE', 60_000, 'JUSTID');
  await redis.xclaim(RESULTS_STREAM, RESULTS_GROUP, 'dead', 0, young, 'IDLE', 0, 'JUSTID');
  startConsumer();
  await waitFor(async () => (await statusesOf(run))[0] === 'succeeded', { what: 'the abandoned result to be committed' });
  // What was read just now is still in the other one's hands.
  const left = async (): Promise<string[]> => (await redis.xrange(RESULTS_STREAM, '-', '+')).map(([id]) => id);
  await waitFor(async () => (await left()).length === 1, { what: 'what was committed to leave the stream' });
  expect(await left()).toEqual([young]);
  expect(await statusesOf(run)).toEqual(['succeeded', 'queued']);
});

it('two consumers share the stream: each result is committed once', async () => {
  const run = await aRun(300);
  startConsumer();
  startConsumer();
  await Promise.all(Array.from({ length: 300 }, (_, i) => publish(resultOf(run, i))));
  await drained();
  const history = await historyOf(pool, run.id);
  expect(history.filter((e) => e.type === 'item.succeeded')).toHaveLength(300);
  expect(history.map((e) => e.seq)).toEqual(history.map((_, i) => i + 1));
  expect(history.at(-1)!.type).toBe('run.finished');
});
