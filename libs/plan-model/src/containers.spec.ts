import { failure } from '@opsmesh/contracts';
import { branch, loop, plan, step } from './testing/plans.js';
import { started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');
const unsure = failure('connection-lost', 'gone');
const arm = (n: number) => ({ scope: { step: 0, arm: n } });
const body = { scope: { step: 0, arm: null } };

describe('a branch', () => {
  const p = plan(branch(0, 2), step(1, arm(0)), step(2, { ...arm(0), dependsOn: [1] }), step(3, arm(1)), step(4, { dependsOn: [0] }));

  it('runs the steps of the arm that holds and skips the others, and what depends on it comes after', () => {
    const run = started(p);
    expect(run.statuses()).toEqual(['open', 'running', 'waiting', 'skipped', 'waiting']);
    run.succeed(1, 0);
    run.succeed(2, 0);
    expect(run.statuses()).toEqual(['succeeded', 'succeeded', 'succeeded', 'skipped', 'running']);
    expect(run.state.steps[0]).toMatchObject({ opened: { arm: 0, iterations: 1 } });
    run.succeed(4, 0);
    expect(run.state.status).toBe('completed');
  });

  it('of which no arm holds is skipped with all that stands in it, and its dependants run', () => {
    const run = started(p, [{ arm: null }]);
    expect(run.statuses()).toEqual(['skipped', 'skipped', 'skipped', 'skipped', 'running']);
  });

  it('fails with a step in it that is critical, and says which', () => {
    const run = started(p);
    run.fail(nonzero, { step: 1, item: 0 });
    expect(run.statuses()).toEqual(['failed', 'failed', 'skipped', 'skipped', 'skipped']);
    expect(run.state.steps[0]).toMatchObject({ failure: { code: 'nonzero-exit', message: 'step "s1" failed: exit 1' } });
    expect(run.state.status).toBe('failed');
  });

  it('is partial when a step failed that may be passed over', () => {
    const run = started(plan(branch(0, 1), step(1, { ...arm(0), onFailure: 'continue' }), step(2, arm(0)), step(3, { dependsOn: [0] })));
    run.fail(nonzero, { step: 1, item: 0 });
    run.succeed(2, 0);
    expect(run.statuses()).toEqual(['partial', 'failed', 'succeeded', 'running']);
  });

  it('does not fail for a step that is not critical', () => {
    const run = started(plan(branch(0, 1), step(1, { ...arm(0), critical: false })));
    run.fail(nonzero, { step: 1, item: 0 });
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded' }, { status: 'failed' }] });
  });

  it('that can not be decided fails, and nothing in it runs', () => {
    const run = started(p, [{ fails: failure('reference-missing', 'no x') }]);
    expect(run.statuses()).toEqual(['failed', 'skipped', 'skipped', 'skipped', 'skipped']);
  });

  it('is what its steps turn out to be when a late result comes', () => {
    const run = started(plan(branch(0, 1), step(1, arm(0))));
    run.fail(unsure, { step: 1, item: 0 });
    expect(run.state.status).toBe('failed');
    run.succeed(1, 0);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded', failure: null }, { status: 'succeeded' }] });
  });

  it('a value of a step in a skipped arm is none: who needs it is skipped, who does not runs', () => {
    const run = started(plan(branch(0, 2), step(1, arm(0)), step(2, arm(1)), step(3, { dependsOn: [0], needsValueOf: [2] }), step(4, { dependsOn: [0], needsValueOf: [1] })));
    run.succeed(1, 0);
    expect(run.statuses().slice(3)).toEqual(['skipped', 'running']);
  });
});

describe('a loop', () => {
  const p = plan(loop(0, 'until'), step(1, { ...body, forEach: '<<x>>' }), step(2, { ...body, dependsOn: [1] }), step(3, { dependsOn: [0] }));

  it('runs its steps again with their items numbered on, until it is enough', () => {
    const run = started(p, [{ iterations: 2 }, { total: 2 }]);
    expect(run.sent.map((s) => [s.step, s.item])).toEqual([[1, 0], [1, 1]]);
    for (const item of [0, 1]) run.succeed(1, item);
    run.succeed(2, 0);
    expect(run.state.steps[0]).toMatchObject({ status: 'open', iteration: 1 });
    expect(run.sent.slice(3).map((s) => [s.step, s.item])).toEqual([[1, 2], [1, 3]]);
    for (const item of [2, 3]) run.succeed(1, item);
    run.succeed(2, 1);
    expect(run.state.steps[0]).toMatchObject({ status: 'succeeded', opened: { iterations: 2 } });
    expect(run.state.steps[1]).toMatchObject({ base: 2, total: 2 });
    expect(run.statuses()[3]).toBe('running');
  });

  it('that is not wanted at all succeeds with no iteration', () => {
    const run = started(plan(loop(0, 'while'), step(1, body)), [{ iterations: 0 }]);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded', opened: { iterations: 0 } }, { status: 'skipped' }] });
  });

  it('over an empty list succeeds with no iteration', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, body)), [{ iterations: 0 }]);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded', opened: { iterations: 0 } }, {}] });
  });

  it('over a list has one iteration for each element, one after the other, and asks nobody', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, body)), [{ iterations: 3 }]);
    for (const item of [0, 1, 2]) expect(run.succeed(1, item)).toBe(true);
    expect(run.state.status).toBe('completed');
    expect(run.answers.filter((a) => a.type === 'opened')).toHaveLength(1);
    expect(run.history.filter((h) => h.type === 'step.opened').map((h) => h.data['iteration'])).toEqual([0, 1, 2]);
  });

  it('ends as failed with a critical step that failed', () => {
    const run = started(p, [{ iterations: 2 }]);
    run.fail(nonzero, { step: 1, item: 0 });
    expect(run.statuses()).toEqual(['failed', 'failed', 'skipped', 'skipped']);
  });

  it('that still goes on after its most iterations fails with loop-limit', () => {
    const run = started(plan(loop(0, 'while', { maxIterations: 2 }), step(1, body)), [{ iterations: 9 }]);
    run.succeed(1, 0);
    run.succeed(1, 1);
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', failure: { code: 'loop-limit', message: 'loop "s0" still goes on after its 2 iterations' }, opened: { iterations: 2 } });
  });

  it('over a list that is too long fails before anything runs', () => {
    const run = started(plan(loop(0, 'forEach', { maxIterations: 2 }), step(1, body)), [{ iterations: 3 }]);
    expect(run.state.steps).toMatchObject([{ status: 'failed', failure: { code: 'loop-limit' } }, { status: 'skipped' }]);
    expect(run.sent).toEqual([]);
  });

  it('whose list can not be found fails', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, body)), [{ fails: failure('reference-missing', 'no list') }]);
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', failure: { code: 'reference-missing' } });
  });

  it('whose condition can not be tested after an iteration fails, but not while one runs', () => {
    const failed = { type: 'prepare-failed', step: 0, failure: failure('reference-missing', 'no score') } as const;
    const run = started(plan(loop(0, 'until'), step(1, body)));
    expect(run.apply(failed)).toBe(false);
    run.apply({ type: 'pause' });
    run.succeed(1, 0);
    run.apply(failed);
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', failure: { code: 'reference-missing' }, opened: { iterations: 1 } });
  });

  it('is partial when one of its iterations was', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, { ...body, onFailure: 'continue' })), [{ iterations: 2 }]);
    run.fail(nonzero, { step: 1, item: 0 });
    run.succeed(1, 1);
    expect(run.state).toMatchObject({ status: 'partial', steps: [{ status: 'partial' }, { status: 'succeeded' }] });
  });

  it('a late result of an earlier iteration changes that item only', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, { ...body, onFailure: 'continue' })), [{ iterations: 2 }]);
    run.fail(unsure, { step: 1, item: 0 });
    const before = run.state.steps;
    expect(run.succeed(1, 0)).toBe(true);
    expect(run.items.get('1.0')).toMatchObject({ status: 'succeeded' });
    expect(run.state.steps).toEqual(before);
  });

  it('waits at the end of an iteration while the run is paused', () => {
    const run = started(p, [{ iterations: 2 }]);
    run.succeed(1, 0);
    run.apply({ type: 'pause' });
    run.succeed(2, 0);
    expect(run.state.steps[0]).toMatchObject({ status: 'open', iteration: 0 });
    run.apply({ type: 'resume' });
    expect(run.state.steps[0]).toMatchObject({ status: 'open', iteration: 1 });
    expect(run.sent.at(-1)).toEqual({ step: 1, item: 1, attempt: 1 });
  });

  it('in a loop begins anew each time', () => {
    const inner = { scope: { step: 1, arm: null } };
    const run = started(plan(loop(0, 'forEach'), loop(1, 'until', body), step(2, inner)), [{ iterations: 2 }, { iterations: 2 }]);
    for (const item of [0, 1, 2, 3]) expect(run.succeed(2, item)).toBe(true);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ opened: { iterations: 2 } }, { opened: { iterations: 2 } }, { base: 3 }] });
  });

  it('with a branch in it takes another arm each time', () => {
    const inner = (n: number) => ({ scope: { step: 1, arm: n } });
    const run = started(plan(loop(0, 'forEach'), branch(1, 2, body), step(2, inner(0)), step(3, inner(1))), [{ iterations: 2 }, { arm: 1 }]);
    expect(run.statuses()).toEqual(['open', 'open', 'skipped', 'running']);
    run.succeed(3, 0);
    expect(run.statuses()).toEqual(['open', 'open', 'skipped', 'running']);
    run.succeed(3, 1);
    expect(run.state.status).toBe('completed');
  });

  it('takes no answer of an earlier iteration for one of this', () => {
    const run = started(p, [{ iterations: 3 }]);
    run.succeed(1, 0);
    run.succeed(2, 0);
    expect(run.statuses()).toEqual(['open', 'running', 'waiting', 'waiting']);
    for (const late of run.answers.slice(0, -1)) expect(run.apply(late)).toBe(false);
    expect(run.apply({ type: 'loop-ended', step: 0, iterations: 1 })).toBe(false);
  });

  it('ends as cancelled with its run, once what runs in it has ended', () => {
    const run = started(p, [{ iterations: 2 }]);
    run.apply({ type: 'claimed', step: 1, item: 0, attempt: 1 });
    run.apply({ type: 'cancel' });
    expect(run.statuses()).toEqual(['open', 'running', 'cancelled', 'cancelled']);
    run.succeed(1, 0);
    expect(run.statuses()).toEqual(['cancelled', 'succeeded', 'cancelled', 'cancelled']);
    expect(run.state.status).toBe('cancelled');
  });
});
