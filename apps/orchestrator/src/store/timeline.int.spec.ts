import { AttemptBarsView, fits, ItemLogView, TimelineView, type AttemptView, type TimelineStepView } from '@opsmesh/contracts';
import type { Database } from '@opsmesh/platform';
import { createTestDatabase, type TestDatabase } from '@opsmesh/testing';
import type { Pool } from 'pg';
import type { AttemptRef } from '../engine/positions.js';
import type { NewRun } from '../engine/run.js';
import { drive } from '../testing/drive.js';
import { fanOut, runOf } from '../testing/documents.js';
import { childrenOf, openRecord, startRun, takeOutbox } from '../testing/rig.js';
import { claimed, failed, happens, succeeded } from '../testing/submissions.js';
import { BlobStore } from './blob-store.js';
import { ReadModels } from './read-models.js';
import { StepLog } from './step-log.js';
import { Timelines } from './timeline.js';

let server: TestDatabase; let database: Database; let pool: Pool; let logs: StepLog; let timelines: Timelines;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  database = await openRecord(server.url);
  ({ pool } = database);
  const models = new ReadModels(pool);
  logs = new StepLog(pool, models);
  timelines = new Timelines(pool, models);
});
afterAll(async () => {
  await database.close();
  await server.drop();
});
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers'));

const probe = (id: string, more: object = {}): object => ({ id, tool: 'probe', inputs: { host: id }, ...more });
const RETRY = { maxAttempts: 3, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: false } };
async function logOf({ id: runId }: NewRun, stepId: string, item = 0): Promise<ItemLogView> {
  const log = await logs.item('default', { runId, stepId, item });
  expect(fits(ItemLogView, JSON.parse(JSON.stringify(log)))).toBe(true);
  return log;
}
async function timelineOf({ id }: { id: string }, query = {}): Promise<TimelineView> {
  const timeline = await timelines.timeline('default', id, query);
  expect(fits(TimelineView, JSON.parse(JSON.stringify(timeline)))).toBe(true);
  return timeline;
}
const stepOf = ({ steps }: TimelineView, id: string): TimelineStepView => steps.find((s) => s.id === id)!;
/** One way to say which attempts there were and how they ended. */
const outcomes = (attempts: readonly AttemptView[]): string[] => attempts.map((a) => `${a.number} ${a.status}${a.failure ? ` ${a.failure.code}` : ''}`);
const ascending = (...times: (string | null)[]): boolean => times.every((t, i) => t !== null && (i === 0 || times[i - 1]! <= t));

