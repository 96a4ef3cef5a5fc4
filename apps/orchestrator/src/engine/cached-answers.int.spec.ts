import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { BlobStore } from '../store/blob-store.js';
import { ReadModels } from '../store/read-models.js';
import { ResultCacheStore } from '../store/result-cache.js';
import { StepLog } from '../store/step-log.js';
import { drive } from '../testing/drive.js';
import { fanOut, runOf } from '../testing/documents.js';
import { countOf, historyOf, itemsOf, newEngine, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { create, failed, succeeded } from '../testing/submissions.js';
import type { CacheQuestion, RecordTransaction } from './ports.js';
import type { AttemptRef } from './positions.js';
import type { NewRun } from './run.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
beforeEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers, orchestrator.cache_keys'));

const look = (host: string, more: object = {}): object => ({ name: 'look', steps: [{ id: 'look', tool: 'look', inputs: { host }, ...more }] });
/** Runs a document; gives the attempts that were sent, with what each answered. */
async function ran(document: object, more: Partial<NewRun> = {}, answer: (attempt: AttemptRef) => object = () => ({ text: randomBytes(4).toString('hex') })): Promise<{ run: NewRun; sent: string[] }> {
  const run = runOf(document, more);
  const { engine } = newEngine(pool);
  const sent: string[] = [];
  await engine.submit([create(run)]);
  await drive(engine, pool, { answer: (attempt, _inputs, step) => { sent.push(`${step}.${attempt.item}`); return answer(attempt); } });
  return { run, sent };
}
const outputs = async (run: NewRun): Promise<unknown[]> => (await itemsOf(pool, run.id)).map((i) => i.output);
const itemViews = async (run: NewRun, stepId = 'look') => (await new ReadModels(pool).listItems({ tenantId: run.tenantId, runId: run.id, stepId }, {})).items;
const age = (run: NewRun, ms: number): Promise<unknown> => pool.query(`update orchestrator.items set finished_at = finished_at - $2 * interval '1 millisecond' where run_id = $1`, [run.id, ms]);

describe('the output of a read-only call', () => {
  it('answers the same call of a later run, which says where it comes from everywhere', async () => {
    const first = await ran(look('a'));
    const second = await ran(look('a'));
    expect([first.sent, second.sent, await statusOf(pool, second.run.id)]).toEqual([['look.0'], [], 'completed']);
    expect(await outputs(second.run)).toEqual(await outputs(first.run));
    const [original] = await itemViews(first.run);
    const from = { runId: first.run.id, step: 'look', item: 0, at: original!.finishedAt };
    expect(original).toMatchObject({ cached: false, cachedFrom: null, workerId: 'w1' });
    expect(await itemViews(second.run)).toMatchObject([{ status: 'succeeded', attempt: 1, cached: true, cachedFrom: from, workerId: 'orchestrator', durationMs: null }]);
    expect((await historyOf(pool, second.run.id)).find((e) => e.type === 'item.succeeded')!.data).toEqual({ attempt: 1, cached: true, from });
    const log = await new StepLog(pool, new ReadModels(pool)).item('default', { runId: second.run.id, stepId: 'look', item: 0 });
    expect(log.attempts).toMatchObject([{ number: 1, status: 'succeeded', cached: true, cachedFrom: from, startedAt: null, output: original!.output }]);
  });

  it.each<[string, object, Partial<NewRun>]>([
    ['with other inputs', look('b'), {}], ['of another tenant', look('a'), { tenantId: 'other' }], ['of a tool that says nothing of it', { name: 'p', steps: [{ id: 'look', tool: 'probe', inputs: { host: 'a' } }] }, {}],
    ['of a step that wants none', look('a', { cache: false }), {}], ['of a plan that bypasses it', { ...look('a'), cache: 'bypass' }, {}], ['of a plan that changes something', { name: 'c', steps: [...(look('a') as { steps: object[] }).steps, { tool: 'change', inputs: { host: 'a' } }] }, {}],
  ])('answers no call %s', async (_what, document, more) => {
    await ran(look('a'));
    expect((await ran(document, more)).sent).toContain('look.0');
  });

  it('of another version of the tool answers no call', async () => {
    const { run: first } = await ran(look('a'));
    const newer = { ...first.plan, steps: first.plan.steps.map((s) => ({ ...s, toolVersion: '1.1.0' })) };
    expect((await ran(newer)).sent).toEqual(['look.0']);
  });

  it('answers as long as the asking step says, by the database\'s clock', async () => {
    const { run: first } = await ran(look('a'));
    await age(first, 30_000);
    expect((await ran(look('a'))).sent).toEqual([]);
    expect((await ran(look('a', { cache: { ttlMs: 29_000 } }))).sent).toEqual(['look.0']);
  });

  it('is not made younger by what it answers', async () => {
    const { run: first } = await ran(look('a'));
    await age(first, 50_000);
    expect((await ran(look('a'))).sent).toEqual([]);
    await age(first, 11_000);
    expect((await ran(look('a'))).sent).toEqual(['look.0']);
  });

  it('of a run that bypassed the others answers later ones', async () => {
    const { run: first } = await ran({ ...look('a'), cache: 'bypass' });
    const second = await ran(look('a'));
    expect([second.sent, await outputs(second.run)]).toEqual([[], await outputs(first)]);
  });

  it('answers only if it is whole and of a call that succeeded', async () => {
    const { engine } = newEngine(pool);
    for (const end of [(a: AttemptRef) => failed(a, 'not-found', { text: 'half' }), (a: AttemptRef) => { const s = succeeded(a); return { ...s, result: { ...s.result!, output: { json: null, blobSha256: null, truncated: true } } }; }]) {
      await engine.submit([create(runOf(look('a')))]);
      const [attempt] = await takeOutbox(pool);
      await engine.submit([end(attempt!)]);
    }
    expect((await ran(look('a'))).sent).toEqual(['look.0']);
  });

  it('does not answer when its run made files: they are that run\'s', async () => {
    const { run: first } = await ran(look('a'));
    await new BlobStore(pool).putForRun(first.id, { bytes: Buffer.from('capture'), mediaType: 'application/octet-stream' });
    expect((await ran(look('a'))).sent).toEqual(['look.0']);
  });

  it('that is a blob answers as that blob', async () => {
    const { sha256 } = await new BlobStore(pool).put(Buffer.from('{"text":"large"}'));
    await ran(look('a'), {}, (a) => { const s = succeeded(a); return { ...s, result: { ...s.result!, output: { json: null, blobSha256: sha256, truncated: false } } }; });
    const { run, sent } = await ran({ name: 'two', steps: [...(look('a') as { steps: object[] }).steps, { id: 'use', tool: 'probe', inputs: { host: '<<look.text>>' } }] });
    expect([sent, (await itemsOf(pool, run.id))[1]!.inputs]).toEqual([['use.0'], { host: 'large' }]);
  });

  it('is not asked for by what people repeat', async () => {
    const { run: first } = await ran(look('a'));
    const again = runOf(first.plan, { parentRunId: first.id });
    const { engine } = newEngine(pool);
    await engine.submit([{ kind: 'create', run: again, rerun: { steps: [{ step: 0, of: 0, boundAnew: false }], items: { items: [0] } } }]);
    expect(await takeOutbox(pool)).toEqual([{ runId: again.id, step: 0, item: 0, attempt: 1 }]);
  });
});

describe('a fan-out', () => {
  const each = (count: number, more: object = {}): object => fanOut('look', count, { map: { concurrency: 3 }, ...more });

  it('whose items are all known ends in the commit that begins it, by a few questions', async () => {
    await ran(each(1000));
    const run = runOf(each(1000));
    const { record } = newEngine(pool);
    const asked: CacheQuestion[][] = [];
    const noting = (tx: RecordTransaction): RecordTransaction => Object.assign(Object.create(tx) as RecordTransaction, { loadCached: (wanted: readonly CacheQuestion[]) => { asked.push([...wanted]); return tx.loadCached(wanted); } });
    const { engine } = newEngine(pool, { record: { loadFacts: (ids) => record.loadFacts(ids), transaction: (work) => record.transaction((tx) => work(noting(tx))) } });
    await engine.submit([create(run)]);
    expect([await statusOf(pool, run.id), await takeOutbox(pool), asked.length]).toEqual(['completed', [], 5]);
    expect((await itemViews(run, 'each')).every((i) => i.cached && i.cachedFrom!.item === i.index)).toBe(true);
    const history = await historyOf(pool, run.id);
    expect(history.map((e) => e.seq)).toEqual(history.map((_, i) => i + 1));
  }, 120_000);

  it('sends the items that are not known, each once, and goes on with what is known in between', async () => {
    const known = { name: 'known', inputs: { hosts: Array.from({ length: 30 }, (_, i) => `host-${i * 2}`) }, steps: [{ id: 'each', tool: 'look', forEach: '<<input.hosts>>', inputs: { host: '<<item>>' } }] };
    await ran(known);
    const { run, sent } = await ran(each(60));
    expect(sent).toEqual(Array.from({ length: 30 }, (_, i) => `each.${i * 2 + 1}`));
    expect(await statusOf(pool, run.id)).toBe('completed');
  });

  it('answers later items of the same call by the first', async () => {
    const { run, sent } = await ran({ name: 'same', inputs: { hosts: ['a', 'b', 'a', 'a', 'b'] }, steps: [{ id: 'look', tool: 'look', forEach: '<<input.hosts>>', inputs: { host: '<<item>>' }, map: { concurrency: 1 } }] });
    expect(sent).toEqual(['look.0', 'look.1']);
    expect((await itemViews(run)).map((i) => i.cachedFrom?.item ?? null)).toEqual([null, null, 0, 0, 1]);
  });

  it('in a loop over a list is answered in each iteration', async () => {
    const loop = { name: 'loop', inputs: { hosts: ['a', 'b', 'c'] }, steps: [{ id: 'l', loop: { forEach: '<<input.hosts>>', steps: [{ id: 'look', tool: 'look', inputs: { host: '<<item>>' } }] } }] };
    await ran(loop);
    const { run, sent } = await ran(loop);
    expect([sent, await statusOf(pool, run.id), (await itemViews(run)).length]).toEqual([[], 'completed', 3]);
  });

  it('holds no lock and no rate for what is known', async () => {
    await ran(each(4));
    const { run, sent } = await ran(each(4, { map: { lock: true, rate: { key: 'tool', limit: 1, perMs: 60_000 } } }));
    expect([sent, await statusOf(pool, run.id), await countOf(pool, 'locks')]).toEqual([[], 'completed', 0]);
  });
});

it('keys are kept only for steps that may be answered, and swept when they can answer no more', async () => {
  const store = new ResultCacheStore(pool);
  await ran({ name: 'p', steps: [{ id: 'p', tool: 'probe', inputs: { host: 'a' } }] });
  expect(await countOf(pool, 'cache_keys')).toBe(0);
  const { run: first } = await ran(look('a'));
  await ran(look('b'));
  await age(first, 60_001);
  expect([await store.sweep(), await countOf(pool, 'cache_keys')]).toEqual([false, 1]);
});
