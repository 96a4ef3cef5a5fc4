import { transaction } from '@opsmesh/platform';
import type { Pool } from 'pg';
import type { NewRun } from '../engine/run.js';
import { fanOut, runOf } from '../testing/documents.js';
import { countOf, itemsOf, newEngine, type RunningEngine, statusOf, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, succeeded } from '../testing/submissions.js';
import { deletePassed, DispatchGate } from './dispatch-gate.js';
import type { ReadyAttempt } from './ready-attempt.js';

let pool: Pool; let running: RunningEngine;
useRecord((database) => { ({ pool } = database); });
beforeEach(async () => {
  await pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.locks, orchestrator.rates');
  running = newEngine(pool);
});

/** What the gate lets through now, as `<run>.<item>.<attempt>`; it leaves the gate, as the relay does it when it was sent. */
async function passed(): Promise<string[]> {
  const rows = await take();
  await pool.query(deletePassed(rows));
  return rows.map((r) => `${r.runId}.${r.item}.${r.attempt}`);
}
function take(): Promise<ReadyAttempt[]> {
  return transaction(pool, (client) => new DispatchGate(running.facts).take(client, { blockedQueues: [], limit: 100 }));
}
async function start(document: object, more: Partial<NewRun> = {}): Promise<string> {
  const run = runOf(document, more);
  await running.engine.submit([create(run)]);
  return run.id;
}
const ref = (runId: string, item = 0, attempt = 1) => ({ runId, step: 0, item, attempt });
const locked = (count: number, lock: true | string = true, tool = 'probe') => fanOut(tool, count, { map: { lock }, retry: { maxAttempts: 2, backoff: { initialMs: 0, factor: 1, maxMs: 0, jitter: false } } });

describe('a lock', () => {
  it('lets one attempt of a target through, across runs, and the next when it has ended', async () => {
    const [one, two] = [await start(locked(1)), await start(locked(1))];
    expect(await passed()).toEqual([`${one}.0.1`]);
    expect(await passed()).toEqual([]);
    await running.engine.submit([succeeded(ref(one))]);
    expect(await passed()).toEqual([`${two}.0.1`]);
  });

  it('does not hold other targets or other tenants up', async () => {
    const one = await start(locked(2));
    const other = await start(locked(1), { tenantId: 'other' });
    expect((await passed()).sort()).toEqual([`${one}.0.1`, `${one}.1.1`, `${other}.0.1`].sort());
  });

  it('may have a key of the plan, bound for each item', async () => {
    const one = await start(locked(3, 'rack-<<index>>'));
    expect(await passed()).toHaveLength(3);
    const two = await start(locked(2, 'rack-1'));
    expect(await passed()).toEqual([]);
    await running.engine.submit([succeeded(ref(one, 1))]);
    expect(await passed()).toEqual([`${two}.0.1`]);
  });

  it.each([
    ['waits for a retry', 'probe', (run: string) => [failed(ref(run), 'unreachable')]],
    ['is unknown', 'change', (run: string) => [claimed(ref(run)), happens(run, { type: 'lost' as const, step: 0, item: 0, attempt: 1 })]],
    ['was cancelled', 'probe', (run: string) => [happens(run, { type: 'cancel' as const })]],
  ])('is given back by an item that %s', async (_, tool, events) => {
    const one = await start(locked(1, true, tool));
    const two = await start(locked(1, true, tool));
    expect(await passed()).toEqual([`${one}.0.1`]);
    await running.engine.submit(events(one));
    expect(await passed()).toEqual([`${two}.0.1`]);
  });

  it('is kept by an attempt that is sent again under its id', async () => {
    const one = await start(locked(1));
    const two = await start(locked(1));
    await passed();
    await running.engine.submit([happens(one, { type: 'lost', step: 0, item: 0, attempt: 1 })]);
    expect(await passed()).toEqual([`${one}.0.1`]);
    await running.engine.submit([succeeded(ref(one))]);
    expect(await passed()).toEqual([`${two}.0.1`]);
    await running.engine.submit([succeeded(ref(two))]);
    expect(await countOf(pool, 'locks')).toBe(0);
  });

  it('is one for two relays that race for it', async () => {
    await start(locked(1));
    await start(locked(1));
    const taken = await Promise.all([take(), take(), take()]);
    expect(taken.flat()).toHaveLength(1);
  });
});

describe('a policy that is changed', () => {
  const change = (run: string, map: object) => running.engine.submit([happens(run, { type: 'policy-changed', step: 0, map, actor: 'ann' })]);

  it('to no lock lets through what waits for one, and back again', async () => {
    const [one, two] = [await start(locked(1)), await start(locked(1))];
    expect(await passed()).toEqual([`${one}.0.1`]);
    await change(two, { lock: null });
    await change(two, { lock: true });
    expect(await passed()).toEqual([]);
    await change(two, { lock: null });
    expect(await passed()).toEqual([`${two}.0.1`]);
  });
});

