import { createHash } from 'node:crypto';
import { isTerminalRun, type RunState } from '@opsmesh/plan-model';
import type { RunStatus } from '@opsmesh/contracts';
import type { Pool } from 'pg';
import { BlobStore } from '../store/blob-store.js';
import { decodeState } from '../store/state-codec.js';
import { fanOut, QUEUE, runOf } from '../testing/documents.js';
import { countOf, type EventRow, historyOf, itemsOf, newEngine, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, shuffled, succeeded } from '../testing/submissions.js';
import { ChangeSet, type AttemptRef } from './change-set.js';
import { RunChangedError, type RunRecord } from './ports.js';
import type { Submission } from './submission.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.timers, orchestrator.claims'));

const LISTED = { steps: [{ id: 'hosts', tool: 'list' }, { id: 'each', tool: 'change', forEach: '<<steps.hosts.output.hosts>>', inputs: { host: '<<item>>' } }] };
const ref = (runId: string, step = 0, item = 0, attempt = 1): AttemptRef => ({ runId, step, item, attempt });

async function stateOf(runId: string): Promise<{ state: RunState; version: number }> {
  const { rows } = await pool.query<{ state: string; version: number }>('select state, version from orchestrator.run_states where run_id = $1', [runId]);
  return { state: decodeState(rows[0]!.state), version: rows[0]!.version };
}

/** Everything the record holds of a run, to compare. */
async function everything(runId: string): Promise<unknown> {
  const outbox = await pool.query('select * from orchestrator.outbox where run_id = $1 order by step, item, attempt', [runId]);
  const timers = await pool.query('select * from orchestrator.timers where run_id = $1 order by id', [runId]);
  const claims = await pool.query('select * from orchestrator.claims where run_id = $1', [runId]);
  const state = await pool.query('select * from orchestrator.run_states where run_id = $1', [runId]);
  return { items: await itemsOf(pool, runId), history: await historyOf(pool, runId), outbox: outbox.rows, timers: timers.rows, claims: claims.rows, state: state.rows, status: await statusOf(pool, runId) };
}

const seqs = (history: readonly EventRow[]): number[] => history.map((e) => e.seq);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** A record whose transactions do all their work and then break before the commit. */
function breaking(error: Error): RunRecord {
  const { record } = newEngine(pool);
  return { loadFacts: (ids) => record.loadFacts(ids), transaction: (work) => record.transaction(async (tx) => { await work(tx); throw error; }) };
}

