import { attemptsIn, JobDto, validate } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Pool, PoolClient } from 'pg';
import type { OutboxBatch } from '../engine/outbox.js';
import { WorkerStore } from '../store/worker-store.js';
import { fanOut, QUEUE, runOf } from '../testing/documents.js';
import { useRelays, type RelayRig, type WatchedQueues } from '../testing/relay-rig.js';
import { listeningLog, newEngine, outboxOf, releaseOutbox } from '../testing/rig.js';
import { claimed, create, happens, succeeded } from '../testing/submissions.js';
import { TcpProxy } from '../testing/tcp-proxy.js';
import { takeOutPaused } from './paused-attempts.js';

let rig: RelayRig; let pool: Pool;
useRelays((opened) => { rig = opened; ({ pool } = rig); });

/** Waits until one more run was committed elsewhere and sent. */
async function commitOnly(queues: WatchedQueues): Promise<void> {
  const run = runOf(fanOut('probe', 1));
  await newEngine(pool).engine.submit([create(run)]);
  await pool.query('update orchestrator.outbox set held_until = now() where $1 = any(run_ids)', [run.id]);
  await waitFor(async () => queues.added.some((id) => id.startsWith(run.id)) && (await outboxOf(pool, run.id)).length === 0, { what: 'a free row to be sent' });
}

it('moves attempts from the outbox into the queue of their service, under their ids', async () => {
  const run = runOf(fanOut('change', 3), { tenantId: 'acme', actorId: 'bob' });
  await rig.commit(run);
  const queues = rig.queues();
  rig.relay(queues).start();
  await rig.allSent();
  const jobs = await queues.get(QUEUE).getJobs(['wait'], 0, -1, true);
  expect(jobs.map((j) => [j.id, j.name, j.opts.attempts])).toEqual([0, 1, 2].map((i) => [`${run.id}.each.${i}.1`, 'change', 1]));
  expect({ ...validate(JobDto, jobs[1]!.data) }).toEqual({
    v: 1, attemptId: `${run.id}.each.1.1`, runId: run.id, stepId: 'each', item: 1, attempt: 1, tenantId: 'acme', actorId: 'bob', tool: 'change', toolVersion: '1.0.0',
    input: { host: 'host-1' }, timeoutMs: 1000, claim: true,
  });
});

it('sends attempts of one tool as one job, if the workers of the queue take them so', async () => {
  await new WorkerStore(pool).register({ workerId: 'spec-1', service: QUEUE, queue: QUEUE, concurrency: 20, together: 3, tools: [] });
  const run = runOf(fanOut('change', 4));
  await rig.commit(run);
  const queues = rig.queues();
  rig.relay(queues).start();
  await rig.allSent();
  const jobs = await queues.get(QUEUE).getJobs(['wait'], 0, -1, true);
  expect(jobs.map((j) => (attemptsIn(j.data) as JobDto[]).map((a) => validate(JobDto, a).item))).toEqual([[0, 1, 2], [3]]);
});

/** The database of a relay that can take nothing from the table. */
const withoutTable = (): Pool => ({ query: (q: never) => pool.query(q), connect: () => Promise.reject(new Error('nothing is taken from the table')) } as unknown as Pool);

it('sends what was committed here at once, without waiting for its row to be free', async () => {
  const queues = rig.queues();
  const relay = rig.relay(queues, { from: withoutTable() });
  const { engine } = newEngine(pool, { news: { outboxFilled: (batches) => { relay.hand(batches); } } });
  relay.start();
  await engine.submit([create(runOf(fanOut('probe', 1)))]);
  await rig.allSent();
  expect(queues.added).toHaveLength(1);
});

it('sends what starts later with the inputs that the record has, but not what is not wanted any more', async () => {
  const queues = rig.queues();
  const relay = rig.relay(queues, { from: withoutTable() });
  const later: OutboxBatch[] = [];
  const { engine } = newEngine(pool, { news: { outboxFilled: (batches) => { later.push(...batches); } } });
  const [run, cancelled] = [runOf(fanOut('probe', 2, { map: { concurrency: 1 } })), runOf(fanOut('probe', 2, { map: { concurrency: 1 } }))];
  await engine.submit([create(run), create(cancelled)]);
  later.length = 0;
  await engine.submit([run, cancelled].map(({ id }) => succeeded({ runId: id, step: 0, item: 0, attempt: 1 })));
  await engine.submit([happens(cancelled.id, { type: 'cancel' })]);
  relay.hand(later);
  relay.start();
  await waitFor(() => queues.added.length > 0, { what: 'the attempt to be sent' });
  expect(queues.added).toEqual([`${run.id}.each.1.1`]);
  expect((await queues.get(QUEUE).getJobs(['wait'])).map((j) => (j.data as JobDto).input)).toEqual([{ host: 'host-1' }]);
});

it('sends what passes the gate, which then leaves it', async () => {
  const run = runOf(fanOut('probe', 2, { map: { lock: true } }));
  await rig.commit(run);
  const queues = rig.queues();
  rig.relay(queues).start();
  await rig.allSent();
  expect(new Set(queues.added)).toEqual(new Set([0, 1].map((i) => `${run.id}.each.${i}.1`)));
});

it('does not send what a paused run has in the table; it is sent when the run goes on', async () => {
  const [paused, other] = [runOf(fanOut('probe', 2)), runOf(fanOut('probe', 1))];
  await rig.commit(paused, other);
  const { engine } = newEngine(pool);
  await engine.submit([happens(paused.id, { type: 'pause' })]);
  const queues = rig.queues();
  rig.relay(queues).start();
  await rig.allSent();
  expect(queues.added).toEqual([`${other.id}.each.0.1`]);
  await engine.submit([happens(paused.id, { type: 'resume' })]);
  await releaseOutbox(pool);
  await waitFor(() => queues.added.length === 3, { what: 'the attempts of the run that goes on' });
  expect(new Set(queues.added)).toEqual(new Set([other, paused, paused].map((r, i) => `${r.id}.each.${Math.max(0, i - 1)}.1`)));
});

