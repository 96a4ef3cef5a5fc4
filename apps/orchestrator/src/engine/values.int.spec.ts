import { createHash } from 'node:crypto';
import { LIMITS } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import { BlobStore } from '../store/blob-store.js';
import { LISTED, runOf } from '../testing/documents.js';
import { itemsOf, newEngine, stateOf, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { create, ref, succeeded } from '../testing/submissions.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers, orchestrator.claims'));

describe('a value', () => {
  const user = (reference: string) => ({ steps: [{ id: 'first', tool: 'list' }, { id: 'second', tool: 'change', inputs: { host: reference } }] });

  it('that is missing fails its step before anything is sent', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(user('<<steps.first.output.owner>>'));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    await engine.submit([succeeded(ref(run.id), { hosts: [] })]);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await stateOf(pool, run.id)).state.steps[1]).toMatchObject({ status: 'failed', failure: { code: 'reference-missing' } });
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

  const MIB = 1024 * 1024;
  const LARGE = 16 * MIB;
  /** A run whose first step has so many outputs of 16 MiB, each kept as one blob, and whose second step uses them. */
  const many = async (count: number, second: object) => {
    const { engine } = newEngine(pool);
    const { sha256 } = await new BlobStore(pool).put(Buffer.from(JSON.stringify({ text: 'x'.repeat(LARGE - 100) })));
    const hosts = Array.from({ length: count }, (_, i) => `host-${i}`);
    const run = runOf({ inputs: { hosts }, steps: [{ id: 'first', tool: 'change', forEach: '<<input.hosts>>', inputs: { host: '<<item>>' } }, { id: 'second', ...second }] });
    await engine.submit([create(run)]);
    const attempts = await takeOutbox(pool);
    await engine.submit(attempts.map((a) => ({ ...succeeded(a), result: { ...succeeded(a).result!, output: { json: null, blobSha256: sha256, truncated: false } } })));
    return { run, engine, steps: (await stateOf(pool, run.id)).state.steps };
  };

  it.each<[string, object]>([
    ['a step', { tool: 'change', inputs: { host: '<<steps.first.output[0].text>>' } }],
    ['a branch', { branch: [{ when: { field: 'steps.first.output[0].text', operator: '==', value: 'x' }, steps: [{ tool: 'probe', inputs: { host: 'a' } }] }] }],
  ])('of outputs that are too many together fails %s before they are read', async (_what, second) => {
    const { run, steps } = await many(LIMITS.stepValueBytes / LARGE + 1, second);
    expect(steps[1]).toMatchObject({ status: 'failed', failure: { code: 'limit-exceeded', message: expect.stringMatching(/^the outputs of step "first" are 80 MiB; what other steps use of one may be 64 MiB/) as string } });
    expect(await statusOf(pool, run.id)).toBe('failed');
  });

  it('of outputs up to the limit is there', async () => {
    const { steps } = await many(2, { tool: 'change', inputs: { host: '<<steps.first.items[1].target>>' } });
    expect(steps[1]!.status).toBe('running');
  });

  it('that makes the inputs of many items too large together fails their step', async () => {
    const { engine } = newEngine(pool);
    const { sha256 } = await new BlobStore(pool).put(Buffer.from(JSON.stringify({ hosts: Array.from({ length: 80 }, (_, i) => `host-${i}`), owner: 'x'.repeat(MIB - 100) })));
    const run = runOf({ steps: [{ id: 'first', tool: 'list' }, { id: 'each', tool: 'change', forEach: '<<steps.first.output.hosts>>', inputs: { host: '<<item>>', text: '<<steps.first.output.owner>>' } }] });
    await engine.submit([create(run)]);
    const result = succeeded(ref(run.id));
    await engine.submit([{ ...result, result: { ...result.result!, output: { json: null, blobSha256: sha256, truncated: false } } }]);
    expect((await stateOf(pool, run.id)).state.steps[1]).toMatchObject({ status: 'failed', failure: { code: 'limit-exceeded', message: expect.stringContaining('the first 65 of 80 items') as string } });
  });

  it.each([['without what was kept', null], ['with what was kept', JSON.stringify({ hosts: ['a'], owner: 'cut off' })]])('of a truncated output does not exist, %s', async (_what, json) => {
    const { engine } = newEngine(pool);
    const run = runOf(user('<<steps.first.output.owner>>'));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    const result = succeeded(ref(run.id));
    await engine.submit([{ ...result, result: { ...result.result!, output: { json, blobSha256: null, truncated: true } } }]);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await stateOf(pool, run.id)).state.steps.map((s) => s.status)).toEqual(['succeeded', 'failed']);
  });

  it('of a blob that is not there does not exist', async () => {
    const { engine } = newEngine(pool);
    const run = runOf(user('<<steps.first.output.owner>>'));
    await engine.submit([create(run)]);
    await takeOutbox(pool);
    const result = succeeded(ref(run.id));
    await engine.submit([{ ...result, result: { ...result.result!, output: { json: null, blobSha256: createHash('sha256').update('nowhere').digest('hex'), truncated: false } } }]);
    expect(await takeOutbox(pool)).toEqual([]);
    expect((await stateOf(pool, run.id)).state.steps[1]).toMatchObject({ status: 'failed', failure: { code: 'reference-missing' } });
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