describe('one commit', () => {
  it('stores a new run with the outbox rows of its first steps', async () => {
    const run = runOf(fanOut('probe', 3));
    await newEngine(pool).engine.submit([create(run)]);
    const { rows } = await pool.query('select queue, run_id, step, item, attempt from orchestrator.outbox where run_id = $1 order by item', [run.id]);
    expect(rows).toEqual([0, 1, 2].map((item) => ({ queue: QUEUE, run_id: run.id, step: 0, item, attempt: 1 })));
    expect((await itemsOf(pool, run.id)).map((i) => [i.status, i.attempt, i.target, i.inputs])).toEqual([0, 1, 2].map((i) => ['queued', 1, `host-${i}`, { host: `host-${i}` }]));
    expect((await historyOf(pool, run.id)).map((e) => [e.seq, e.type])).toEqual([[1, 'run.started'], [2, 'step.started']]);
  });

  it('holds a result and the outbox rows of the step that it made ready', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(LISTED);
    await engine.submit([create(run)]);
    expect(await takeOutbox(pool)).toEqual([ref(run.id)]);
    const before = await stateOf(run.id);
    expect(await engine.submit([succeeded(ref(run.id), { hosts: ['a', 'b'] })])).toEqual([true]);
    const { rows } = await pool.query<{ xmin: string }>('select distinct xmin::text from (select xmin, run_id from orchestrator.outbox union all select xmin, run_id from orchestrator.items union all select xmin, run_id from orchestrator.run_states) t where run_id = $1', [run.id]);
    expect(rows).toHaveLength(1);
    expect(await takeOutbox(pool)).toEqual([ref(run.id, 1, 0), ref(run.id, 1, 1)]);
    expect((await stateOf(run.id)).version).toBeGreaterThan(before.version);
    expect((await itemsOf(pool, run.id))[0]).toMatchObject({ status: 'succeeded', output: { hosts: ['a', 'b'] }, worker_id: 'w1' });
  });

  it('that breaks leaves nothing half-written, and the same submissions work afterwards', async () => {
    const broken = newEngine(pool, { record: breaking(new Error('crash')) }).engine;
    const healthy = newEngine(pool).engine;
    const unborn = runOf(LISTED);
    await expect(broken.submit([create(unborn)])).rejects.toThrow('crash');
    expect(await everything(unborn.id)).toEqual({ items: [], history: [], outbox: [], timers: [], claims: [], state: [], status: undefined });

    await healthy.submit([create(unborn)]);
    const before = await everything(unborn.id);
    for (const one of [succeeded(ref(unborn.id), { hosts: ['a'] }), claimed(ref(unborn.id)), happens(unborn.id, { type: 'cancel' })]) {
      await expect(broken.submit([one])).rejects.toThrow('crash');
      expect(await everything(unborn.id)).toEqual(before);
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

  it('tells the news after it, never before', async () => {
    const heard: [string, number][] = [];
    const { engine } = newEngine(pool, { news: { outboxFilled: (entries) => { heard.push(['outbox', entries.length]); }, historyGrew: (ids) => { heard.push(['history', ids.length]); }, abort: () => { heard.push(['abort', 0]); }, timersSet: () => { heard.push(['timers', 0]); } } });
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
    expect((await stateOf(run.id)).state.steps[0]).toMatchObject({ status: 'partial', total: 1000 });
    expect((await itemsOf(pool, run.id)).filter((i) => i.step === 1)).toHaveLength(1);
    expect(seqs(history)).toEqual(upTo(history.length));
  });

  it('over an empty list succeeds at once and sends nothing', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(LISTED);
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([succeeded(ref(run.id), { hosts: [] })]);
    expect(await statusOf(pool, run.id)).toBe('completed');
    expect((await stateOf(run.id)).state.steps[1]).toMatchObject({ status: 'succeeded', total: 0 });
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
    const before = await everything(run.id);
    expect(await engines[1]!.submit(old)).toEqual(old.map(() => false));
    expect(await everything(run.id)).toEqual(before);
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

describe('a value', () => {
  const user = (reference: string) => ({ steps: [{ id: 'first', tool: 'list' }, { id: 'second', tool: 'change', inputs: { host: reference } }] });

  it('that is missing fails its step before anything is sent', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(user('<<steps.first.output.owner>>'));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([succeeded(ref(run.id), { hosts: [] })]);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await stateOf(run.id)).state.steps[1]).toMatchObject({ status: 'failed', failure: { code: 'reference-missing' } });
    expect(await statusOf(pool, run.id)).toBe('failed');
  });

  it('of a large output is read from its blob', async () => {
    const { engine } = newEngine(pool);
    const owner = 'ann '.repeat(30_000);
    const { sha256 } = await new BlobStore(pool).put(Buffer.from(JSON.stringify({ hosts: ['a', 'b'], owner })));
    const run = runOf({ steps: [{ id: 'first', tool: 'list' }, { id: 'each', tool: 'change', forEach: '<<steps.first.output.hosts>>', inputs: { host: '<<item>>', text: '<<steps.first.output.owner>>' } }] });
    await engine.submit([create(run)]);
    const result = succeeded(ref(run.id));
    await engine.submit([{ ...result, result: { ...result.result!, output: { json: null, blobSha256: sha256, truncated: false } } }]);
    expect((await itemsOf(pool, run.id)).filter((i) => i.step === 1).map((i) => i.inputs)).toEqual([{ host: 'a', text: owner }, { host: 'b', text: owner }]);
  });

  it.each([['without what was kept', null], ['with what was kept', JSON.stringify({ hosts: ['a'], owner: 'cut off' })]])('of a truncated output does not exist, %s', async (_what, json) => {
    const { engine } = newEngine(pool);
    const run = runOf(user('<<steps.first.output.owner>>'));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    const result = succeeded(ref(run.id));
    await engine.submit([{ ...result, result: { ...result.result!, output: { json, blobSha256: null, truncated: true } } }]);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await stateOf(run.id)).state.steps.map((s) => s.status)).toEqual(['succeeded', 'failed']);
  });

  it('of a blob that is not there does not exist', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(user('<<steps.first.output.owner>>'));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    const result = succeeded(ref(run.id));
    await engine.submit([{ ...result, result: { ...result.result!, output: { json: null, blobSha256: createHash('sha256').update('nowhere').digest('hex'), truncated: false } } }]);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await stateOf(run.id)).state.steps[1]).toMatchObject({ status: 'failed', failure: { code: 'reference-missing' } });
  });

  it('is the same whether it comes from the commit in the making, the cache or the record', async () => {
    const document = { steps: [
      { id: 'first', tool: 'list' }, { id: 'mapped', tool: 'list', outputMapping: { who: '<<steps.mapped.output.owner>>', host: '<<steps.first.output.hosts[0]>>' }, dependsOn: ['first'] },
      { id: 'last', tool: 'change', inputs: { host: '<<steps.mapped.output.host>>', text: 'for <<steps.mapped.output.who>>' } },
    ] };
    for (const fresh of [false, true]) {
      const kept = newEngine(pool).engine;
      const engine = () => (fresh ? newEngine(pool).engine : kept);
      const run = runOf(document);
      await engine().submit([create(run)]);
      await engine().submit([succeeded(ref(run.id, 0), { hosts: ['a'] })]);
      await engine().submit([succeeded(ref(run.id, 1), { hosts: [], owner: 'ann' })]);
      expect((await itemsOf(pool, run.id)).at(-1)).toMatchObject({ step: 2, inputs: { host: 'a', text: 'for ann' } });
    }
  });
});

