import { ITEM_SORTS, type ItemView, type ListItemsQueryDto, type RunSummary } from '@opsmesh/contracts';
import type { Database } from '@opsmesh/platform';
import { createTestDatabase, type TestDatabase } from '@opsmesh/testing';
import type { Pool } from 'pg';
import type { NewRun } from '../engine/run.js';
import { fanOut, QUEUE, runOf } from '../testing/documents.js';
import { newEngine, openRecord, takeOutbox } from '../testing/rig.js';
import { create, failed, shuffled, succeeded } from '../testing/submissions.js';
import { BlobStore } from './blob-store.js';
import { ReadModels } from './read-models.js';

let server: TestDatabase; let database: Database; let pool: Pool; let models: ReadModels;
const ACME = 'acme';
let runs: NewRun[]; let foreign: NewRun; let big: NewRun;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  database = await openRecord(server.url);
  ({ pool } = database);
  models = new ReadModels(pool);
  const { engine } = newEngine(pool);
  runs = Array.from({ length: 7 }, (_, i) => runOf({ ...fanOut('probe', 2), name: i % 2 === 0 ? 'even' : 'odd' }, { tenantId: ACME, idempotencyKey: `key-${i}` }));
  foreign = runOf(fanOut('probe', 1), { tenantId: 'other', idempotencyKey: 'key-0' });
  big = runOf(fanOut('probe', 57, { map: { concurrency: 57 } }), { tenantId: ACME, actorId: 'bob' });
  await engine.submit([...runs, foreign, big].map(create));
  const attempts = (await takeOutbox(pool)).filter((a) => a.runId === big.id);
  await engine.submit(shuffled(attempts, 3).map((a, i) => {
    const one = i % 4 === 0 ? failed(a, 'not-found') : succeeded(a, { text: `of ${a.item}` });
    return { ...one, result: { ...one.result!, durationMs: i % 3 === 0 ? 0 : (i * 37) % 11 * 1000 } };
  }));
  // Targets that repeat, are missing, or sort by their bytes.
  await pool.query(`update orchestrator.items set target = case item % 5 when 0 then null when 1 then 'Zürich' when 2 then 'zebra' when 3 then 'Äpfel' else 'a,b' end where run_id = $1`, [big.id]);
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

const step = (run: NewRun, tenantId = ACME) => ({ tenantId, runId: run.id, stepId: 'each' });
const notThere = { status: 404, code: 'run-not-found' };

describe('a step whose items are queued', () => {
  const heard = (queue: string, secondsAgo: number): Promise<unknown> => pool.query(`insert into orchestrator.workers (id, service, queue, concurrency, seen_at) values ($1, $1, $1, 1, now() - make_interval(secs => $2)) on conflict (id) do update set seen_at = excluded.seen_at`, [queue, secondsAgo]);
  const missing = async (run: NewRun, tenantId = ACME): Promise<(string | null)[]> => (await models.getRun(tenantId, run.id)).steps.map((s) => s.missingService);

  it('names its service while none of its workers is heard', async () => {
    expect(await missing(foreign, 'other')).toEqual([QUEUE]);
    await heard('another', 0);
    await heard(QUEUE, 6);
    expect(await missing(foreign, 'other')).toEqual([QUEUE]);
    await heard(QUEUE, 1);
    expect(await missing(foreign, 'other')).toEqual([null]);
  });
  it('is none that has ended', async () => {
    await pool.query('truncate orchestrator.workers');
    expect(await missing(big)).toEqual([null]);
  });
});

describe('a tenant', () => {
  it('sees its own runs only', async () => {
    expect((await models.listRuns(ACME, {})).items.map((r) => r.id)).toEqual([...runs, big].map((r) => r.id).sort().reverse());
    expect((await models.listRuns('other', {})).items.map((r) => r.id)).toEqual([foreign.id]);
    expect((await models.listRuns('nobody', {})).items).toEqual([]);
  });
  it('finds no run, step or item of another', async () => {
    await expect(models.getRun('other', big.id)).rejects.toMatchObject(notThere);
    await expect(models.stepOf('other', big.id, 'each')).rejects.toMatchObject(notThere);
    await expect(models.listItems(step(big, 'other'), {})).rejects.toMatchObject(notThere);
    await expect(models.getRun(ACME, foreign.id)).rejects.toMatchObject(notThere);
  });
  it('has idempotency keys of its own', async () => {
    expect(await models.findByIdempotencyKey('other', 'key-0')).toMatchObject({ id: foreign.id });
    expect(await models.findByIdempotencyKey(ACME, 'key-0')).toMatchObject({ id: runs[0]!.id });
    expect(await models.findByIdempotencyKey('other', 'key-1')).toBeUndefined();
  });
  it('can not reach another by a cursor', async () => {
    expect((await models.listRuns('other', { cursor: runs[0]!.id })).items).not.toContainEqual(expect.objectContaining({ tenant_id: ACME }));
  });
});

