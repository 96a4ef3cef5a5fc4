import { JobDto, RESULTS_STREAM, validate } from '@opsmesh/contracts';
import { redisConnection, type Database } from '@opsmesh/platform';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import type { Pool, PoolClient } from 'pg';
import type { NewRun } from '../engine/change-set.js';
import { fanOut, planOf, QUEUE, runOf } from '../testing/documents.js';
import { countOf, listeningLog, newEngine, openRecord, openRedis, releaseOutbox, SILENT } from '../testing/rig.js';
import { SentAttempts } from '../engine/sent-attempts.js';
import { claimed, create, happens } from '../testing/submissions.js';
import { TcpProxy } from '../testing/tcp-proxy.js';
import { Queues } from './queues.js';
import { Relay } from './relay.js';

let server: TestDatabase; let database: Database; let pool: Pool; let url: string; let redis: Redis;
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
  await pool.query('truncate orchestrator.outbox');
  await redis.flushdb();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Queues that remember what was added to them. */
class WatchedQueues extends Queues {
  readonly added: string[] = [];
  override async add(name: string, jobs: readonly JobDto[]): Promise<void> {
    await super.add(name, jobs);
    this.added.push(...jobs.map((j) => j.attemptId));
  }
}

function queuesAt(redisUrl = url): WatchedQueues {
  const queues = new WatchedQueues(redisConnection(redisUrl), SILENT);
  open.push(() => queues.close());
  return queues;
}

function relayOf(queues: Queues, { from = pool, by = redis, log = SILENT } = {}): Relay {
  const relay = new Relay({ pool: from, queues, facts: newEngine(pool).facts, sent: new SentAttempts(), redis: by, log });
  open.push(() => relay.stop());
  return relay;
}

/** Waits until one more run was committed elsewhere and sent. */
async function commitOnly(queues: WatchedQueues): Promise<void> {
  const run = runOf(fanOut('probe', 1));
  await newEngine(pool).engine.submit([create(run)]);
  await pool.query('update orchestrator.outbox set held_until = now() where run_id = $1', [run.id]);
  await waitFor(() => queues.added.some((id) => id.startsWith(run.id)), { what: 'a free row to be sent' });
}

/** Commits runs in a process that ends right afterwards: their rows are for any relay to take. */
async function commit(...runs: NewRun[]): Promise<void> {
  await newEngine(pool).engine.submit(runs.map(create));
  await releaseOutbox(pool);
}

const empty = (): Promise<boolean> => waitFor(async () => await countOf(pool, 'outbox') === 0, { what: 'the outbox to be empty' });

it('moves attempts from the outbox into the queue of their service, under their ids', async () => {
  const run = runOf(fanOut('change', 3), { tenantId: 'acme', actorId: 'bob' });
  await commit(run);
  const queues = queuesAt();
  relayOf(queues).start();
  await empty();
  const jobs = await queues.get(QUEUE).getJobs(['wait'], 0, -1, true);
  expect(jobs.map((j) => [j.id, j.name, j.opts.attempts])).toEqual([0, 1, 2].map((i) => [`${run.id}.each.${i}.1`, 'change', 1]));
  expect({ ...validate(JobDto, jobs[1]!.data) }).toEqual({
    v: 1, attemptId: `${run.id}.each.1.1`, runId: run.id, stepId: 'each', item: 1, attempt: 1, tenantId: 'acme', actorId: 'bob', tool: 'change', toolVersion: '1.0.0',
    input: { host: 'host-1' }, timeoutMs: 1000, claim: true,
  });
});

it('sends what was committed here at once, without waiting for its row to be free', async () => {
  const queues = queuesAt();
  const relay = relayOf(queues);
  const { engine } = newEngine(pool, { news: { outboxFilled: (entries) => { relay.hand(entries); } } });
  relay.start();
  await engine.submit([create(runOf(fanOut('probe', 1)))]);
  await empty();
  expect(queues.added).toHaveLength(1);
});

it('shares the outbox with other relays: each attempt is sent by one of them', async () => {
  const runs = Array.from({ length: 4 }, () => runOf(fanOut('probe', 400, { map: { concurrency: 400 } })));
  await commit(...runs);
  const all = [queuesAt(), queuesAt(), queuesAt()];
  for (const queues of all) relayOf(queues).start();
  await empty();
  const sent = all.flatMap((q) => q.added);
  expect(new Set(sent).size).toBe(1600);
  expect(sent).toHaveLength(1600);
  expect(await redis.llen(`opsmesh:${QUEUE}:wait`)).toBe(1600);
});

it('that breaks between sending and its commit sends the same ids again, which makes no second job', async () => {
  const run = runOf(fanOut('probe', 2));
  await commit(run);
  let breaks = 1;
  const fragile = { connect: async (): Promise<PoolClient> => {
    const client = await pool.connect();
    return new Proxy(client, { get: (target, name) => {
      if (name === 'query') return (q: unknown, ...rest: unknown[]) => (q === 'commit' && breaks-- > 0 ? Promise.reject(new Error('killed before the commit')) : (target.query as (...a: unknown[]) => unknown).call(target, q, ...rest));
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    } });
  } } as unknown as Pool;
  const queues = queuesAt();
  relayOf(queues, { from: fragile }).start();
  await empty();
  const ids = [`${run.id}.each.0.1`, `${run.id}.each.1.1`];
  expect(queues.added).toEqual([...ids, ...ids]);
  expect((await queues.get(QUEUE).getJobs(['wait'], 0, -1, true)).map((j) => j.id)).toEqual(ids);
});

