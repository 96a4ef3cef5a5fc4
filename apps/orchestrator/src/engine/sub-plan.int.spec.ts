import type { Pool } from 'pg';
import { ReadModels } from '../store/read-models.js';
import { runOf } from '../testing/documents.js';
import { drive } from '../testing/drive.js';
import { childrenOf, itemsOf, startRun, statusOf, takeOutbox, useRecord } from '../testing/rig.js';
import { claimed, failed, happens, ref } from '../testing/submissions.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers'));

/** Ids of the runs of sub-plans by the number of the item that each carries out. */
async function inOrderOfItems(children: readonly { id: string }[]): Promise<string[]> {
  return (await pool.query<{ id: string }>('select id from orchestrator.runs where id = any($1) order by parent_item', [children.map((c) => c.id)])).rows.map((r) => r.id);
}

describe('a sub-plan', () => {
  const probe = (id: string, host: string): object => ({ id, tool: 'probe', inputs: { host } });
  const SUB = {
    name: 'outer', inputs: { hosts: ['p', 'q'] }, steps: [
      { id: 'sub', orchestration: { name: 'inner', inputs: { host: '' }, steps: [probe('one', '<<input.host>>')] }, forEach: '<<input.hosts>>', inputs: { host: '<<item>>' } },
      probe('after', '<<steps.sub.output[0].steps.one.host>>'),
    ],
  };

  it('is a run of its own for each item, whose outputs the parent sees', async () => {
    const { run, engine } = await startRun(pool, SUB);
    await drive(engine, pool, { answer: (_, inputs) => ({ host: `seen ${String(inputs['host'])}` }) });
    expect(await statusOf(pool, run.id)).toBe('completed');
    const children = await childrenOf(pool, run.id);
    expect(children.map((c) => c.status)).toEqual(['completed', 'completed']);
    const { items } = await new ReadModels(pool).listItems({ tenantId: run.tenantId, runId: run.id, stepId: 'sub' }, {});
    expect(items.map((i) => i.childRunId)).toEqual(await inOrderOfItems(children));
    expect((await itemsOf(pool, run.id)).at(-1)).toMatchObject({ step: 1, inputs: { host: 'seen p' } });
  });

  it('leads to the runs that carried it out from a re-run that took it over, and from the re-run of that', async () => {
    const { run, engine } = await startRun(pool, SUB);
    await drive(engine, pool, { answer: (a, _, step) => (step === 'after' ? failed(a, 'not-found') : { host: 'h' }) });
    const children = await inOrderOfItems(await childrenOf(pool, run.id));
    let latest = run;
    for (let n = 0; n < 2; n++) {
      const again = runOf(run.plan, { parentRunId: latest.id });
      await engine.submit([{ kind: 'create', run: again, rerun: { steps: [{ step: 1, of: 1, boundAnew: false }], items: ['failed'] } }]);
      await drive(engine, pool, { answer: (a) => failed(a, 'not-found') });
      const { items } = await new ReadModels(pool).listItems({ tenantId: run.tenantId, runId: again.id, stepId: 'sub' }, {});
      expect(items.map((i) => i.childRunId)).toEqual(children);
      latest = again;
    }
  });

  it('that fails fails its item', async () => {
    const { run, engine } = await startRun(pool, SUB);
    await drive(engine, pool, { answer: (attempt, inputs) => (inputs['host'] === 'q' ? failed(attempt, 'tool-failed') : { host: 'ok' }) });
    expect(await statusOf(pool, run.id)).toBe('partial');
    expect((await itemsOf(pool, run.id)).filter((i) => i.step === 0).map((i) => i.failure?.code)).toEqual([undefined, 'child-failed']);
  });

  it('of which something is unknown is unknown itself, and known when that is', async () => {
    const { run, engine } = await startRun(pool, { name: 'outer', steps: [{ id: 'sub', orchestration: { name: 'inner', steps: [{ id: 'one', tool: 'change', inputs: { host: 'x' } }] }, onFailure: { alternative: { id: 'instead', tool: 'change', inputs: { host: 'y' } } } }] });
    await drive(engine, pool, { answer: (attempt) => failed(attempt, 'connection-lost') });
    expect((await itemsOf(pool, run.id)).map((i) => [i.status, i.failure?.code])).toEqual([['unknown', 'child-unknown']]);
    expect(await statusOf(pool, run.id)).toBe('failed');
    const [child] = await childrenOf(pool, run.id);
    await engine.submit([happens(child!.id, { type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', reason: 'looked', actor: 'bob' })]);
    await drive(engine, pool);
    expect((await itemsOf(pool, run.id)).map((i) => i.status)).toEqual(['succeeded']);
    expect(await statusOf(pool, run.id)).toBe('completed');
  });

  it('that is cancelled and can not say whether it stopped says so to its parent', async () => {
    const { run, engine } = await startRun(pool, { name: 'outer', steps: [{ id: 'sub', orchestration: { name: 'inner', steps: [{ id: 'one', tool: 'change', inputs: { host: 'x' } }] } }] });
    await takeOutbox(pool);
    const [child] = await childrenOf(pool, run.id);
    await engine.submit([claimed(ref(child!.id))]);
    await engine.submit([happens(run.id, { type: 'cancel' })]);
    await drive(engine, pool, { within: 0 });
    await engine.submit([failed(ref(child!.id), 'stop-unconfirmed')]);
    await drive(engine, pool);
    expect(await statusOf(pool, run.id)).toBe('cancelled');
    expect((await itemsOf(pool, run.id)).map((i) => [i.status, i.failure?.code])).toEqual([['unknown', 'child-unknown']]);
  });

  it('is cancelled, paused and resumed with its parent', async () => {
    const { run, engine } = await startRun(pool, SUB);
    const attempts = await takeOutbox(pool);
    expect(attempts).toHaveLength(2);
    await engine.submit(attempts.map((a) => claimed(a)));
    await engine.submit([happens(run.id, { type: 'pause' })]);
    await drive(engine, pool, { within: 0 });
    expect((await childrenOf(pool, run.id)).map((c) => c.status)).toEqual(['paused', 'paused']);
    await engine.submit([happens(run.id, { type: 'resume' })]);
    await drive(engine, pool, { within: 0 });
    expect((await childrenOf(pool, run.id)).map((c) => c.status)).toEqual(['running', 'running']);
    await engine.submit([happens(run.id, { type: 'cancel' })]);
    await drive(engine, pool, { within: 0 });
    await engine.submit(attempts.map((a) => failed(a, 'cancelled')));
    await drive(engine, pool, { within: 0 });
    expect((await childrenOf(pool, run.id)).map((c) => c.status)).toEqual(['cancelled', 'cancelled']);
    expect(await statusOf(pool, run.id)).toBe('cancelled');
  });
});