it('an output may hold a NUL, also where it names items', async () => {
  const { engine } = newEngine(pool);
  const run = runOf(LISTED);
  await engine.submit([create(run)]);
  await takeOutbox(pool);
  await engine.submit([succeeded(ref(run.id), { hosts: ['a\0b', { name: 'c\0d' }] })]);
  const [first, ...next] = await itemsOf(pool, run.id);
  expect(first).toMatchObject({ status: 'succeeded', output: { hosts: ['a\0b', { name: 'c\0d' }] } });
  expect(next.map((i) => i.inputs)).toEqual([{ host: 'a\0b' }, { host: { name: 'c\0d' } }]);
});

describe('a retry', () => {
  it('is a timer by the clock of the database', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 1, { retry: { maxAttempts: 3, backoff: { initialMs: 60_000, factor: 1, maxMs: 60_000, jitter: false } } }));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    const { rows: [before] } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
    await engine.submit([failed(ref(run.id), 'unreachable')]);
    const { rows } = await pool.query<{ step: number; item: number; attempt: number; early: boolean; late: boolean }>(
      `select step, item, attempt, due_at < $2::timestamptz + interval '60 s' as early, due_at > clock_timestamp() + interval '60 s' as late from orchestrator.timers where run_id = $1`, [run.id, before!.now],
    );
    expect(rows).toEqual([{ step: 0, item: 0, attempt: 1, early: false, late: false }]);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await itemsOf(pool, run.id))[0]).toMatchObject({ status: 'pending', attempt: 1 });
  });

  it('that is due while its run is paused leaves the run and its timer as they are', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 1, { retry: { maxAttempts: 2 } }));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([failed(ref(run.id), 'unreachable'), happens(run.id, { type: 'pause' })]);
    const { rows: [timer] } = await pool.query<{ id: string }>('select id from orchestrator.timers where run_id = $1', [run.id]);
    const before = await everything(run.id);
    const due = { ...happens(run.id, { type: 'retry-due', step: 0, item: 0, attempt: 1 }), timerId: Number(timer!.id) };
    expect(await Promise.all([engine.submit([due, due]), newEngine(pool).engine.submit([due])])).toEqual([[false, false], [false]]);
    expect([await everything(run.id), await countOf(pool, 'timers')]).toEqual([before, 1]);
    await engine.submit([happens(run.id, { type: 'resume' })]);
    await engine.submit([due]);
    expect([await takeOutbox(pool), await countOf(pool, 'timers')]).toEqual([[ref(run.id, 0, 0, 2)], 0]);
  });

  it('that is due gets the next number and takes its timer away', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 1, { retry: { maxAttempts: 2 } }));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([failed(ref(run.id), 'unreachable')]);
    const { rows: [timer] } = await pool.query<{ id: string }>('select id from orchestrator.timers where run_id = $1', [run.id]);
    await engine.submit([{ ...happens(run.id, { type: 'retry-due', step: 0, item: 0, attempt: 1 }), timerId: Number(timer!.id) }]);
    expect(await takeOutbox(pool)).toEqual([ref(run.id, 0, 0, 2)]);
    expect(await countOf(pool, 'timers')).toBe(0);
    await engine.submit([failed(ref(run.id, 0, 0, 2), 'unreachable')]);
    expect(await statusOf(pool, run.id)).toBe('failed');
    expect(await countOf(pool, 'timers')).toBe(0);
  });
});