it('what waits in a queue leaves it while its run is paused', async () => {
  const [paused, other, goesOn] = [runOf(fanOut('probe', 2)), runOf(fanOut('probe', 1)), runOf(fanOut('probe', 1))];
  await rig.commit(paused, other, goesOn);
  const queues = rig.queues();
  rig.relay(queues).start();
  await rig.allSent();
  const { engine, facts } = newEngine(pool);
  await engine.submit([happens(paused.id, { type: 'pause' })]);
  await takeOutPaused({ pool, queues, facts }, [paused.id, goesOn.id]);
  expect(await queues.waitingIds(QUEUE)).toEqual(new Set([`${other.id}.each.0.1`, `${goesOn.id}.each.0.1`]));
});

it('shares the outbox with other relays: each attempt is sent by one of them', async () => {
  const runs = Array.from({ length: 4 }, () => runOf(fanOut('probe', 400, { map: { concurrency: 400 } })));
  await rig.commit(...runs);
  const all = [rig.queues(), rig.queues(), rig.queues()];
  for (const queues of all) rig.relay(queues).start();
  await rig.allSent();
  const sent = all.flatMap((q) => q.added);
  expect(new Set(sent).size).toBe(1600);
  expect(sent).toHaveLength(1600);
  expect(await rig.redis.llen(`opsmesh:${QUEUE}:wait`)).toBe(1600);
});

it('that breaks between sending and its commit sends the same ids again, which makes no second job', async () => {
  const run = runOf(fanOut('probe', 2));
  await rig.commit(run);
  let breaks = 1;
  const fragile = { connect: async (): Promise<PoolClient> => {
    const client = await pool.connect();
    return new Proxy(client, { get: (target, name) => {
      if (name === 'query') return (q: unknown, ...rest: unknown[]) => (q === 'commit' && breaks-- > 0 ? Promise.reject(new Error('killed before the commit')) : (target.query as (...a: unknown[]) => unknown).call(target, q, ...rest));
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    } });
  } } as unknown as Pool;
  const queues = rig.queues();
  rig.relay(queues, { from: fragile }).start();
  await rig.allSent();
  const ids = [`${run.id}.each.0.1`, `${run.id}.each.1.1`];
  expect(queues.added).toEqual([...ids, ...ids]);
  expect((await queues.get(QUEUE).getJobs(['wait'], 0, -1, true)).map((j) => j.id)).toEqual(ids);
});

it('drops attempts that are no longer queued', async () => {
  const run = runOf(fanOut('change', 3, { map: { concurrency: 2 } }));
  const other = runOf(fanOut('probe', 1));
  const { engine } = newEngine(pool);
  await rig.commit(run, other);
  // The first was claimed all the same: a relay before this one had sent it and broke.
  await engine.submit([claimed({ runId: run.id, step: 0, item: 0, attempt: 1 })]);
  await engine.submit([happens(run.id, { type: 'cancel' })]);
  const queues = rig.queues();
  rig.relay(queues).start();
  await rig.allSent();
  expect(queues.added).toEqual([`${other.id}.each.0.1`]);
});

it('leaves rows alone that another process still holds, and takes them when it does not come for them', async () => {
  await newEngine(pool).engine.submit([create(runOf(fanOut('probe', 2)))]);
  await pool.query(`update orchestrator.outbox set held_until = now() + interval '1 hour'`);
  const queues = rig.queues();
  rig.relay(queues).start();
  await commitOnly(queues);
  expect(await outboxOf(pool)).toHaveLength(2);
  await releaseOutbox(pool);
  await rig.allSent();
  expect(queues.added).toHaveLength(3);
});

it('what was handed over while Redis was away is sent from its rows', async () => {
  const proxy = new TcpProxy(new URL(rig.url));
  await proxy.open();
  rig.closing(() => proxy.cut());
  const { log, lines } = listeningLog();
  const queues = rig.queues(proxy.url);
  const relay = rig.relay(queues, { log });
  const { engine } = newEngine(pool, { news: { outboxFilled: (batches) => { relay.hand(batches); } } });
  relay.start();
  await engine.submit([create(runOf(fanOut('probe', 1)))]);
  await rig.allSent();
  await proxy.cut();
  await engine.submit([create(runOf(fanOut('probe', 3)))]);
  await waitFor(() => lines.some((l) => l.msg.startsWith('relay: turn failed')), { what: 'the relay to fail' });
  expect(await outboxOf(pool)).toHaveLength(3);
  await proxy.open();
  await releaseOutbox(pool);
  await rig.allSent();
  expect((await queues.waitingIds(QUEUE)).size).toBe(4);
});

it('keeps everything while Redis is away and sends it when it is back', async () => {
  const proxy = new TcpProxy(new URL(rig.url));
  await proxy.open();
  rig.closing(() => proxy.cut());
  const { log, lines } = listeningLog();
  const queues = rig.queues(proxy.url);
  rig.relay(queues, { log }).start();
  await rig.commit(runOf(fanOut('probe', 1)));
  await rig.allSent();
  await proxy.cut();
  const run = runOf(fanOut('probe', 5));
  await rig.commit(run);
  await waitFor(() => lines.some((l) => l.msg.startsWith('relay: turn failed')), { what: 'the relay to fail' });
  expect(await outboxOf(pool)).toHaveLength(5);
  await proxy.open();
  await rig.allSent();
  expect((await queues.waitingIds(QUEUE)).size).toBe(6);
});