describe('runs', () => {
  it.each([1, 2, 3, 8])('come page by page, each once, %i at a time', async (limit) => {
    const seen: RunSummary[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await models.listRuns(ACME, { limit, ...(cursor ? { cursor } : {}) });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.items);
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seen.map((r) => r.id)).toEqual([...runs, big].map((r) => r.id).sort().reverse());
  });
  it('are filtered by status and name', async () => {
    expect((await models.listRuns(ACME, { name: 'odd' })).items).toHaveLength(3);
    expect((await models.listRuns(ACME, { status: 'partial' })).items.map((r) => r.id)).toEqual([big.id]);
    expect((await models.listRuns(ACME, { status: 'cancelled' })).items).toEqual([]);
  });
  it.each(['nonsense', '------------------------------------', `${'0'.repeat(36)}`, '', "' or 1=1 --"])('refuse the cursor %j', (cursor) => expect(models.listRuns(ACME, { cursor })).rejects.toMatchObject({ status: 422, code: 'bad-cursor' }));
});

describe('a run', () => {
  it('is shown with its steps and the number of its newest event', async () => {
    const view = await models.getRun(ACME, big.id);
    expect(view).toMatchObject({ id: big.id, tenant_id: ACME, actor_id: 'bob', name: 'fan-out', status: 'partial', parentRunId: null });
    expect(view.steps).toMatchObject([{ id: 'each', tool: 'probe', effect: 'read', status: 'partial', dependsOn: [], level: 0, total: 57, counts: { failed: 15, succeeded: 42 } }]);
    expect(view.finishedAt).not.toBeNull();
    const events = await models.eventsAfter(big.id, 0, 10_000);
    expect(view.lastEvent).toBe(events.at(-1)!.seq);
  });
  it.each(['nonsense', '', '------------------------------------', '00000000-0000-7000-8000-000000000000', '\0'])('with the id %j is not there', (id) => expect(models.getRun(ACME, id)).rejects.toMatchObject(notThere));
  it('without such a step says which it has', () => expect(models.listItems({ ...step(big), stepId: 'other' }, {})).rejects.toMatchObject({ status: 404, code: 'step-not-found', detail: expect.stringContaining('each') as string }));
});

describe('events', () => {
  it.each([1, 7, 500])('come in order and without a gap, about %i at a time', async (limit) => {
    const seen: number[] = [];
    for (let last = 0; ;) {
      const events = await models.eventsAfter(big.id, last, limit);
      if (events.length === 0) break;
      seen.push(...events.map((e) => e.seq));
      last = seen.at(-1)!;
    }
    expect(seen).toEqual(Array.from({ length: (await models.getRun(ACME, big.id)).lastEvent }, (_, i) => i + 1));
  });
  it('start after any event, also in the middle of what one commit wrote', async () => {
    const all = await models.eventsAfter(big.id, 0, 10_000);
    for (let seq = 0; seq <= all.length; seq++) expect(await models.eventsAfter(big.id, seq, 10_000)).toEqual(all.slice(seq));
    expect(all[2]).toMatchObject({ step: 'each', item: expect.any(Number) as number });
    expect(all[0]).toMatchObject({ seq: 1, type: 'run.started', step: null, item: null, data: {} });
    expect(new Date(all[0]!.at).toISOString()).toBe(all[0]!.at);
  });
});

