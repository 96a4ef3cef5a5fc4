import { failure } from '@opsmesh/contracts';
import { branch, loop, plan, step } from './testing/plans.js';
import { started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');
const unsure = failure('connection-lost', 'gone');
const body = { scope: { step: 0, arm: null } };

describe('an alternative', () => {
  const p = plan(step(0, { onFailure: { alternative: 1 } }), step(1, { guard: { step: 0 }, dependsOn: [0] }), step(2, { dependsOn: [0, 1], needsValueOf: [0] }));

  it('is skipped when its step succeeds', () => {
    const run = started(p);
    run.succeed(0, 0);
    expect(run.statuses()).toEqual(['succeeded', 'skipped', 'running']);
  });

  it('takes the place of the step that failed: dependants run, and the run is completed', () => {
    const run = started(p);
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.statuses()).toEqual(['failed', 'running', 'waiting']);
    expect(run.history.find((h) => h.type === 'step.adapted')).toMatchObject({ step: 0, data: { cause: 'nonzero-exit', effect: 'alternative', alternative: 's1' } });
    run.succeed(1, 0);
    run.succeed(2, 0);
    expect(run.state.status).toBe('completed');
  });

  it('that fails too leaves the failure as it was', () => {
    const run = started(p);
    run.fail(nonzero, { step: 0, item: 0 });
    run.fail(nonzero, { step: 1, item: 0 });
    expect(run.statuses()).toEqual(['failed', 'failed', 'skipped']);
    expect(run.state.status).toBe('failed');
  });

  it('of an alternative may succeed', () => {
    const run = started(plan(step(0, { onFailure: { alternative: 1 } }), step(1, { guard: { step: 0 }, dependsOn: [0], onFailure: { alternative: 2 } }), step(2, { guard: { step: 1 }, dependsOn: [1] }), step(3, { dependsOn: [0, 1, 2], needsValueOf: [0] })));
    run.fail(nonzero, { step: 0, item: 0 });
    run.fail(nonzero, { step: 1, item: 0 });
    run.succeed(2, 0);
    run.succeed(3, 0);
    expect(run.state.status).toBe('completed');
  });

  it('does not do again in another way what may have happened', () => {
    const run = started(p);
    run.fail(unsure, { step: 0, item: 0 });
    expect(run.statuses()).toEqual(['failed', 'skipped', 'skipped']);
  });

  it.each(['branch', 'loop'] as const)('of a %s does not do again in another way what may have happened in it', (kind) => {
    const made = kind === 'branch' ? branch(0, 1, { onFailure: { alternative: 2 } }) : loop(0, 'forEach', { onFailure: { alternative: 2 } });
    const run = started(plan(made, step(1, { scope: { step: 0, arm: kind === 'branch' ? 0 : null } }), step(2, { guard: { step: 0 }, dependsOn: [0] })), [{ iterations: 1 }]);
    run.fail(unsure, { step: 1, item: 0 });
    expect(run.statuses()).toEqual(['failed', 'failed', 'skipped']);
  });

  it('saves the container that it stands in', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, { ...body, onFailure: { alternative: 2 } }), step(2, { ...body, guard: { step: 1 }, dependsOn: [1] })), [{ iterations: 1 }]);
    run.fail(nonzero, { step: 1, item: 0 });
    run.succeed(2, 0);
    expect(run.statuses()).toEqual(['succeeded', 'failed', 'succeeded']);
  });
});

describe('a step that is not critical', () => {
  it('is passed over when it fails: what comes after it runs, unless it needs its output', () => {
    const run = started(plan(step(0, { critical: false }), step(1, { dependsOn: [0] }), step(2, { dependsOn: [0], needsValueOf: [0], critical: false })));
    run.fail(nonzero, { step: 0, item: 0 });
    run.succeed(1, 0);
    expect(run.statuses()).toEqual(['failed', 'succeeded', 'skipped']);
    expect(run.state.status).toBe('completed');
  });
});

describe('compensation', () => {
  const p = plan(step(0, { onFailure: { compensate: [1, 2] } }), step(1, { guard: { step: 0 }, dependsOn: [0] }), step(2, { guard: { step: 0 }, dependsOn: [0, 1] }), step(3, { dependsOn: [0] }));

  it('runs in order after a failure, which stays one; the run waits for it', () => {
    const run = started(p);
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.statuses()).toEqual(['failed', 'running', 'waiting', 'skipped']);
    run.succeed(1, 0);
    expect(run.state.status).toBe('running');
    run.succeed(2, 0);
    expect(run.state.status).toBe('failed');
  });

  it('runs for what may have happened', () => {
    const run = started(p);
    run.fail(unsure, { step: 0, item: 0 });
    expect(run.statuses()[1]).toBe('running');
  });

  it('is not needed after a success', () => {
    const run = started(p);
    run.succeed(0, 0);
    run.succeed(3, 0);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{}, { status: 'skipped' }, { status: 'skipped' }, {}] });
  });
});
