import type { Pool } from 'pg';
import { ApprovalStore } from '../store/approval-store.js';
import { ReadModels } from '../store/read-models.js';
import { SignalStore } from '../store/signal-store.js';
import { drive } from '../testing/drive.js';
import { itemsOf, newEngine, startRun, statusOf, useRecord } from '../testing/rig.js';
import { failed, happens } from '../testing/submissions.js';
import type { Engine } from './engine.js';
import type { NewRun } from './run.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
afterEach(() => pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers'));

const probe = (id: string, host: string, more: object = {}): object => ({ id, tool: 'probe', inputs: { host }, ...more });
/** Inputs of the items of a step, in order. */
async function hostsOf(run: NewRun, stepId: string): Promise<unknown[]> {
  const step = run.plan.steps.findIndex((s) => s.id === stepId);
  return (await itemsOf(pool, run.id)).filter((i) => i.step === step).map((i) => (i.inputs as { host?: string }).host);
}
async function outputOf(run: NewRun, stepId: string, item = 0): Promise<unknown> {
  const step = run.plan.steps.findIndex((s) => s.id === stepId);
  return (await itemsOf(pool, run.id)).find((i) => i.step === step && i.item === item)?.output;
}
describe('a branch', () => {
  const BRANCH = {
    name: 'branch', inputs: { env: 'prod' }, steps: [
      { id: 'where', branch: [{ when: { field: 'input.env', operator: '==', value: 'prod' }, steps: [probe('careful', 'a')] }], else: [probe('quick', 'b')] },
      probe('after', '<<steps.careful.output.host ?? "nobody">>', { dependsOn: ['where'] }),
    ],
  };

  it('takes the first arm whose condition holds; steps after it see what ran inside', async () => {
    const { run, engine } = await startRun(pool, BRANCH);
    await drive(engine, pool, { answer: (_, inputs) => ({ host: `saw ${String(inputs['host'])}` }) });
    expect(await statusOf(pool, run.id)).toBe('completed');
    expect([await hostsOf(run, 'careful'), await hostsOf(run, 'quick'), await hostsOf(run, 'after')]).toEqual([['a'], [], ['saw a']]);
  });

  it('takes else when none holds', async () => {
    const { run, engine } = await startRun(pool, { ...BRANCH, inputs: { env: 'test' } });
    await drive(engine, pool);
    expect([await hostsOf(run, 'careful'), await hostsOf(run, 'quick'), await hostsOf(run, 'after')]).toEqual([[], ['b'], ['nobody']]);
  });
});

describe('a loop', () => {
  it('over a list runs its steps once for each element, one after the other, with values of the same iteration', async () => {
    const { run, engine } = await startRun(pool, {
      name: 'loop', inputs: { hosts: ['x', 'y', 'z'] },
      steps: [{ id: 'each', loop: { forEach: '<<input.hosts>>', steps: [probe('first', '<<item>>-<<iteration>>'), probe('second', 'after <<steps.first.output.host>>')] } }],
    });
    const order: string[] = [];
    await drive(engine, pool, { answer: (_, inputs) => { order.push(String(inputs['host'])); return { host: String(inputs['host']).toUpperCase() }; } });
    expect(await statusOf(pool, run.id)).toBe('completed');
    expect(order).toEqual(['x-0', 'after X-0', 'y-1', 'after Y-1', 'z-2', 'after Z-2']);
  });

  it('tells a step what a later one gave in the iteration before, and nothing in the first', async () => {
    const { run, engine } = await startRun(pool, {
      name: 'draft', steps: [{
        id: 'improve', loop: {
          until: { field: 'iteration', operator: '==', value: 2 }, maxIterations: 10,
          steps: [probe('writer', '<<previous.critic.text ?? "first">>'), probe('critic', 'of <<writer.text>>', { when: { field: 'previous.critic.size', operator: '!=', value: 1 } })],
        },
      }],
    });
    let round = 0;
    await drive(engine, pool, { answer: (_, { host }, step) => (step === 'writer' ? { text: `draft ${++round}` } : { text: `advice on ${String(host)}`, size: round === 1 ? 1 : 3 }) });
    // The second critic is skipped, so that the third iteration knows of none.
    expect([await hostsOf(run, 'writer'), await hostsOf(run, 'critic')]).toEqual([['first', 'advice on of draft 1', 'first'], ['of draft 1', 'of draft 3']]);
    expect(await statusOf(pool, run.id)).toBe('completed');
  });

  it('tells of the iteration before also in a process that has seen nothing of it, with an alternative, a list and a mapping', async () => {
    const { run } = await startRun(pool, {
      name: 'memory', inputs: { hosts: ['x', 'y'] }, steps: [{
        id: 'each', loop: {
          while: { field: 'iteration', operator: '<', value: 2 }, maxIterations: 5, steps: [
            { id: 'many', tool: 'probe', forEach: '<<input.hosts>>', inputs: { host: '<<item>>', text: '<<previous.many[0].text ?? "-">>/<<previous.one.said ?? "-">>' } },
            probe('one', 'z', { dependsOn: ['many'], outputMapping: { said: '<<one.text>>' }, onFailure: { alternative: { id: 'other', tool: 'probe', inputs: { host: 'w' } } } }),
            probe('last', '<<previous.one.said ?? "none">>', { dependsOn: ['other'] }),
          ],
        },
      }],
    });
    const fresh: Pick<Engine, 'submit'> = { submit: (all) => newEngine(pool).engine.submit(all) };
    await drive(fresh, pool, { answer: (attempt, { host }, step) => (step === 'one' ? failed(attempt, 'not-found') : { text: String(host), said: `by ${step}` }) });
    const texts = (await itemsOf(pool, run.id)).filter((i) => i.step === 1).map((i) => (i.inputs as { text: string }).text);
    expect(texts).toEqual(['-/-', '-/-', 'x/by other', 'x/by other']);
    expect(await hostsOf(run, 'last')).toEqual(['none', 'by other']);
  });

  it('gives output mappings the element and the number of their iteration, after its end those of the last', async () => {
    const { run, engine } = await startRun(pool, {
      name: 'mapped', inputs: { hosts: ['x', 'y'] }, steps: [
        { id: 'each', loop: { forEach: '<<input.hosts>>', steps: [probe('first', 'a', { outputMapping: { of: '<<item>>-<<iteration>>' } }), probe('second', '<<first.of>>')] } },
        probe('after', '<<first.of>>'),
      ],
    });
    await drive(engine, pool);
    expect([await hostsOf(run, 'second'), await hostsOf(run, 'after')]).toEqual([['x-0', 'y-1'], ['y-1']]);
  });

  it('goes on until its condition holds, and then on with the run', async () => {
    const { run, engine } = await startRun(pool, {
      name: 'until', steps: [
        { id: 'wait', loop: { until: { field: 'steps.look.output.size', operator: '>=', value: 3 }, maxIterations: 10, steps: [probe('look', 'try-<<iteration>>')] } },
        probe('after', 'x', { dependsOn: ['wait'] }),
      ],
    });
    let size = 0;
    await drive(engine, pool, { answer: () => ({ size: ++size }) });
    expect([await statusOf(pool, run.id), await hostsOf(run, 'look'), await hostsOf(run, 'after')]).toEqual(['completed', ['try-0', 'try-1', 'try-2'], ['x']]);
  });

  it('that reaches its cap fails', async () => {
    const { run, engine } = await startRun(pool, { name: 'cap', steps: [{ id: 'wait', loop: { while: { field: 'iteration', operator: '<', value: 9 }, maxIterations: 2, steps: [probe('look', 'h')] } }] });
    await drive(engine, pool);
    expect(await statusOf(pool, run.id)).toBe('failed');
    expect(await hostsOf(run, 'look')).toHaveLength(2);
  });
});

describe('a failed step', () => {
  it('is replaced by its alternative, whose value counts', async () => {
    const { run, engine } = await startRun(pool, { name: 'alt', steps: [probe('main', 'a', { onFailure: { alternative: probe('other', 'b') } }), probe('after', '<<steps.main.output.host>>')] });
    await drive(engine, pool, { answer: (attempt, inputs, id) => (id === 'main' ? failed(attempt, 'tool-failed') : { host: `by ${String(inputs['host'])}` }) });
    expect([await statusOf(pool, run.id), await hostsOf(run, 'after')]).toEqual(['completed', ['by b']]);
  });

  it('is compensated, and stays failed', async () => {
    const { run, engine } = await startRun(pool, { name: 'undo', steps: [probe('main', 'a', { onFailure: { compensate: [probe('undo', 'u')] } })] });
    await drive(engine, pool, { answer: (attempt, _, id) => (id === 'main' ? failed(attempt, 'tool-failed') : {}) });
    expect([await statusOf(pool, run.id), await hostsOf(run, 'undo')]).toEqual(['failed', ['u']]);
  });
});

describe('a wait', () => {
  it('lasts its time by the clock of the database', async () => {
    const { run, engine } = await startRun(pool, { name: 'wait', steps: [{ id: 'rest', wait: { ms: 50_000 } }, probe('after', 'x', { dependsOn: ['rest'] })] });
    await drive(engine, pool, { within: 40_000 });
    expect(await statusOf(pool, run.id)).toBe('running');
    await drive(engine, pool);
    expect([await statusOf(pool, run.id), await hostsOf(run, 'after')]).toEqual(['completed', ['x']]);
  });

  const SIGNAL = { name: 'signal', steps: [probe('before', 'b'), { id: 'go', wait: { signal: 'ready', timeoutMs: 100_000 }, dependsOn: ['before'] }, probe('after', '<<steps.go.output.payload.host>>')] };
  const signals = (): SignalStore => new SignalStore(pool, () => undefined);

  it('ends with its signal, whose payload is its output', async () => {
    const { run, engine } = await startRun(pool, SIGNAL);
    await drive(engine, pool);
    expect(await signals().send('default', { runId: run.id, name: 'other', payload: {}, waitSteps: [1] })).toEqual([]);
    expect(await signals().send('default', { runId: run.id, name: 'ready', payload: { host: 'from outside' }, waitSteps: [1] })).toEqual([{ step: 1, item: 0 }]);
    await drive(engine, pool);
    expect([await statusOf(pool, run.id), await hostsOf(run, 'after')]).toEqual(['completed', ['from outside']]);
  });

  it('does not miss a signal that came before it', async () => {
    const { run, engine } = await startRun(pool, SIGNAL);
    expect(await signals().send('default', { runId: run.id, name: 'ready', payload: { host: 'early' }, waitSteps: [1] })).toEqual([]);
    await drive(engine, pool);
    expect([await statusOf(pool, run.id), await hostsOf(run, 'after')]).toEqual(['completed', ['early']]);
  });

  it('fails the items whose inputs give no name of a signal', async () => {
    const { run, engine } = await startRun(pool, { name: 'named', inputs: { names: ['ready', 'not a name'] }, steps: [{ id: 'go', forEach: '<<input.names>>', wait: { signal: '<<item>>', timeoutMs: 100_000 } }] });
    await drive(engine, pool, { within: 0 });
    expect((await itemsOf(pool, run.id)).map((i) => [i.status, i.failure?.code])).toEqual([['running', undefined], ['failed', 'input-invalid']]);
    expect(await signals().send('default', { runId: run.id, name: 'ready', payload: {}, waitSteps: [0] })).toEqual([{ step: 0, item: 0 }]);
    await drive(engine, pool, { within: 0 });
    expect(await statusOf(pool, run.id)).toBe('partial');
  });

  it('fails when no signal comes in time', async () => {
    const { run, engine } = await startRun(pool, SIGNAL);
    await drive(engine, pool, { within: 200_000 });
    expect((await itemsOf(pool, run.id)).find((i) => i.step === 1)?.failure?.code).toBe('signal-timeout');
    expect(await statusOf(pool, run.id)).toBe('failed');
  });

  it('takes no signal of another tenant or of a run that is over', async () => {
    const { run, engine } = await startRun(pool, SIGNAL);
    await expect(signals().send('other', { runId: run.id, name: 'ready', payload: {}, waitSteps: [1] })).rejects.toMatchObject({ code: 'run-not-found' });
    await engine.submit([happens(run.id, { type: 'cancel' })]);
    await drive(engine, pool, { answer: (attempt) => failed(attempt, 'cancelled') });
    await expect(signals().send('default', { runId: run.id, name: 'ready', payload: {}, waitSteps: [1] })).rejects.toMatchObject({ code: 'run-ended' });
  });
});

describe('an approval', () => {
  const ASK = { name: 'ask', steps: [{ id: 'ok', approval: { message: 'restart <<input.host>>?', approvers: ['bob', 'eve'], minApprovals: 2, expiresMs: 100_000 } }, probe('after', '<<steps.ok.output.decision>>')], inputs: { host: 'web-01' } };
  const approvals = (): ApprovalStore => new ApprovalStore(pool, () => undefined);
  const vote = (runId: string, actorId: string, decision: 'approve' | 'reject' = 'approve') => approvals().vote('default', { runId, step: 0, item: 0, actorId, isKnown: true, decision, comment: null });

  it('goes on when as many as it needs have approved, each counted once', async () => {
    const { run, engine } = await startRun(pool, ASK);
    await drive(engine, pool);
    expect((await approvals().open('default', { after: null, limit: 1000 })).map((q) => q.view).find((a) => a.runId === run.id)).toMatchObject({ id: 'ok.0', message: 'restart web-01?', status: 'open', approvers: ['bob', 'eve'] });
    expect(await vote(run.id, 'bob')).toMatchObject({ status: 'open' });
    expect(await vote(run.id, 'bob')).toMatchObject({ status: 'open', acts: [{ actor_id: 'bob' }] });
    await drive(engine, pool);
    expect(await statusOf(pool, run.id)).toBe('running');
    expect(await vote(run.id, 'eve')).toMatchObject({ status: 'approved' });
    await drive(engine, pool);
    expect([await statusOf(pool, run.id), await hostsOf(run, 'after')]).toEqual(['completed', ['approved']]);
    expect(await outputOf(run, 'ok')).toMatchObject({ decision: 'approved', by: ['bob', 'eve'] });
    await expect(vote(run.id, 'mallory')).rejects.toMatchObject({ code: 'approval-closed' });
  });

  it('of two people at the same moment counts both', async () => {
    const { run, engine } = await startRun(pool, ASK);
    await Promise.all([vote(run.id, 'bob'), vote(run.id, 'eve')]);
    await drive(engine, pool);
    expect(await statusOf(pool, run.id)).toBe('completed');
  });

  it('fails its step when one rejects, with who and why', async () => {
    const { run, engine } = await startRun(pool, ASK);
    await approvals().vote('default', { runId: run.id, step: 0, item: 0, actorId: 'eve', isKnown: true, decision: 'reject', comment: 'not on Friday' });
    await drive(engine, pool);
    expect(await statusOf(pool, run.id)).toBe('failed');
    expect((await new ReadModels(pool).getRun('default', run.id)).steps[0]!.failure).toMatchObject({ code: 'approval-rejected', message: 'rejected by eve: not on Friday' });
  });

  it('is not for others, not for another tenant, and expires', async () => {
    const { run, engine } = await startRun(pool, ASK);
    await expect(vote(run.id, 'mallory')).rejects.toMatchObject({ code: 'not-an-approver' });
    await expect(approvals().vote('other', { runId: run.id, step: 0, item: 0, actorId: 'bob', isKnown: true, decision: 'approve', comment: null })).rejects.toMatchObject({ code: 'approval-not-found' });
    await drive(engine, pool, { within: 200_000 });
    expect((await itemsOf(pool, run.id))[0]!.failure?.code).toBe('approval-expired');
    await expect(vote(run.id, 'bob')).rejects.toMatchObject({ code: 'approval-closed' });
  });

  it('without named approvers is not for who started the run', async () => {
    const { run } = await startRun(pool, { ...ASK, steps: [{ id: 'ok', approval: { message: 'ok?' } }] });
    await expect(vote(run.id, 'ann')).rejects.toMatchObject({ code: 'own-request' });
    expect(await vote(run.id, 'bob')).toMatchObject({ status: 'approved' });
  });
});

describe('a decision', () => {
  const DECIDE = { name: 'decide', steps: [{ id: 'pick', decide: { question: 'go on?', choices: ['yes', 'no'], default: 'no' } }, probe('after', '<<steps.pick.output.choice>>')] };

  it('takes its default and says so where nobody can choose', async () => {
    const { run, engine } = await startRun(pool, DECIDE);
    await drive(engine, pool, { within: 0 });
    expect([await outputOf(run, 'pick'), await hostsOf(run, 'after')]).toEqual([{ choice: 'no', by: 'default' }, ['no']]);
  });
});