describe('a cancel', () => {
  it('sweeps what has not begun and its outbox rows, and waits for what runs', async () => {
    const aborted: string[] = [];
    const { engine } = newEngine(pool, { news: { abort: (id) => { aborted.push(id); } } });
    const run = runOf(fanOut('change', 10, { map: { concurrency: 4 } }));
    const other = runOf(fanOut('change', 2));
    await engine.submit([create(run)]);
    expect(await takeOutbox(pool, 2)).toEqual([ref(run.id, 0, 0), ref(run.id, 0, 1)]);
    await engine.submit([create(other), claimed(ref(run.id, 0, 1))]);
    expect(await engine.submit([happens(run.id, { type: 'cancel' })])).toEqual([true]);
    expect((await itemsOf(pool, run.id)).map((i) => i.status)).toEqual(['cancelled', 'running', ...Array.from({ length: 8 }, () => 'cancelled')]);
    expect((await takeOutbox(pool)).map((a) => a.runId)).toEqual([other.id, other.id]);
    expect(aborted).toEqual([run.id]);
    expect(await statusOf(pool, run.id)).toBe('running');
    expect(await engine.submit([claimed(ref(run.id, 0, 2)), happens(run.id, { type: 'cancel' })])).toEqual([false, false]);
    await engine.submit([failed(ref(run.id, 0, 1), 'cancelled')]);
    expect(await statusOf(pool, run.id)).toBe('cancelled');
    const { rows } = await pool.query<{ finished_at: Date | null }>('select finished_at from orchestrator.runs where id = $1', [run.id]);
    expect(rows[0]!.finished_at).not.toBeNull();
  });

  it('and a result at the same moment, in one process, leave no item behind', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 6, { map: { concurrency: 3 } }));
    await engine.submit([create(run)]);
    await takeOutbox(pool, 1);
    await Promise.all([engine.submit([succeeded(ref(run.id, 0, 0))]), engine.submit([happens(run.id, { type: 'cancel' })]), engine.submit([succeeded(ref(run.id, 0, 1))])]);
    expect((await itemsOf(pool, run.id)).map((i) => i.status)).toEqual(['succeeded', 'cancelled', 'cancelled', 'cancelled', 'cancelled', 'cancelled']);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await stateOf(run.id)).state.steps[0]).toMatchObject({ counts: { succeeded: 1, cancelled: 5, pending: 0, queued: 0 } });
  });
});

