import { waitFor } from '@opsmesh/testing';
import type { Pool } from 'pg';
import { fanOut, runOf } from '../testing/documents.js';
import { countOf, everythingOf, historyOf, itemsOf, newEngine, stateOf, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, ref, succeeded } from '../testing/submissions.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers, orchestrator.claims'));

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

  it('waits for its run before it keeps what was tried, so that two that do so never wait for each other', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 1, { retry: { maxAttempts: 2 } }));
    await engine.submit([create(run)]);
    const other = await pool.connect();
    await other.query('begin');
    await other.query('select from orchestrator.run_states where run_id = $1 for update', [run.id]);
    await other.query('set local lock_timeout = 300');
    const submitted = engine.submit([failed(ref(run.id), 'unreachable')]);
    await waitFor(async () => (await pool.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rowCount === 1, { what: 'the commit to wait' });
    await other.query(`insert into orchestrator.past_attempts (run_id, step, item, attempt, status, finished_at) values ($1, 0, 0, 1, 'failed', now())`, [run.id]);
    await other.query('rollback');
    other.release();
    expect(await submitted).toEqual([true]);
  });

  it('that is due while its run is paused leaves the run and its timer as they are', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 1, { retry: { maxAttempts: 2 } }));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([failed(ref(run.id), 'unreachable'), happens(run.id, { type: 'pause' })]);
    const { rows: [timer] } = await pool.query<{ id: string }>('select id from orchestrator.timers where run_id = $1', [run.id]);
    const before = await everythingOf(pool, run.id);
    const due = { ...happens(run.id, { type: 'retry-due', step: 0, item: 0, attempt: 1 }), timerId: Number(timer!.id) };
    expect(await Promise.all([engine.submit([due, due]), newEngine(pool).engine.submit([due])])).toEqual([[false, false], [false]]);
    expect([await everythingOf(pool, run.id), await countOf(pool, 'timers')]).toEqual([before, 1]);
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
    expect((await stateOf(pool, run.id)).state.steps[0]).toMatchObject({ counts: { succeeded: 1, cancelled: 5, pending: 0, queued: 0 } });
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

  it('is refused while the run is paused, and the attempt is sent again under its id when it goes on', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('change', 3));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([claimed(ref(run.id))]);
    await engine.submit([happens(run.id, { type: 'pause' })]);
    expect(await engine.submit([claimed(ref(run.id, 0, 1))])).toEqual([false]);
    expect(await takeOutbox(pool)).toEqual([]);
    await engine.submit([happens(run.id, { type: 'resume' })]);
    expect(await takeOutbox(pool)).toEqual([ref(run.id, 0, 1), ref(run.id, 0, 2)]);
    expect(await engine.submit([claimed(ref(run.id, 0, 1))])).toEqual([true]);
  });
});
