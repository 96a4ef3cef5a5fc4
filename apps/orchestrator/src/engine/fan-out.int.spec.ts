import { isTerminalRun } from '@opsmesh/plan-model';
import type { RunStatus } from '@opsmesh/contracts';
import type { Pool } from 'pg';
import { fanOut, LISTED, planOf, runOf } from '../testing/documents.js';
import { type EventRow, everythingOf, historyOf, itemsOf, newEngine, stateOf, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, ref, shuffled, succeeded } from '../testing/submissions.js';
import type { AttemptRef } from './positions.js';
import type { Submission } from './submission.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers, orchestrator.claims'));

const seqs = (history: readonly EventRow[]): number[] => history.map((e) => e.seq);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('a fan-out', () => {
  it('of 1,000 items never has more than its concurrency outstanding and joins exactly once', async () => {
    const { engine } = newEngine(pool);
    const document = fanOut('probe', 1000, { map: { concurrency: 50 } }) as { steps: object[] };
    const run = runOf({ ...document, steps: [...document.steps, { id: 'after', tool: 'probe', inputs: { host: 'x' }, dependsOn: ['each'] }] });
    await engine.submit([create(run)]);
    let most = 0;
    const outstanding: AttemptRef[] = [];
    for (let round = 1; ; round++) {
      outstanding.push(...(await takeOutbox(pool)).filter((a) => a.step === 0));
      const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from orchestrator.items where run_id = $1 and step = 0 and status in ('queued', 'running')`, [run.id]);
      most = Math.max(most, rows[0]!.n);
      expect(rows[0]!.n).toBe(outstanding.length);
      if (outstanding.length === 0) break;
      const ended = outstanding.splice(0, 1 + round * 7 % 43);
      await Promise.all(ended.map((a, i) => engine.submit([i % 5 === 0 ? failed(a, 'nonzero-exit') : succeeded(a)])));
    }
    expect(most).toBe(50);
    const history = await historyOf(pool, run.id);
    expect(history.filter((e) => e.type === 'step.finished').map((e) => e.step)).toEqual([0]);
    expect(history.filter((e) => e.type === 'step.started').map((e) => e.step)).toEqual([0, 1]);
    expect((await stateOf(pool, run.id)).state.steps[0]).toMatchObject({ status: 'partial', total: 1000 });
    expect((await itemsOf(pool, run.id)).filter((i) => i.step === 1)).toHaveLength(1);
    expect(seqs(history)).toEqual(upTo(history.length));
  });

  it('that failed too often gives up what nobody has claimed, not what began with a worker that is gone', async () => {
    const { engine } = newEngine(pool);
    const plan = planOf(fanOut('change', 3, { map: { failureThreshold: 0 } }));
    const run = runOf({ ...plan, steps: plan.steps.map((s) => ({ ...s, idempotent: true })) });
    await engine.submit([create(run)]);
    await engine.submit([claimed(ref(run.id, 0, 0)), claimed(ref(run.id, 0, 1))]);
    await engine.submit([happens(run.id, { type: 'lost', step: 0, item: 1, attempt: 1 })]);
    await engine.submit([failed(ref(run.id, 0, 0), 'auth-failed')]);
    expect((await itemsOf(pool, run.id)).map((i) => i.status)).toEqual(['failed', 'queued', 'skipped']);
    expect(await engine.submit([claimed(ref(run.id, 0, 1), 'w2', 'b'.repeat(43))])).toEqual([true]);
  });

  it('over an empty list succeeds at once and sends nothing', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(LISTED);
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([succeeded(ref(run.id), { hosts: [] })]);
    expect(await statusOf(pool, run.id)).toBe('completed');
    expect((await stateOf(pool, run.id)).state.steps[1]).toMatchObject({ status: 'succeeded', total: 0 });
    expect(await takeOutbox(pool)).toEqual([]);
  });

  it('fails those of its items that lack a value and sends the others', async () => {
    const { engine } = newEngine(pool);
    const run = runOf({ steps: [{ id: 'hosts', tool: 'list' }, { id: 'each', tool: 'change', forEach: '<<steps.hosts.output.hosts>>', inputs: { host: '<<item.address>>' } }] });
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([succeeded(ref(run.id), { hosts: [{ address: '10.0.0.1' }, { name: 'no-address' }, { address: null }, { address: '10.0.0.4' }] })]);
    expect(await takeOutbox(pool)).toEqual([ref(run.id, 1, 0), ref(run.id, 1, 3)]);
    const items = (await itemsOf(pool, run.id)).filter((i) => i.step === 1);
    expect(items.map((i) => [i.status, i.failure?.code ?? null, i.inputs])).toEqual([
      ['queued', null, { host: '10.0.0.1' }], ['failed', 'reference-missing', null], ['failed', 'reference-missing', null], ['queued', null, { host: '10.0.0.4' }],
    ]);
    expect(items[1]!.target).toBe('no-address');
  });

  it('gives the rest up once too many failed, and joins when what runs has ended', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 20, { map: { concurrency: 4, failureThreshold: 1 } }));
    await engine.submit([create(run)]);
    const [a, b, c, d] = await takeOutbox(pool) as [AttemptRef, AttemptRef, AttemptRef, AttemptRef];
    await engine.submit([failed(a, 'not-found'), failed(b, 'not-found')]);
    const sent = await takeOutbox(pool);
    await engine.submit([succeeded(c), succeeded(d), ...sent.map((s) => succeeded(s))]);
    const statuses = (await itemsOf(pool, run.id)).map((i) => i.status);
    expect(statuses.filter((s) => s === 'skipped')).toHaveLength(20 - 4 - sent.length);
    expect(statuses.filter((s) => s === 'queued' || s === 'pending')).toHaveLength(0);
    expect(await takeOutbox(pool)).toEqual([]);
    expect(await statusOf(pool, run.id)).toBe('failed');
  });
});

describe('results that come twice, late or in another order', () => {
  it('give each item one outcome and the run one gap-free history, from two processes on one record', async () => {
    const engines = [newEngine(pool).engine, newEngine(pool).engine];
    const document = fanOut('probe', 120, { map: { concurrency: 15 }, retry: { maxAttempts: 2, backoff: { initialMs: 0, jitter: false } } }) as { steps: object[] };
    const run = runOf({ ...document, steps: [...document.steps, { id: 'after', tool: 'probe', forEach: '<<input.hosts>>', inputs: { host: '<<item>>' }, map: { concurrency: 30 }, dependsOn: ['each'] }] });
    await engines[0]!.submit([create(run)]);
    const old: Submission[] = [];
    for (let round = 1; !isTerminalRun(await statusOf(pool, run.id) as RunStatus); round++) {
      const wave = (await takeOutbox(pool)).flatMap((a) => [a.item % 10 === 3 && a.attempt === 1 ? failed(a, 'unreachable') : succeeded(a), failed(a, 'not-found')].slice(0, a.item % 7 === 0 ? 2 : 1));
      const { rows } = await pool.query<{ id: string; step: number; item: number; attempt: number }>('select id, step, item, attempt from orchestrator.timers where run_id = $1', [run.id]);
      const due = rows.map((t): Submission => ({ ...happens(run.id, { type: 'retry-due', step: t.step, item: t.item, attempt: t.attempt }), timerId: Number(t.id) }));
      if (wave.length + due.length === 0) throw new Error('the run hangs');
      const deliveries = shuffled([...wave, ...wave, ...due, ...due, ...shuffled(old, round).slice(0, 20)], round);
      await Promise.all(deliveries.map((s, i) => engines[i % 2]!.submit([s])));
      old.push(...wave);
    }
    const history = await historyOf(pool, run.id);
    expect(seqs(history)).toEqual(upTo(history.length));
    const ends = history.filter((e) => e.type === 'item.succeeded' || e.type === 'item.failed').map((e) => `${e.step}.${e.item} ${e.type}`);
    const items = await itemsOf(pool, run.id);
    expect(ends.sort()).toEqual(items.map((i) => `${i.step}.${i.item} item.${i.status}`).sort());
    expect(items).toHaveLength(240);
    expect(history.filter((e) => e.type === 'run.finished')).toHaveLength(1);
    // Nothing of what is late now may change the record.
    const before = await everythingOf(pool, run.id);
    expect(await engines[1]!.submit(old)).toEqual(old.map(() => false));
    expect(await everythingOf(pool, run.id)).toEqual(before);
  });

  it('of one run at the same moment in several processes wait for each other: none is refused', async () => {
    const engines = Array.from({ length: 4 }, () => newEngine(pool).engine);
    const run = runOf(fanOut('probe', 40));
    await engines[0]!.submit([create(run)]);
    const attempts = await takeOutbox(pool);
    while (attempts.length > 0) {
      const answers = await Promise.all(attempts.splice(0, 4).map((a, i) => engines[i]!.submit([succeeded(a)])));
      expect(answers).toEqual([[true], [true], [true], [true]]);
    }
    expect(await statusOf(pool, run.id)).toBe('completed');
  });

  it('of an attempt that was given up tell what became of it', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('change', 2));
    await engine.submit([create(run)]);
    const [a, b] = await takeOutbox(pool) as [AttemptRef, AttemptRef];
    await engine.submit([claimed(a), claimed(b)]);
    await engine.submit([succeeded(b), happens(run.id, { type: 'lost', step: 0, item: 0, attempt: 1 })]);
    expect((await itemsOf(pool, run.id)).map((i) => i.status)).toEqual(['unknown', 'succeeded']);
    expect(await takeOutbox(pool)).toEqual([]);
    expect(await statusOf(pool, run.id)).not.toBe('completed');
    expect(await newEngine(pool).engine.submit([succeeded(a, { text: 'it did' })])).toEqual([true]);
    expect((await itemsOf(pool, run.id))[0]).toMatchObject({ status: 'succeeded', output: { text: 'it did' }, failure: null });
    expect(await statusOf(pool, run.id)).toBe('completed');
    const history = await historyOf(pool, run.id);
    expect(history.at(-1)).toMatchObject({ type: 'item.resolved', seq: history.length });
  });
});