describe('items', () => {
  async function pages(query: ListItemsQueryDto): Promise<ItemView[]> {
    const seen: ItemView[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await models.listItems(step(big), { ...query, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items);
      if (page.next === null) return seen;
      cursor = page.next;
    }
  }
  const KEYS: Record<string, (i: ItemView) => string | number> = { index: (i) => i.index, status: (i) => i.status, target: (i) => i.target ?? '', duration: (i) => i.durationMs ?? 0 };
  const bytes = (a: string | number, b: string | number): number => (typeof a === 'number' ? a - (b as number) : Buffer.compare(Buffer.from(a), Buffer.from(b as string)));

  it.each(ITEM_SORTS.flatMap((sort) => [1, 10, 56, 57].map((limit) => [sort, limit] as const)))('sorted by %s come page by page, each once, %i at a time', async (sort, limit) => {
    const seen = await pages({ sort, limit });
    const key = KEYS[sort.replace('-', '')]!;
    const way = sort.startsWith('-') ? -1 : 1;
    const expected = [...await pages({ limit: 1000 })].sort((a, b) => way * (bytes(key(a), key(b)) || a.index - b.index));
    expect(seen.map((i) => i.index)).toEqual(expected.map((i) => i.index));
    expect(seen).toHaveLength(57);
  });

  it('are filtered by status, also over pages', async () => {
    const seen = await pages({ status: 'failed', sort: '-target', limit: 4 });
    expect(seen).toHaveLength(15);
    expect(new Set(seen.map((i) => i.index)).size).toBe(15);
    expect(seen.every((i) => i.status === 'failed' && i.failure?.code === 'not-found')).toBe(true);
  });

  const cursorOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    ['no base64', '!!!'], ['no JSON', Buffer.from('x').toString('base64url')], ['no list', cursorOf({ key: 'a' })], ['null', cursorOf(null)], ['another type', cursorOf([1, 'a'])], ['an empty text', ''],
    ['a fraction', cursorOf(['a', 1.5])], ['a number beyond all items', cursorOf(['a', 1e12])], ['a NUL', cursorOf(['\0', 1])],
  ])('refuse a cursor that is %s', (_what, cursor) => expect(models.listItems(step(big), { cursor })).rejects.toMatchObject({ status: 422, code: 'bad-cursor' }));

  it('show a large output from its blob, and none that was cut', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(fanOut('probe', 2), { tenantId: 'blobs' });
    await engine.submit([create(run)]);
    const { sha256 } = await new BlobStore(pool).put(Buffer.from(JSON.stringify({ text: 'x'.repeat(70_000) })));
    const [a, b] = (await takeOutbox(pool)).filter((r) => r.runId === run.id).map((r) => succeeded(r));
    await engine.submit([
      { ...a!, result: { ...a!.result!, output: { json: null, blobSha256: sha256, truncated: false } } },
      { ...b!, result: { ...b!.result!, output: { json: null, blobSha256: null, truncated: true } } },
    ]);
    const { items } = await models.listItems({ tenantId: 'blobs', runId: run.id, stepId: 'each' }, {});
    expect(items.map((i) => [(i.output as { text: string } | null)?.text.length, i.truncated])).toEqual([[70_000, false], [undefined, true]]);
  });

  describe('with large outputs', () => {
    const sizes = [70_000, 1000, 1000, 70_000, 70_000, 3000, 3000, 3000, 3000, 3000];
    const text = (size: number): string => JSON.stringify({ text: 'x'.repeat(size) });
    let run: NewRun;
    beforeAll(async () => {
      const { engine } = newEngine(pool);
      run = runOf(fanOut('probe', sizes.length), { tenantId: 'large' });
      await engine.submit([create(run)]);
      const large = await new BlobStore(pool).put(Buffer.from(text(70_000)));
      await engine.submit((await takeOutbox(pool)).filter((a) => a.runId === run.id).map((a) => {
        const one = succeeded(a);
        const size = sizes[a.item]!;
        return { ...one, result: { ...one.result!, output: size > 65_536 ? { json: null, blobSha256: large.sha256, truncated: false } : { json: text(size), blobSha256: null, truncated: false } } };
      }));
    });

    it.each([['index', 100], ['-index', 100], ['index', 2]] as const)('a page ends when it is large, and the next one goes on: by %s, at most %i', async (sort, limit) => {
      const narrow = new ReadModels(pool, 8000);
      const paged: number[][] = [];
      const seen: ItemView[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await narrow.listItems({ tenantId: 'large', runId: run.id, stepId: 'each' }, { sort, limit, ...(cursor ? { cursor } : {}) });
        paged.push(page.items.map((i) => i.index));
        seen.push(...page.items);
        if (page.next === null) break;
        cursor = page.next;
      }
      const byBytes = sort === 'index' ? [[0], [1, 2, 3], [4], [5, 6, 7], [8, 9]] : [[9, 8, 7], [6, 5, 4], [3], [2, 1, 0]];
      expect(paged).toEqual(limit === 2 ? [[0], [1, 2], [3], [4], [5, 6], [7, 8], [9]] : byBytes);
      expect(seen.map((i) => (i.output as { text: string }).text.length)).toEqual(seen.map((i) => sizes[i.index]));
    });

    it('is one page where it fits', async () => {
      expect(await models.listItems({ tenantId: 'large', runId: run.id, stepId: 'each' }, {})).toMatchObject({ items: sizes.map((_, index) => ({ index })), next: null });
    });
  });
});
