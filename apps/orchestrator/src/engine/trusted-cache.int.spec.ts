import type { Pool } from 'pg';
import { fanOut, runOf } from '../testing/documents.js';
import { itemsOf, newEngine, statusOf, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, succeeded } from '../testing/submissions.js';
import type { AttemptRef } from './positions.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });

const RETRIED = { retry: { maxAttempts: 3, backoff: { initialMs: 0, factor: 1, maxMs: 0, jitter: false } } };
const ref = (runId: string, item = 0, attempt = 1): AttemptRef => ({ runId, step: 0, item, attempt });

/** Two processes that know a run of two items; the second has seen attempt 1 of item 0 only, the first has brought it to attempt 2. */
async function outdated(): Promise<{ runId: string; first: ReturnType<typeof newEngine>; second: ReturnType<typeof newEngine> }> {
  const [first, second] = [newEngine(pool), newEngine(pool)];
  const run = runOf(fanOut('probe', 2, RETRIED));
  await second.engine.submit([create(run)]);
  await first.engine.submit([failed(ref(run.id), 'unreachable')]);
  await first.engine.submit([happens(run.id, { type: 'retry-due', step: 0, item: 0, attempt: 1 })]);
  return { runId: run.id, first, second };
}

describe('a process whose cache is out of date', () => {
  it('judges a result by what is in the record', async () => {
    const { runId, second } = await outdated();
    expect(await second.engine.submit([succeeded(ref(runId, 0, 2), { text: 'newer' })])).toEqual([true]);
    expect((await itemsOf(pool, runId))[0]).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  it('does not take a late result for a new one', async () => {
    const { runId, second } = await outdated();
    expect(await second.engine.submit([succeeded(ref(runId), { text: 'late' })])).toEqual([false]);
    expect((await itemsOf(pool, runId))[0]).toMatchObject({ status: 'queued', attempt: 2, output: null });
  });

  it('commits the rest of the batch with it, each once', async () => {
    const { runId, first, second } = await outdated();
    const other = runOf(fanOut('probe', 1));
    expect(await second.engine.submit([succeeded(ref(runId, 1)), create(other), succeeded(ref(runId, 0, 2))])).toEqual([true, true, true]);
    expect(await first.engine.submit([succeeded(ref(runId, 1)), succeeded(ref(other.id))])).toEqual([false, true]);
    expect([await statusOf(pool, runId), await statusOf(pool, other.id)]).toEqual(['completed', 'completed']);
  });

  it('does not let a second worker in', async () => {
    const [first, second] = [newEngine(pool), newEngine(pool)];
    const run = runOf(fanOut('change', 1));
    await second.engine.submit([create(run)]);
    expect(await first.engine.submit([claimed(ref(run.id), 'w1')])).toEqual([true]);
    expect(await second.engine.submit([claimed(ref(run.id), 'w2')])).toEqual([false]);
  });
});

describe('batches that were sent', () => {
  const batchesOf = async (runId: string): Promise<string[]> => (await pool.query<{ id: string }>('select id from orchestrator.outbox where $1 = any(run_ids)', [runId])).rows.map((r) => r.id);

  it('lose their outbox rows with the next commit', async () => {
    const { engine } = newEngine(pool);
    const [run, other] = [runOf(fanOut('probe', 3)), runOf(fanOut('probe', 1))];
    await engine.submit([create(run)]);
    await engine.submit([create(other)]);
    engine.sent.add(await batchesOf(run.id));
    await engine.submit([succeeded(ref(run.id, 0))]);
    expect([await batchesOf(run.id), (await batchesOf(other.id)).length]).toEqual([[], 1]);
  });

  it('keep them when the commit fails, until one succeeds', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 1));
    await engine.submit([create(run)]);
    engine.sent.add(await batchesOf(run.id));
    await expect(engine.submit([create(run)])).rejects.toThrow();
    expect(await batchesOf(run.id)).toHaveLength(1);
    await engine.submit([succeeded(ref(run.id))]);
    expect(await batchesOf(run.id)).toEqual([]);
  });
});