it('a step with a rate and without a lock does not wait for the locks of others', async () => {
  const one = await start(locked(1));
  const two = await start(fanOut('probe', 1, { map: { rate: { key: 'tool', limit: 100, perMs: 1000 } } }));
  expect((await passed()).sort()).toEqual([`${one}.0.1`, `${two}.0.1`].sort());
});

describe('a paused run', () => {
  it('has nothing let through until it goes on; others do not wait for it', async () => {
    const one = await start(locked(1));
    await running.engine.submit([happens(one, { type: 'pause' })]);
    const two = await start(fanOut('probe', 1, { map: { rate: { key: 'tool', limit: 100, perMs: 1000 } } }));
    expect(await passed()).toEqual([`${two}.0.1`]);
    await running.engine.submit([happens(one, { type: 'resume' })]);
    expect(await passed()).toEqual([`${one}.0.1`]);
  });
});

describe('too many failures', () => {
  const slow = (tool: string) => fanOut(tool, 4, { map: { failureThreshold: 0, rate: { key: 'tool', limit: 2, perMs: 3_600_000 } } });

  it.each(['change', 'probe'])('leave at the gate what waits there: of "%s" only what has passed may still run', async (tool) => {
    const run = await start(slow(tool));
    const first = await take();
    expect(first.map((a) => a.item)).toEqual([0, 1]);
    await pool.query(`update orchestrator.gated_attempts set held_until = held_until + interval '1 hour' where item = any($1)`, [[0, 1]]);
    await running.engine.submit([claimed(ref(run)), claimed(ref(run, 1))].filter(() => tool === 'change'));
    await running.engine.submit([failed(ref(run), 'auth-failed')]);
    expect((await itemsOf(pool, run)).map((i) => i.status)).toEqual(['failed', tool === 'change' ? 'running' : 'queued', 'skipped', 'skipped']);
    await running.engine.submit([succeeded(ref(run, 1))]);
    expect(await statusOf(pool, run)).toBe('failed');
    await pool.query('update orchestrator.gated_attempts set held_until = now()');
    expect(await take()).toEqual([]);
    expect(await countOf(pool, 'gated_attempts')).toBe(0);
  });
});

describe('a row', () => {
  it('that passed stays with its lock until it was sent: after a crash it is sent again', async () => {
    const one = await start(locked(1));
    await start(locked(1));
    await take();
    expect(await countOf(pool, 'gated_attempts')).toBe(2);
    expect(await take()).toEqual([]);
    await pool.query('update orchestrator.gated_attempts set held_until = now()');
    expect((await take()).map((r) => r.runId)).toEqual([one]);
  });

  it('of an attempt that is over leaves the gate', async () => {
    const one = await start(locked(1));
    await take();
    await pool.query('update orchestrator.gated_attempts set held_until = now()');
    await running.engine.submit([failed(ref(one), 'unreachable')]);
    expect(await passed()).toEqual([]);
    expect(await countOf(pool, 'gated_attempts')).toBe(0);
  });
});

describe('a rate', () => {
  const rated = (count: number, key: string, limit = 2) => fanOut('probe', count, { map: { rate: { key, limit, perMs: 3_600_000 } } });

  it('of a tenant lets so many attempts start, over all runs, and more as time goes by', async () => {
    await start(rated(2, 'tenant', 3));
    await start(rated(5, 'tenant', 3));
    expect(await passed()).toHaveLength(3);
    expect(await passed()).toEqual([]);
    await pool.query(`update orchestrator.rates set at = at - interval '21 minutes'`);
    expect(await passed()).toHaveLength(1);
  });

  it('of a target counts each target alone', async () => {
    await start(rated(3, 'target', 1));
    expect(await passed()).toHaveLength(3);
    await start(rated(3, 'target', 1));
    expect(await passed()).toEqual([]);
  });

  it('changes while the step runs', async () => {
    const run = await start(rated(4, 'tool', 1));
    expect(await passed()).toHaveLength(1);
    await pool.query(`update orchestrator.rates set at = at - interval '1 hour'`);
    await running.engine.submit([happens(run, { type: 'policy-changed', step: 0, map: { rate: { key: 'tool', limit: 2, perMs: 1_800_000 } }, actor: 'ann' })]);
    expect(await passed()).toHaveLength(2);
  });

  it('that holds an attempt back leaves its lock to others', async () => {
    await start(fanOut('probe', 1, { map: { lock: true, rate: { key: 'tool', limit: 1, perMs: 3_600_000 } } }));
    await passed();
    await pool.query('truncate orchestrator.locks');
    await start(fanOut('probe', 1, { map: { lock: true, rate: { key: 'tool', limit: 1, perMs: 3_600_000 } } }));
    expect(await passed()).toEqual([]);
    expect(await countOf(pool, 'locks')).toBe(0);
  });
});