describe('the log of an item', () => {
  it('says what is heard of an attempt that was repeated while nobody knew how it ended', async () => {
    const { run, engine } = await startRun(pool, fanOut('change', 2));
    const [first] = await takeOutbox(pool) as [AttemptRef];
    const repeat = (attempt: number) => happens(run.id, { type: 'repeat', step: 0, item: 0, attempt, reason: 'once more', actor: 'ann' });
    await engine.submit([claimed(first), happens(run.id, { type: 'lost', step: 0, item: 0, attempt: 1 }), repeat(1)]);
    const second = { ...first, attempt: 2 };
    await engine.submit([claimed(second), happens(run.id, { type: 'lost', step: 0, item: 0, attempt: 2 })]);
    expect(outcomes((await logOf(run, 'each')).attempts)).toEqual(['1 unknown worker-lost', '2 unknown worker-lost']);
    const late = succeeded(first, { text: 'it did' });
    expect(await engine.submit([late])).toEqual([true]);
    expect(await engine.submit([late])).toEqual([false]);
    const log = await logOf(run, 'each');
    expect(outcomes(log.attempts)).toEqual(['1 succeeded', '2 unknown worker-lost']);
    expect(log).toMatchObject({ status: 'unknown', attempts: [{ output: { text: 'it did' }, workerId: 'w1' }, {}], acts: [{ act: 'repeated' }, { act: 'resolved', attempt: 1, status: 'succeeded', actor: null }] });
    // The item is still one of those that nobody knows of.
    expect((await pool.query('select from orchestrator.unknown_items where run_id = $1', [run.id])).rowCount).toBe(1);
    await engine.submit([happens(run.id, { type: 'resolved', step: 0, item: 0, attempt: 2, status: 'failed', reason: 'I looked', actor: 'ann' })]);
    expect((await pool.query('select from orchestrator.unknown_items where run_id = $1', [run.id])).rowCount).toBe(0);
  });

  it('keeps of every attempt its outcome, worker, times and output', async () => {
    const { run, engine } = await startRun(pool, { name: 'retry', steps: [probe('a', { retry: RETRY })] });
    await drive(engine, pool, { answer: (attempt) => {
      if (attempt.attempt === 3) return { text: 'at last' };
      const answer = failed(attempt, 'unreachable', { text: `try ${attempt.attempt}` });
      return { ...answer, result: { ...answer.result!, workerId: `w${attempt.attempt}`, durationMs: 10 * attempt.attempt } };
    } });
    const log = await logOf(run, 'a');
    expect(log).toMatchObject({ runId: run.id, step: 'a', item: 0, tool: 'probe', target: 'a', status: 'succeeded', inputs: { host: 'a' }, failure: null, takenFrom: null, acts: [] });
    expect(outcomes(log.attempts)).toEqual(['1 failed unreachable', '2 failed unreachable', '3 succeeded']);
    expect(log.attempts.map((a) => [a.workerId, a.durationMs, a.retryInMs, a.output])).toEqual([['w1', 10, 100, { text: 'try 1' }], ['w2', 20, 100, { text: 'try 2' }], ['w1', 7, null, { text: 'at last' }]]);
    for (const { startedAt, endedAt, durationMs } of log.attempts) expect(Date.parse(endedAt!) - Date.parse(startedAt!)).toBe(durationMs);
    expect(ascending(...log.attempts.flatMap((a) => [a.queuedAt, a.endedAt]))).toBe(true);
  });

  it('says of an attempt under way what is known, and nothing of the one before', async () => {
    const { run, engine } = await startRun(pool, { name: 'under way', steps: [probe('a', { retry: RETRY, tool: 'probe' })] });
    const [first] = await takeOutbox(pool) as [AttemptRef];
    await engine.submit([failed(first, 'unreachable')]);
    expect(outcomes((await logOf(run, 'a')).attempts)).toEqual(['1 failed unreachable']);
    await engine.submit([happens(run.id, { type: 'retry-due', step: 0, item: 0, attempt: 1 })]);
    const queued = await logOf(run, 'a');
    expect(outcomes(queued.attempts)).toEqual(['1 failed unreachable', '2 queued']);
    expect(queued.attempts[1]).toMatchObject({ workerId: null, startedAt: null, endedAt: null, failure: null });
    await engine.submit([claimed({ ...first, attempt: 2 }, 'w9')]);
    expect((await logOf(run, 'a')).attempts[1]).toMatchObject({ status: 'running', workerId: 'w9', endedAt: null });
  });

  it('keeps the failure of an attempt whose retry is waited for while the run is paused, and after the run was cancelled', async () => {
    const { run, engine } = await startRun(pool, { name: 'paused', steps: [probe('a', { retry: RETRY })] });
    const [first] = await takeOutbox(pool) as [AttemptRef];
    await engine.submit([failed(first, 'unreachable')]);
    await engine.submit([happens(run.id, { type: 'pause' })]);
    await engine.submit([happens(run.id, { type: 'retry-due', step: 0, item: 0, attempt: 1 })]);
    expect(outcomes((await logOf(run, 'a')).attempts)).toEqual(['1 failed unreachable']);
    await engine.submit([happens(run.id, { type: 'cancel' })]);
    const log = await logOf(run, 'a');
    expect(log.status).toBe('cancelled');
    expect(outcomes(log.attempts)).toEqual(['1 failed unreachable']);
  });

  it('keeps the doubt of an attempt that a person has repeated, and who it was', async () => {
    const { run, engine } = await startRun(pool, fanOut('change', 2));
    const [doubted, other] = await takeOutbox(pool) as [AttemptRef, AttemptRef];
    await engine.submit([claimed(doubted), claimed(other)]);
    await engine.submit([happens(run.id, { type: 'lost', step: 0, item: 0, attempt: 1 })]);
    await engine.submit([happens(run.id, { type: 'repeat', step: 0, item: 0, attempt: 1, reason: 'looked', actor: 'bob' })]);
    await drive(engine, pool);
    const log = await logOf(run, 'each');
    expect(outcomes(log.attempts)).toEqual(['1 unknown worker-lost', '2 succeeded']);
    expect(log.acts).toEqual([{ at: expect.any(String), act: 'repeated', attempt: 2, status: null, actor: 'bob', reason: 'looked' }]);
    expect((await logOf(run, 'each', 1)).acts).toEqual([]);
  });

  it('tells when doubt was resolved and by whom, and when the attempt really ended', async () => {
    const { run, engine } = await startRun(pool, fanOut('change', 1));
    const [attempt] = await takeOutbox(pool) as [AttemptRef];
    await engine.submit([claimed(attempt)]);
    await engine.submit([happens(run.id, { type: 'lost', step: 0, item: 0, attempt: 1 })]);
    const [doubted] = (await logOf(run, 'each')).attempts;
    await engine.submit([happens(run.id, { type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', reason: 'seen', actor: 'bob' })]);
    const log = await logOf(run, 'each');
    expect(outcomes(log.attempts)).toEqual(['1 succeeded']);
    expect(log.acts).toMatchObject([{ act: 'resolved', attempt: 1, status: 'succeeded', actor: 'bob', reason: 'seen' }]);
    expect(ascending(doubted!.endedAt, log.acts[0]!.at)).toBe(true);
    expect(log.attempts[0]!.endedAt).toBe(doubted!.endedAt);
  });

  it('tells when an attempt was put into the queue again', async () => {
    const { run, engine } = await startRun(pool, { name: 'lost', steps: [probe('a')] });
    await engine.submit([happens(run.id, { type: 'lost', step: 0, item: 0, attempt: 1 })]);
    expect((await logOf(run, 'a')).attempts).toMatchObject([{ number: 1, status: 'queued', requeuedAt: [expect.any(String)] }]);
  });

  it('tells the adaptation that an attempt brought about', async () => {
    const { run, engine } = await startRun(pool, { name: 'slow', steps: [probe('a', { retry: { maxAttempts: 1 }, adapt: { timeoutFactor: 2 } })] });
    await drive(engine, pool, { answer: (a) => (a.attempt === 1 ? failed(a, 'timed-out') : {}) });
    const { attempts } = await logOf(run, 'a');
    expect(outcomes(attempts)).toEqual(['1 failed timed-out', '2 succeeded']);
    expect(attempts.map((a) => a.adaptations)).toEqual([[{ at: expect.any(String), cause: 'timed-out', effect: 'longer-timeout', detail: { from: 1000, to: 2000 } }], []]);
  });

  it('links an output that is too large, of an earlier attempt too', async () => {
    const { run, engine } = await startRun(pool, { name: 'large', steps: [probe('a', { retry: RETRY })] });
    const blobs = new BlobStore(pool);
    const { sha256 } = await blobs.put(Buffer.from('"large"'));
    await drive(engine, pool, { answer: (a) => {
      const answer = a.attempt === 1 ? failed(a, 'unreachable') : succeeded(a);
      return { ...answer, result: { ...answer.result!, output: { json: null, blobSha256: a.attempt === 1 ? sha256 : null, truncated: false } } };
    } });
    const [first, second] = (await logOf(run, 'a')).attempts;
    expect(first!.blob).toEqual({ sha256, bytes: 7, url: `/runs/${run.id}/blobs/${sha256}` });
    expect([first!.output, second!.blob]).toEqual([undefined, null]);
    expect((await blobs.ofRun('default', run.id, sha256))?.bytes.toString()).toBe('"large"');
  });

  it('has no attempt where nothing could be sent, and says why', async () => {
    const { run, engine } = await startRun(pool, { name: 'missing', inputs: { list: [{ host: 'x' }, {}] }, steps: [probe('a', { forEach: '<<input.list>>', inputs: { host: '<<item.host>>' } })] });
    await drive(engine, pool);
    expect(await logOf(run, 'a', 1)).toMatchObject({ attempts: [], status: 'failed', inputs: null, failure: { code: 'reference-missing' } });
  });

  it('leads to the run of a sub-plan', async () => {
    const { run, engine } = await startRun(pool, { name: 'outer', steps: [{ id: 'sub', orchestration: { name: 'inner', steps: [probe('a')] } }, probe('b')] });
    const [first] = await childrenOf(pool, run.id);
    expect((await logOf(run, 'sub')).attempts.map((a) => a.childRunId)).toEqual([first!.id]);
    await drive(engine, pool, { answer: (attempt) => (attempt.runId === first!.id ? failed(attempt, 'not-found') : {}), within: 0 });
    expect((await logOf(run, 'sub')).attempts.map((a) => [a.status, a.childRunId])).toEqual([['failed', first!.id]]);
    expect((await logOf(run, 'b')).attempts.map((a) => a.childRunId)).toEqual([null]);
  });

  it('leads to the run that a re-run took the item from', async () => {
    const { run, engine } = await startRun(pool, { name: 'again', steps: [probe('a', { retry: RETRY }), probe('b', { dependsOn: ['a'] })] });
    await drive(engine, pool, { answer: (a, _, step) => (step === 'b' ? failed(a, 'not-found') : a.attempt === 1 ? failed(a, 'unreachable') : {}) });
    const child = runOf(run.plan, { parentRunId: run.id });
    await engine.submit([{ kind: 'create', run: child, rerun: { steps: [{ step: 1, of: 1, boundAnew: false }], items: ['failed'] } }]);
    await drive(engine, pool);
    const log = await logOf(child, 'a');
    expect(log).toMatchObject({ runId: child.id, takenFrom: run.id });
    expect(outcomes(log.attempts)).toEqual(['1 failed unreachable', '2 succeeded']);
    expect((await logOf(child, 'b')).takenFrom).toBeNull();
    const timeline = await timelineOf(child);
    expect([stepOf(timeline, 'a').takenFrom, stepOf(timeline, 'b').takenFrom]).toEqual([run.id, null]);
  });

  it.each([['run-not-found', 'other', 'a', 0], ['step-not-found', 'default', 'x', 0], ['item-not-found', 'default', 'a', 1]])('is refused with %s', async (code, tenant, stepId, item) => {
    const { run } = await startRun(pool, { name: 'refused', steps: [probe('a')] });
    await expect(logs.item(tenant, { runId: run.id, stepId, item })).rejects.toMatchObject({ status: 404, code });
  });
});

describe('a timeline', () => {
  it('has each step with its times, in the order of the run', async () => {
    const { run, engine } = await startRun(pool, { name: 'chain', inputs: { more: false }, steps: [probe('a'), probe('b', { dependsOn: ['a'] }), probe('c', { dependsOn: ['b'], when: { field: 'input.more', operator: '==', value: true } })] });
    await drive(engine, pool);
    const timeline = await timelineOf(run);
    const [a, b, c] = timeline.steps as [TimelineStepView, TimelineStepView, TimelineStepView];
    expect(ascending(timeline.createdAt, a.startedAt, a.endedAt, b.startedAt, b.endedAt, timeline.finishedAt, timeline.now)).toBe(true);
    expect([a.level, b.level, b.dependsOn, a.passCount, a.passes]).toEqual([0, 1, ['a'], 1, [{ from: a.startedAt, to: a.endedAt, status: 'succeeded' }]]);
    expect(c).toMatchObject({ status: 'skipped', startedAt: null, endedAt: expect.any(String), passes: [], cause: null });
  });

  it('says of failures which is the root and which are consequences', async () => {
    const { run, engine } = await startRun(pool, { name: 'causes', steps: [probe('a'), probe('b', { dependsOn: ['a'] }), probe('c')] });
    await drive(engine, pool, { answer: (a, _, step) => (step === 'a' ? failed(a, 'not-found') : {}) });
    const { steps } = await timelineOf(run);
    expect(steps.map((s) => [s.id, s.cause, s.failure?.code])).toEqual([['a', { kind: 'root', root: 'a' }, 'not-found'], ['b', { kind: 'consequence', root: 'a' }, 'dependency-failed'], ['c', null, undefined]]);
  });

  it('has the pauses of the run; one that goes on has no end', async () => {
    const { run, engine } = await startRun(pool, { name: 'pauses', steps: [probe('a')] });
    for (const type of ['pause', 'resume', 'pause'] as const) await engine.submit([happens(run.id, { type })]);
    expect((await timelineOf(run)).pauses).toEqual([{ from: expect.any(String), to: expect.any(String) }, { from: expect.any(String), to: null }]);
    await engine.submit([happens(run.id, { type: 'cancel' })]);
    expect((await timelineOf(run)).pauses.map((p) => p.to)).toEqual([expect.any(String), expect.any(String)]);
  });

  it('shows a loop as one stretch and what is in it as one pass an iteration, of which the newest hundred are kept', async () => {
    const { run, engine } = await startRun(pool, { name: 'loop', inputs: { list: Array.from({ length: 103 }, (_, n) => `h${n}`) }, steps: [{ id: 'each', loop: { forEach: '<<input.list>>', maxIterations: 200, steps: [probe('inner')] } }] });
    await drive(engine, pool);
    const timeline = await timelineOf(run);
    expect(stepOf(timeline, 'each')).toMatchObject({ kind: 'loop', passCount: 1, container: null });
    const inner = stepOf(timeline, 'inner');
    expect([inner.passCount, inner.passes.length, inner.container]).toEqual([103, 100, { step: 'each', arm: null }]);
    expect(ascending(...inner.passes.flatMap((p) => [p.from, p.to]))).toBe(true);
    expect([inner.endedAt, inner.startedAt! <= inner.passes[0]!.from]).toEqual([inner.passes.at(-1)!.to, true]);
  });

  it('has the waves of a fan-out and the retries of a step', async () => {
    const { run, engine } = await startRun(pool, fanOut('probe', 4, { map: { concurrency: 4, waves: [1, 4] }, retry: RETRY }));
    await drive(engine, pool, { answer: (a) => (a.attempt === 1 && a.item < 2 ? failed(a, 'unreachable') : {}) });
    expect(stepOf(await timelineOf(run), 'each')).toMatchObject({ retries: 2, waves: [{ wave: 1, startedAt: expect.any(String) }] });
  });

  it('has a bar for each attempt, page after page, each once and in order', async () => {
    const { run, engine } = await startRun(pool, fanOut('probe', 11, { map: { concurrency: 11 }, retry: RETRY }));
    await drive(engine, pool, { answer: (a) => (a.attempt === 1 && a.item % 3 === 0 ? failed(a, 'unreachable') : {}) });
    const { attempts: { items, next } } = await timelineOf(run, { limit: 4 });
    const bars = [...items];
    for (let cursor = next; cursor !== null;) {
      const page = await timelines.attempts('default', run.id, { limit: 4, cursor });
      expect(fits(AttemptBarsView, JSON.parse(JSON.stringify(page)))).toBe(true);
      expect(new Set(page.items.map((b) => b.item)).size).toBeLessThanOrEqual(4);
      bars.push(...page.items);
      cursor = page.next;
    }
    expect(bars.map((b) => `${b.item}.${b.attempt} ${b.failure ?? b.status}`)).toEqual(Array.from({ length: 11 }, (_, n) => (n % 3 === 0 ? [`${n}.1 unreachable`, `${n}.2 succeeded`] : [`${n}.1 succeeded`])).flat());
    expect(bars.every((b) => b.target === `host-${b.item}` && ascending(b.startedAt, b.endedAt))).toBe(true);
  });

  it('gives the bars of one step alone, and shows what runs without an end', async () => {
    const { run, engine } = await startRun(pool, { name: 'one', steps: [probe('a'), { id: 'ask', approval: { message: 'go?' } }] });
    await drive(engine, pool, { within: 0 });
    expect((await timelineOf(run, { step: 'ask' })).attempts.items).toEqual([
      { step: 'ask', item: 0, attempt: 1, target: null, status: 'running', queuedAt: null, startedAt: expect.any(String), endedAt: null, workerId: null, failure: null },
    ]);
    expect(stepOf(await timelineOf(run), 'ask')).toMatchObject({ kind: 'approval', tool: null, status: 'running', endedAt: null });
    expect((await timelineOf(run)).finishedAt).toBeNull();
  });

  it('is there for its own tenant only', async () => {
    const { run } = await startRun(pool, { name: 'mine', steps: [probe('a')] });
    await expect(timelines.timeline('other', run.id, {})).rejects.toMatchObject({ status: 404, code: 'run-not-found' });
    await expect(timelines.attempts('other', run.id, {})).rejects.toMatchObject({ status: 404, code: 'run-not-found' });
  });
});
