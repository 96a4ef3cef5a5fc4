import type { Pool } from 'pg';
import { fanOut, LISTED, QUEUE, runOf } from '../testing/documents.js';
import { countOf, everythingOf, historyOf, itemsOf, newEngine, outboxOf, stateOf, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, ref, succeeded } from '../testing/submissions.js';
import type { RunRecord } from './ports.js';
import type { AttemptRef } from './positions.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers, orchestrator.claims'));

/** A record whose transactions do all their work and then break before the commit. */
function breaking(error: Error): RunRecord {
  const { record } = newEngine(pool);
  return { loadFacts: (ids) => record.loadFacts(ids), transaction: (work) => record.transaction(async (tx) => { await work(tx); throw error; }) };
}

describe('one commit', () => {
  it('stores a new run with an outbox row of its first attempts', async () => {
    const run = runOf(fanOut('probe', 3));
    await newEngine(pool).engine.submit([create(run)]);
    expect(await outboxOf(pool, run.id)).toEqual([0, 1, 2].map((item) => ({ queue: QUEUE, runId: run.id, step: 0, item, attempt: 1 })));
    expect(await countOf(pool, 'outbox')).toBe(1);
    expect((await itemsOf(pool, run.id)).map((i) => [i.status, i.attempt, i.target, i.inputs])).toEqual([0, 1, 2].map((i) => ['queued', 1, `host-${i}`, { host: `host-${i}` }]));
    expect((await historyOf(pool, run.id)).map((e) => [e.seq, e.type])).toEqual([[1, 'run.started'], [2, 'step.started']]);
  });

  it('holds a result and the outbox rows of the step that it made ready', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(LISTED);
    await engine.submit([create(run)]);
    expect(await takeOutbox(pool)).toEqual([ref(run.id)]);
    const before = await stateOf(pool, run.id);
    expect(await engine.submit([succeeded(ref(run.id), { hosts: ['a', 'b'] })])).toEqual([true]);
    const { rows } = await pool.query<{ xmin: string }>('select distinct xmin::text from (select xmin, run_ids[1] as run_id from orchestrator.outbox union all select xmin, run_id from orchestrator.items union all select xmin, run_id from orchestrator.run_states) t where run_id = $1', [run.id]);
    expect(rows).toHaveLength(1);
    expect(await takeOutbox(pool)).toEqual([ref(run.id, 1, 0), ref(run.id, 1, 1)]);
    expect((await stateOf(pool, run.id)).version).toBeGreaterThan(before.version);
    expect((await itemsOf(pool, run.id))[0]).toMatchObject({ status: 'succeeded', output: { hosts: ['a', 'b'] }, worker_id: 'w1' });
  });

  it('that breaks leaves nothing half-written, and the same submissions work afterwards', async () => {
    const broken = newEngine(pool, { record: breaking(new Error('crash')) }).engine;
    const healthy = newEngine(pool).engine;
    const unborn = runOf(LISTED);
    await expect(broken.submit([create(unborn)])).rejects.toThrow('crash');
    expect(await everythingOf(pool, unborn.id)).toEqual({ items: [], history: [], outbox: [], timers: [], claims: [], state: [], status: undefined });

    await healthy.submit([create(unborn)]);
    const before = await everythingOf(pool, unborn.id);
    for (const one of [succeeded(ref(unborn.id), { hosts: ['a'] }), claimed(ref(unborn.id)), happens(unborn.id, { type: 'cancel' })]) {
      await expect(broken.submit([one])).rejects.toThrow('crash');
      expect(await everythingOf(pool, unborn.id)).toEqual(before);
    }
    // The engine that broke must not believe its own unsaved state either.
    await healthy.submit([succeeded(ref(unborn.id), { hosts: ['a'] })]);
    expect((await itemsOf(pool, unborn.id)).map((i) => [i.step, i.status])).toEqual([[0, 'succeeded'], [1, 'queued']]);
  });

  it('that breaks once is no reason to trust what was cached while it was made', async () => {
    let breakNext = false;
    const inner = newEngine(pool).record;
    const record: RunRecord = {
      loadFacts: (ids) => inner.loadFacts(ids),
      transaction: (work) => inner.transaction(async (tx) => { const r = await work(tx); if (breakNext) { breakNext = false; throw new Error('crash'); } return r; }),
    };
    const { engine } = newEngine(pool, { record });
    const run = runOf(LISTED);
    await engine.submit([create(run)]);
    breakNext = true;
    await expect(engine.submit([succeeded(ref(run.id), { hosts: ['wrong', 'wrong'] })])).rejects.toThrow('crash');
    await engine.submit([succeeded(ref(run.id), { hosts: ['right'] })]);
    expect((await itemsOf(pool, run.id)).filter((i) => i.step === 1).map((i) => i.inputs)).toEqual([{ host: 'right' }]);
  });

  it('of which one submission is poisoned is made again without it', async () => {
    const { engine } = newEngine(pool);
    const runs = [runOf(LISTED), runOf(LISTED), runOf(LISTED)];
    const [first, poisoned, last] = runs.map((r) => ref(r.id)) as [AttemptRef, AttemptRef, AttemptRef];
    await engine.submit(runs.map(create));
    const poison = succeeded(poisoned);
    const outcomes = await Promise.allSettled([
      engine.submit([succeeded(first, { hosts: ['a'] })]),
      engine.submit([{ ...poison, result: { ...poison.result!, output: { json: 'no JSON', blobSha256: null, truncated: false } } }]),
      engine.submit([succeeded(last, { hosts: ['b'] })]),
    ]);
    expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await Promise.all(runs.map(async (r) => (await itemsOf(pool, r.id))[0]!.status))).toEqual(['succeeded', 'queued', 'succeeded']);
  });

  it('whose answer was lost is no refusal of what it did', async () => {
    const inner = newEngine(pool).record;
    let isLost = false;
    const record: RunRecord = {
      loadFacts: (ids) => inner.loadFacts(ids),
      transaction: async (work) => {
        const done = await inner.transaction(work);
        if (!isLost) return done;
        isLost = false;
        throw new Error('Connection terminated unexpectedly');
      },
    };
    const { engine } = newEngine(pool, { record });
    const runs = [runOf(LISTED), runOf(LISTED)];
    await engine.submit(runs.map(create));
    isLost = true;
    const outcomes = await Promise.allSettled(runs.map((r) => engine.submit([succeeded(ref(r.id), { hosts: [] })])));
    expect(outcomes).toEqual(runs.map(() => ({ status: 'rejected', reason: expect.objectContaining({ message: 'Connection terminated unexpectedly' }) as unknown })));
    expect(await Promise.all(runs.map((r) => statusOf(pool, r.id)))).toEqual(['completed', 'completed']);
    expect(await engine.submit([succeeded(ref(runs[0]!.id), { hosts: [] })])).toEqual([false]);
  });

  it('tells the news after it, never before', async () => {
    const heard: [string, number][] = [];
    const { engine } = newEngine(pool, { news: { outboxFilled: (batches) => { heard.push(['outbox', batches.flatMap((b) => b.attempts).length]); }, historyGrew: (ids) => { heard.push(['history', ids.length]); }, abort: () => { heard.push(['abort', 0]); }, timersSet: () => { heard.push(['timers', 0]); } } });
    const run = runOf(fanOut('probe', 1, { retry: { maxAttempts: 2 } }));
    const broken = newEngine(pool, { record: breaking(new Error('crash')), news: { outboxFilled: () => { heard.push(['wrong', 0]); } } }).engine;
    await expect(broken.submit([create(run)])).rejects.toThrow();
    await engine.submit([create(run)]);
    expect(heard).toEqual([['outbox', 1], ['history', 1]]);
    heard.length = 0;
    await engine.submit([failed(ref(run.id), 'unreachable')]);
    expect(heard).toEqual([['timers', 0], ['history', 1]]);
    heard.length = 0;
    await engine.submit([happens(run.id, { type: 'cancel' })]);
    expect(heard.map(([what]) => what)).toEqual(['history', 'abort']);
  });
});

describe('an idempotency key', () => {
  it('belongs to one run of a tenant', async () => {
    const { engine } = newEngine(pool);
    const key = 'order-66';
    const outcomes = await Promise.allSettled([
      engine.submit([create(runOf(LISTED, { idempotencyKey: key }))]), engine.submit([create(runOf(LISTED, { idempotencyKey: key }))]),
      engine.submit([create(runOf(LISTED, { idempotencyKey: key, tenantId: 'other' }))]), newEngine(pool).engine.submit([create(runOf(LISTED, { idempotencyKey: key }))]),
    ]);
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(2);
    expect(outcomes[2]!.status).toBe('fulfilled');
    for (const o of outcomes) if (o.status === 'rejected') expect(o.reason).toMatchObject({ code: '23505' });
    const { rows } = await pool.query('select tenant_id from orchestrator.runs where idempotency_key = $1 order by tenant_id', [key]);
    expect(rows).toEqual([{ tenant_id: 'default' }, { tenant_id: 'other' }]);
  });
});
