import type { RunState } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import { uuidv7 } from 'uuidv7';
import { fanOut, runOf } from '../testing/documents.js';
import { emptyOutbox, everythingOf, historyOf, itemsOf, newEngine, stateOf, useRecord } from '../testing/rig.js';
import { claimed, create, failed, happens, ref, succeeded } from '../testing/submissions.js';
import { ChangeSet } from './change-set.js';
import { RunChangedError } from './ports.js';
import type { Submission } from './submission.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers, orchestrator.claims'));

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
      const { state } = await stateOf(pool, run.id);
      expect(state.steps[0]).toMatchObject({ status: 'failed', failure: { message: text } });
      outcomes.push({ state, history: await historyOf(pool, run.id), items: await itemsOf(pool, run.id) });
      await emptyOutbox(pool);
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
      const changes = new ChangeSet(uuidv7);
      changes.states.set(run.id, { state, version: (await tx.lockRuns([run.id])).get(run.id)! });
      await tx.write(changes);
    });
    expect((await record.transaction((tx) => tx.loadStates([run.id]))).get(run.id)).toEqual(state);
  });

  it('of another version than the one it was made from is not overwritten', async () => {
    const { engine, record } = newEngine(pool);
    const run = runOf(fanOut('probe', 1));
    await engine.submit([create(run)]);
    const before = await everythingOf(pool, run.id);
    const { state } = await stateOf(pool, run.id);
    const changes = new ChangeSet(uuidv7);
    changes.states.set(run.id, { state: { ...state, seq: 99 }, version: 0 });
    // A statement that leaves together with the one that fails, and fails with it.
    changes.unlocked.push({ runId: run.id, step: 0, item: 0 });
    await expect(record.transaction((tx) => tx.write(changes))).rejects.toThrow(RunChangedError);
    expect(await everythingOf(pool, run.id)).toEqual(before);
  });
});