describe('a claim', () => {
  it('of an attempt that may not be repeated is given to exactly one of two processes that race for it', async () => {
    const engines = [newEngine(pool).engine, newEngine(pool).engine];
    const run = runOf(fanOut('change', 40));
    await engines[0]!.submit([create(run)]);
    const attempts = await takeOutbox(pool);
    const answers = await Promise.all(attempts.map((a) => Promise.all(engines.map(async (e, i) => (await e.submit([claimed(a, `w${i}`, `${i}`.repeat(43))]))[0]))));
    expect(answers.map((a) => a.filter(Boolean).length)).toEqual(attempts.map(() => 1));
    const { rows } = await pool.query<{ item: number; worker_id: string }>('select item, worker_id from orchestrator.claims where run_id = $1 order by item', [run.id]);
    expect(rows.map((r) => r.worker_id)).toEqual(answers.map(([first]) => (first ? 'w0' : 'w1')));
    expect((await itemsOf(pool, run.id)).map((i) => i.worker_id)).toEqual(rows.map((r) => r.worker_id));
  });

  it('of an idempotent attempt may be taken over', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 1));
    await engine.submit([create(run)]);
    expect(await engine.submit([claimed(ref(run.id), 'w1', 'a'.repeat(43)), claimed(ref(run.id), 'w2', 'b'.repeat(43))])).toEqual([true, true]);
    expect((await itemsOf(pool, run.id))[0]).toMatchObject({ status: 'running', worker_id: 'w2' });
    expect((await historyOf(pool, run.id)).filter((e) => e.type === 'item.running')).toHaveLength(1);
  });
});

describe('the state in the record', () => {
  it('is enough to go on from: a process that knows nothing of the run makes the same of it', async () => {
    const text = 'Größe \u2028 "quoted" \\ 🚀';
    const outcomes: unknown[] = [];
    for (const fresh of [false, true]) {
      const kept = newEngine(pool).engine;
      const submit = (...all: Submission[]) => (fresh ? newEngine(pool).engine : kept).submit(all);
      const run = runOf({
        inputs: { hosts: ['a', 'b', 'c'] },
        steps: [
          { id: 'bad', tool: 'probe', onFailure: 'continue', critical: false }, { id: 'skipped', tool: 'probe', when: { field: 'input.hosts[0]', operator: '==', value: 'z' } },
          { id: 'each', tool: 'change', forEach: '<<input.hosts>>', inputs: { host: '<<item>>' }, map: { concurrency: 2 }, dependsOn: ['bad'] }, { id: 'late', tool: 'probe', dependsOn: ['each'] },
        ],
      });
      await submit(create(run));
      const bad = failed(ref(run.id), 'not-found');
      await submit({ ...bad, event: { ...bad.event, outcome: { status: 'failed', failure: { code: 'not-found', message: text, retryable: false } } } as typeof bad.event });
      await submit(succeeded(ref(run.id, 2, 0)));
      await submit(happens(run.id, { type: 'pause' }));
      await submit(claimed(ref(run.id, 2, 1)));
      const { state } = await stateOf(run.id);
      expect(state.steps[0]).toMatchObject({ status: 'failed', failure: { message: text } });
      outcomes.push({ state, history: await historyOf(pool, run.id), items: await itemsOf(pool, run.id) });
      await pool.query('delete from orchestrator.outbox');
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect((outcomes[0] as { state: RunState }).state.steps.map((s) => s.status)).toEqual(['failed', 'skipped', 'running', 'waiting']);
  });

  it('that was written is the state that is read', async () => {
    const { engine, record } = newEngine(pool);
    const run = runOf(fanOut('probe', 3));
    await engine.submit([create(run)]);
    const state: RunState = { ...(await record.transaction((tx) => tx.loadStates([run.id]))).get(run.id)!, stopping: 'timed-out', seq: 7 };
    await record.transaction(async (tx) => {
      const changes = new ChangeSet();
      changes.states.set(run.id, { state, version: (await tx.lockRuns([run.id])).get(run.id)! });
      await tx.write(changes);
    });
    expect((await record.transaction((tx) => tx.loadStates([run.id]))).get(run.id)).toEqual(state);
  });

  it('of another version than the one it was made from is not overwritten', async () => {
    const { engine, record } = newEngine(pool);
    const run = runOf(fanOut('probe', 1));
    await engine.submit([create(run)]);
    const before = await everything(run.id);
    const { state } = await stateOf(run.id);
    const changes = new ChangeSet();
    changes.states.set(run.id, { state: { ...state, seq: 99 }, version: 0 });
    // A statement that leaves together with the one that fails, and fails with it.
    changes.unlocked.push({ runId: run.id, step: 0, item: 0 });
    await expect(record.transaction((tx) => tx.write(changes))).rejects.toThrow(RunChangedError);
    expect(await everything(run.id)).toEqual(before);
  });
});
