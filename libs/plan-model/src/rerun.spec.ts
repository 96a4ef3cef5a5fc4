import { editOf, inputsChanged, rerunDifferences, rerunFrom, rerunInputs, selects } from './rerun.js';
import { isTerminalStep } from './run-state.js';
import { approval, branch, loop, plan, step } from './testing/plans.js';
import { Simulation, started } from './testing/simulation.js';

const NONE: ReadonlySet<string> = new Set();

function ended(...args: ConstructorParameters<typeof Simulation>): Simulation {
  const run = started(...args);
  for (let n = 0; n < run.sent.length; n++) run.succeed(run.sent[n]!.step, run.sent[n]!.item);
  expect(run.state.steps.every(isTerminalStep)).toBe(true);
  return run;
}

it('takes over what does not depend on the step, and waits for the rest', () => {
  const p = plan(step(0), step(1, { dependsOn: [0] }), step(2), step(3, { dependsOn: [1] }));
  const { state, from, taken } = rerunFrom(p, ended(p).state, [1]);
  expect([from, taken]).toEqual([[1], [0, 2]]);
  expect(state.steps.map((s) => s.status)).toEqual(['succeeded', 'waiting', 'succeeded', 'waiting']);
  expect(state).toMatchObject({ status: 'running', seq: 0 });
});

it('repeats from several steps, and all that depends on any of them', () => {
  const p = plan(step(0), step(1), step(2), step(3, { dependsOn: [0] }), step(4, { dependsOn: [1, 2] }));
  const { state, from, taken } = rerunFrom(p, ended(p).state, [0, 2]);
  expect([from, taken]).toEqual([[0, 2], [1]]);
  expect(state.steps.map((s) => s.status)).toEqual(['waiting', 'succeeded', 'waiting', 'waiting', 'waiting']);
});

it('what was cancelled and is waited for is repeated too, and what was not done stops what needs it', () => {
  const p = plan(step(0), approval(1), step(2), step(3, { dependsOn: [0, 1, 2] }), step(4));
  const first = started(p);
  first.succeed(2, 0);
  first.apply({ type: 'cancel' });
  const { state, taken } = rerunFrom(p, first.state, [0]);
  expect(state.steps.map((s) => s.status)).toEqual(['waiting', 'waiting', 'succeeded', 'waiting', 'cancelled']);
  expect(taken).toEqual([2, 4]);
  const second = new Simulation(p);
  second.state = { ...state, steps: state.steps.map((s, i) => (i === 1 ? first.state.steps[1]! : s)) };
  second.apply({ type: 'started' });
  second.succeed(0, 0);
  expect(second.state.steps[3]).toMatchObject({ status: 'skipped', failure: { code: 'dependency-failed', message: 'step "s1" was cancelled' } });
});

it('a re-run starts with the chosen step and ends like any run', () => {
  const p = plan(step(0), step(1, { dependsOn: [0] }));
  const first = started(p);
  first.succeed(0, 0);
  first.apply({ type: 'cancel' });
  const second = new Simulation(p);
  second.state = rerunFrom(p, first.state, [1]).state;
  second.apply({ type: 'started' });
  expect(second.sent).toEqual([{ step: 1, item: 0, attempt: 1 }]);
  second.succeed(1, 0);
  expect(second.state.status).toBe('completed');
});

describe('what stands in a container', () => {
  const p = plan(step(0), loop(1, 'forEach', { dependsOn: [0] }), step(2, { scope: { step: 1, arm: null } }), step(3), step(4, { dependsOn: [1] }));

  it('is repeated with all of the outermost one, from its first item', () => {
    const { state, from, taken } = rerunFrom(p, ended(p, [{}, { iterations: 3 }]).state, [2]);
    expect([from, taken]).toEqual([[1], [0, 3]]);
    expect(state.steps[2]).toEqual({ status: 'waiting', base: 0 });
    const again = new Simulation(p, [{}, { iterations: 2 }]);
    again.state = state;
    again.apply({ type: 'started' });
    for (let n = 0; n < again.sent.length; n++) again.succeed(again.sent[n]!.step, again.sent[n]!.item);
    expect(again.state.status).toBe('completed');
    expect(again.sent.map((s) => [s.step, s.item])).toEqual([[2, 0], [2, 1], [4, 0]]);
  });

  it('is taken over when it does not depend on the step, with its item numbers', () => {
    const { state, taken } = rerunFrom(p, ended(p, [{}, { iterations: 3 }]).state, [4]);
    expect(taken).toEqual([0, 1, 2, 3]);
    expect(state.steps[2]).toMatchObject({ base: 2, total: 1 });
  });
});

it('an alternative is repeated with the step that it stands for', () => {
  const p = plan(step(0, { onFailure: { alternative: 1 } }), step(1, { guard: { step: 0 }, dependsOn: [0] }), step(2));
  expect(rerunFrom(p, ended(p).state, [1])).toMatchObject({ from: [0], taken: [2] });
});