it('drops attempts that are no longer queued', async () => {
  const run = runOf(fanOut('change', 3, { map: { concurrency: 2 } }));
  const other = runOf(fanOut('probe', 1));
  const { engine } = newEngine(pool);
  await commit(run, other);
  // The first was claimed all the same: a relay before this one had sent it and broke.
  await engine.submit([claimed({ runId: run.id, step: 0, item: 0, attempt: 1 })]);
  await engine.submit([happens(run.id, { type: 'cancel' })]);
  const queues = queuesAt();
  relayOf(queues).start();
  await empty();
  expect(queues.added).toEqual([`${other.id}.each.0.1`]);
});

it('leaves rows alone that another process still holds, and takes them when it does not come for them', async () => {
  await newEngine(pool).engine.submit([create(runOf(fanOut('probe', 2)))]);
  await pool.query(`update orchestrator.outbox set held_until = now() + interval '1 hour'`);
  const queues = queuesAt();
  relayOf(queues).start();
  await commitOnly(queues);
  expect(await countOf(pool, 'outbox')).toBe(2);
  await releaseOutbox(pool);
  await empty();
  expect(queues.added).toHaveLength(3);
});

it('what was handed over while Redis was away is sent from its rows', async () => {
  const proxy = new TcpProxy(new URL(url));
  await proxy.open();
  open.push(() => proxy.cut());
  const { log, lines } = listeningLog();
  const queues = queuesAt(proxy.url);
  const relay = relayOf(queues, { log });
  const { engine } = newEngine(pool, { news: { outboxFilled: (entries) => { relay.hand(entries); } } });
  relay.start();
  await engine.submit([create(runOf(fanOut('probe', 1)))]);
  await empty();
  await proxy.cut();
  await engine.submit([create(runOf(fanOut('probe', 3)))]);
  await waitFor(() => lines.some((l) => l.msg.startsWith('relay: turn failed')), { what: 'the relay to fail' });
  expect(await countOf(pool, 'outbox')).toBe(3);
  await proxy.open();
  await releaseOutbox(pool);
  await empty();
  expect((await queues.waitingIds(QUEUE)).size).toBe(4);
});

it('leaves attempts in the outbox whose queue is full, and sends those of others', async () => {
  const queues = queuesAt();
  queues.get('full');
  await redis.rpush('opsmesh:full:wait', ...Array.from({ length: 5001 }, (_, i) => `x${i}`));
  const document = { steps: [{ id: 'a', tool: 'probe', inputs: { host: 'a' } }, { id: 'b', tool: 'change', inputs: { host: 'b' } }] };
  const run = runOf(planOf(document, (tool) => (tool === 'probe' ? 'full' : 'free')));
  await commit(run);
  relayOf(queues).start();
  await waitFor(async () => await countOf(pool, 'outbox') === 1, { what: 'the attempt of the free queue to be sent' });
  const marker = runOf(planOf(document, () => 'free'));
  await commit(marker);
  await waitFor(() => queues.added.length === 3, { what: 'a later commit to be sent' });
  expect(queues.added).not.toContain(`${run.id}.a.0.1`);
  await redis.ltrim('opsmesh:full:wait', 0, 9);
  await empty();
  expect(queues.added).toContain(`${run.id}.a.0.1`);
});

it('keeps everything while Redis is away and sends it when it is back', async () => {
  const proxy = new TcpProxy(new URL(url));
  await proxy.open();
  open.push(() => proxy.cut());
  const { log, lines } = listeningLog();
  const queues = queuesAt(proxy.url);
  relayOf(queues, { log }).start();
  await commit(runOf(fanOut('probe', 1)));
  await empty();
  await proxy.cut();
  const run = runOf(fanOut('probe', 5));
  await commit(run);
  await waitFor(() => lines.some((l) => l.msg.startsWith('relay: turn failed')), { what: 'the relay to fail' });
  expect(await countOf(pool, 'outbox')).toBe(5);
  await proxy.open();
  await empty();
  expect((await queues.waitingIds(QUEUE)).size).toBe(6);
});

it('sends nothing while Redis has too little memory left', async () => {
  const asked: string[] = [];
  const full = new Proxy(redis, { get: (target, name) => (name === 'info' ? (section: string) => { asked.push(section); return Promise.resolve(asked.length < 3 ? 'used_memory:71\r\nmaxmemory:100\r\n' : 'used_memory:69\r\nmaxmemory:100\r\n'); } : Reflect.get(target, name) as unknown) });
  await commit(runOf(fanOut('probe', 1)));
  const queues = queuesAt();
  relayOf(queues, { by: full }).start();
  await waitFor(() => asked.length === 2, { what: 'the second look at the memory' });
  expect(await countOf(pool, 'outbox')).toBe(1);
  await empty();
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(await redis.exists(RESULTS_STREAM)).toBe(0);
});
