import { PROBE_AFTER_MS } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import { ReadModels } from '../store/read-models.js';
import { StepLog } from '../store/step-log.js';
import { drive, type Answer } from '../testing/drive.js';
import { runOf } from '../testing/documents.js';
import { countOf, historyOf, itemsOf, newEngine, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, succeeded } from '../testing/submissions.js';
import type { Engine } from './engine.js';
import type { AttemptRef } from './positions.js';
import type { NewRun } from './run.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
beforeEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers'));

/** A run whose only attempt was claimed and is of unknown outcome. */
async function doubtful(more: Partial<NewRun> = {}): Promise<{ run: NewRun; engine: Engine; attempt: AttemptRef }> {
  const run = runOf({ name: 'turn', steps: [{ id: 'turn', tool: 'turn', inputs: { host: 'web-01', text: 'on' } }] }, more);
  const { engine } = newEngine(pool);
  await engine.submit([create(run)]);
  const [attempt] = await takeOutbox(pool) as [AttemptRef];
  await engine.submit([claimed(attempt)]);
  await engine.submit([failed(attempt, 'connection-lost')]);
  expect((await itemsOf(pool, run.id))[0]!.status).toBe('unknown');
  return { run, engine, attempt };
}
const probes = async (runId: string) => (await pool.query<{ id: string; status: string; inputs: Record<string, unknown>; tenant_id: string; manifest_sha256: string | null }>('select id, status, inputs, tenant_id, manifest_sha256 from orchestrator.runs where parent_run_id = $1', [runId])).rows;
const unknownItems = (): Promise<number> => countOf(pool, 'unknown_items');
const byProbe = (answer: ReturnType<Answer>): Answer => (attempt, _inputs, step) => (step === 'probe' ? answer : succeeded(attempt));

it('asks after the grant has expired: what comes until then needs no probe', async () => {
  const { run, engine, attempt } = await doubtful();
  await drive(engine, pool, { within: PROBE_AFTER_MS - 10_000 });
  expect(await probes(run.id)).toEqual([]);
  await engine.submit([succeeded(attempt)]);
  await drive(engine, pool, { within: PROBE_AFTER_MS + 1000 });
  expect([await probes(run.id), (await itemsOf(pool, run.id))[0]!.status]).toEqual([[], 'succeeded']);
});

it.each([[true, 'succeeded', 'completed', 'took'], [false, 'failed', 'failed', 'did not take']] as const)('the answer %s settles the attempt as %s, in the name of the probe', async (answer, status, end, words) => {
  const before = await unknownItems();
  const { run, engine } = await doubtful({ manifestSha256: 'a'.repeat(64) });
  expect(await unknownItems()).toBe(before + 1);
  await drive(engine, pool, { answer: byProbe({ answer }), within: PROBE_AFTER_MS + 1000 });
  const [probe] = await probes(run.id);
  const { rows: [claim] } = await pool.query<{ claimed_at: Date }>('select claimed_at from orchestrator.claims where run_id = $1', [run.id]);
  expect(probe).toMatchObject({ status: 'completed', tenant_id: 'default', manifest_sha256: 'a'.repeat(64), inputs: { host: 'web-01', since: claim!.claimed_at.toISOString() } });
  expect([(await itemsOf(pool, run.id))[0]!.status, await statusOf(pool, run.id), await unknownItems()]).toEqual([status, end, before]);
  expect((await historyOf(pool, run.id)).at(-1)).toMatchObject({ type: 'item.resolved', data: { attempt: 1, status, actor: 'probe:seen', reason: `it ${words} place, says run ${probe!.id}` } });
  const log = await new StepLog(pool, new ReadModels(pool)).item('default', { runId: run.id, stepId: 'turn', item: 0 });
  expect(log).toMatchObject({ acts: [{ act: 'resolved', actor: 'probe:seen', status }], probes: [{ runId: probe!.id, attempt: 1, tool: 'seen', status: 'completed' }] });
  const own = await new StepLog(pool, new ReadModels(pool)).item('default', { runId: probe!.id, stepId: 'probe', item: 0 });
  expect(own).toMatchObject({ tool: 'seen', attempts: [{ output: { answer } }], probes: [] });
});

it.each<[string, Answer]>([['can not tell', byProbe({ answer: null })], ['fails', (attempt) => failed(attempt, 'auth-failed')]])('a probe that %s leaves the attempt to people', async (_what, answer) => {
  const { run, engine } = await doubtful();
  await drive(engine, pool, { answer, within: PROBE_AFTER_MS + 1000 });
  expect([(await probes(run.id)).length, (await itemsOf(pool, run.id))[0]!.status]).toEqual([1, 'unknown']);
  await engine.submit([happens(run.id, { type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', reason: 'seen', actor: 'ann' })]);
  expect(await statusOf(pool, run.id)).toBe('completed');
});

it('asks once, however many processes hear that it is time', async () => {
  const { run, attempt } = await doubtful();
  const due = happens(run.id, { type: 'probe-due', step: 0, item: 0, attempt: attempt.attempt });
  const engines = Array.from({ length: 4 }, () => newEngine(pool).engine);
  await Promise.all(engines.map((e) => e.submit([due, due])));
  expect(await probes(run.id)).toHaveLength(1);
});

it('a real result that comes while it asks wins', async () => {
  const { run, engine, attempt } = await doubtful();
  const before: Pick<Engine, 'submit'> = {
    submit: async (all) => {
      if (all.some((s) => s.kind === 'event' && s.event.type === 'resolved')) await engine.submit([succeeded(attempt, { text: 'it did' })]);
      return engine.submit(all);
    },
  };
  await drive(before, pool, { within: PROBE_AFTER_MS + 1000, answer: () => ({ answer: false }) });
  expect([(await probes(run.id)).length, (await itemsOf(pool, run.id))[0]]).toMatchObject([1, { status: 'succeeded', output: { text: 'it did' } }]);
  expect(await statusOf(pool, run.id)).toBe('completed');
});

it('is told to stop with its run', async () => {
  const run = runOf({ name: 'two', steps: [{ id: 'turn', tool: 'turn', inputs: { host: 'a' } }, { id: 'other', tool: 'probe', inputs: { host: 'b' } }] });
  const { engine } = newEngine(pool);
  await engine.submit([create(run)]);
  const [attempt] = await takeOutbox(pool) as [AttemptRef];
  await engine.submit([claimed(attempt)]);
  await engine.submit([failed(attempt, 'connection-lost'), happens(run.id, { type: 'probe-due', step: 0, item: 0, attempt: 1 })]);
  expect(await probes(run.id)).toMatchObject([{ status: 'running' }]);
  await takeOutbox(pool);
  await engine.submit([happens(run.id, { type: 'cancel' })]);
  await drive(engine, pool, { within: 0 });
  expect(await probes(run.id)).toMatchObject([{ status: 'cancelled' }]);
  expect((await itemsOf(pool, run.id))[0]!.status).toBe('unknown');
});