describe('an edited plan', () => {
  const p = plan(step(0), step(1, { dependsOn: [0] }), step(2), branch(3, 1, { dependsOn: [1] }), step(4, { scope: { step: 3, arm: 0 } }));
  const differences = (...steps: Parameters<typeof plan>) => rerunDifferences({ plan: p, edited: plan(...steps), inputs: NONE }, ['s1']);

  it('may change the step and what depends on it', () => {
    expect(differences(step(0), step(1, { dependsOn: [0], timeoutMs: 5 }), step(2), step(3, { dependsOn: [1] }))).toEqual([]);
    const { state } = rerunFrom(plan(step(0), step(1, { dependsOn: [0] }), step(2)), ended(p).state, [1]);
    expect(state.steps.map((s) => s.status)).toEqual(['succeeded', 'waiting', 'succeeded']);
  });

  it('is compared beside all of the steps that are repeated', () => {
    const edited = plan(step(0, { timeoutMs: 5 }), step(1, { dependsOn: [0] }), step(2, { timeoutMs: 5 }));
    expect(rerunDifferences({ plan: p, edited, inputs: NONE }, ['s0', 's2'])).toEqual([]);
    expect(rerunDifferences({ plan: p, edited, inputs: NONE }, ['s0'])).toEqual([{ step: 's2', difference: 'changed' }]);
    expect(rerunDifferences({ plan: p, edited: plan(step(0)), inputs: NONE }, ['s0', 's1', 's2'])).toEqual([{ step: 's1', difference: 'missing' }, { step: 's2', difference: 'missing' }]);
  });

  it('may not change what is taken over', () => {
    expect(differences(step(0, { timeoutMs: 5 }), step(1, { dependsOn: [0] }), step(2))).toEqual([{ step: 's0', difference: 'changed' }]);
    expect(differences(step(0), step(1, { dependsOn: [0] }))).toEqual([{ step: 's2', difference: 'missing' }]);
    expect(differences(step(0), step(1, { dependsOn: [0] }), step(2, { id: 'new' }), step(3, { id: 's2' }))).toEqual([{ step: 'new', difference: 'added' }, { step: 's2', difference: 'moved' }]);
    expect(differences(step(0))).toEqual([{ step: 's1', difference: 'missing' }]);
  });
});

describe('the inputs of a re-run', () => {
  const before = { ...plan(step(0)), inputs: { kept: 1, fresh: 1, given: 1, gone: 1 } };
  const edited = { ...plan(step(0)), inputs: { kept: 2, fresh: 2, given: 2, added: 2 } };

  it('are the given ones, else those that the parent was given, else the defaults', () => {
    const inputs = rerunInputs({ plan: before, inputs: { kept: 5, fresh: 1, given: 5, gone: 5 }, edited, given: { given: 7 } });
    expect(inputs).toEqual({ kept: 5, fresh: 2, given: 7, added: 2 });
  });

  it('may not be others for what is taken over, and are bound anew for what is repeated', () => {
    const p = plan(step(0, { inputs: { text: 'at <<input.a>>' } }), step(1, { forEach: '<<input.list>>' }), step(2, { when: { field: 'input.b', operator: 'exists' } }), step(3));
    const edit = (...names: string[]) => ({ plan: p, edited: p, inputs: new Set(names) });
    expect(rerunDifferences(edit('a', 'b'), ['s1'])).toEqual([{ step: 's0', difference: 'given other inputs' }, { step: 's2', difference: 'given other inputs' }]);
    expect(rerunDifferences(edit('list'), ['s1'])).toEqual([]);
    expect([editOf(edit('a'), 's0'), editOf(edit('list'), 's1'), editOf(edit('b'), 's2'), editOf(edit('a'), 's3')]).toEqual(['same-list', 'other-list', 'same-list', 'none']);
  });

  it('are the same where their values are', () => {
    expect([...inputsChanged({ a: [1, { b: 2 }], c: 1, d: 1 }, { a: [1, { b: 2 }], c: 2, e: 1 })]).toEqual(['c', 'd', 'e']);
  });
});

it('items are chosen by what became of them, or by number', () => {
  const items = (['succeeded', 'failed', 'unknown', 'skipped', 'cancelled', 'pending'] as const).map((status, item) => ({ item, status }));
  expect(items.filter((i) => selects(['failed', 'not-started'], i)).map((i) => i.item)).toEqual([1, 3, 4, 5]);
  expect(items.filter((i) => selects(['unknown'], i)).map((i) => i.item)).toEqual([2]);
  expect(items.filter((i) => selects({ items: [0, 5, 9] }, i)).map((i) => i.item)).toEqual([0, 5]);
});
