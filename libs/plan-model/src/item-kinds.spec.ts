import { containerOutput, deadlineOf, lockKeyOf, loopsAround, mayAwait } from './item-kinds.js';
import { stepsReferenced } from './steps-referenced.js';
import { compileDocument } from './compile.js';
import { TOOLS } from './testing/catalogue.js';
import { approval, branch, loop, plan, step, wait } from './testing/plans.js';
import { scope } from './testing/scopes.js';
import { started } from './testing/simulation.js';

it('a step may wait for the signal that it names, or for any where only its items know the name', () => {
  const named = wait(0, { inputs: { signal: 'go' } });
  expect([mayAwait(named, 'go'), mayAwait(named, 'other'), mayAwait(wait(0, { inputs: { signal: 'of-<<input.x>>' } }), 'of-y'), mayAwait(wait(0, { ms: 5 }), 'go'), mayAwait(step(0), 'go')]).toEqual([true, false, true, false, false]);
});

describe('what ends an item that began', () => {
  it('is its time, with a success or a failure, or nothing', () => {
    expect(deadlineOf(wait(0, { ms: 5 }))).toEqual({ delayMs: 5, outcome: { status: 'succeeded' }, output: {} });
    expect(deadlineOf(wait(0, { timeoutMs: 7 }))).toMatchObject({ delayMs: 7, outcome: { status: 'failed', failure: { code: 'signal-timeout' } }, output: null });
    expect(deadlineOf(wait(0))).toBeNull();
    expect(deadlineOf(approval(0))).toMatchObject({ delayMs: 1000, outcome: { failure: { code: 'approval-expired' } } });
    expect(deadlineOf(approval(0, { onExpire: 'continue' }))).toMatchObject({ outcome: { status: 'succeeded' }, output: { decision: 'expired' } });
    expect(deadlineOf(step(0))).toBeNull();
  });

  it('of a decision is its default', () => {
    const { plan: made } = compileDocument([{ decide: { question: 'go?', choices: ['yes', 'no'], default: 'no' }, timeoutMs: 50 }], TOOLS);
    expect(deadlineOf(made!.steps[0]!)).toEqual({ delayMs: 50, outcome: { status: 'succeeded' }, output: { choice: 'no', by: 'default' } });
  });
});

describe('loops around a step', () => {
  const p = plan(loop(0, 'forEach'), branch(1, 1, { scope: { step: 0, arm: null } }), loop(2, 'until', { scope: { step: 1, arm: 0 } }), step(3, { scope: { step: 2, arm: null } }), step(4, { scope: { step: 0, arm: null } }), step(5));
  const run = started(p, [{ iterations: 3 }, {}, { iterations: 2 }]);
  run.succeed(3, 0);

  it('are found through branches: the innermost, and the innermost over a list', () => {
    expect(loopsAround(p, run.state, 3)).toMatchObject({ innermost: { loop: { index: 2 }, iteration: 1 }, forEach: { loop: { index: 0 }, iteration: 0 } });
    expect(loopsAround(p, run.state, 4)).toMatchObject({ innermost: { loop: { index: 0 } }, forEach: { loop: { index: 0 } } });
    expect(loopsAround(p, run.state, 5)).toEqual({ innermost: null, forEach: null });
  });

  it('containers have outputs once they have ended well', () => {
    expect(containerOutput(p, run.state, 2)).toBeUndefined();
    run.succeed(3, 1);
    expect([containerOutput(p, run.state, 2), containerOutput(p, run.state, 1), containerOutput(p, run.state, 0)]).toEqual([{ iterations: 2 }, { arm: 0 }, undefined]);
  });
});

describe('the key of a lock', () => {
  const key = (lock: true | string | undefined, target: string | null = 'web-01') => lockKeyOf({ concurrency: 1, ...(lock === undefined ? {} : { lock }) }, { scope: scope({ item: { rack: 7, tags: ['a'] } }), target });
  it('is the target, or what is bound for the item', () => {
    expect([key(undefined), key(true), key(true, null), key('rack-<<item.rack>>'), key('<<item.rack>>')].map((k) => (k.ok ? k.value : k.failure.code))).toEqual([null, 'web-01', null, 'rack-7', '7']);
  });
  it('fails the item when it has no value, or is none', () => {
    expect([key('<<item.row>>'), key('<<item.tags>>')].map((k) => (k.ok ? k.value : k.failure.code))).toEqual(['reference-missing', 'input-invalid']);
  });
});

it('the steps that a container refers to are found in its conditions and its list', () => {
  const { plan: made } = compileDocument([
    { id: 'a', tool: 'anything' }, { id: 'b', branch: [{ when: { field: 'a.x', operator: 'exists' }, steps: [{ tool: 'anything' }] }] },
    { id: 'l', loop: { until: { field: 'c.done', operator: '==', value: true }, maxIterations: 2, steps: [{ id: 'c', tool: 'anything', map: { lock: '<<a.key>>' } }] } },
  ], TOOLS);
  expect(made!.steps.map((s) => stepsReferenced(made!, s).outputs)).toEqual([[], [0], [], [4], [0]]);
});
