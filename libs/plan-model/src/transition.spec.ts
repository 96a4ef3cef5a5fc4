import { failure } from '@opsmesh/contracts';
import { plan, step } from './testing/plans.js';
import { Simulation, started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');
const unreachable = failure('unreachable', 'no route');
const retrying = { retry: { maxAttempts: 3, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } } };

describe('order', () => {
  it('independent steps start together, a dependent one when its last dependency ended', () => {
    const run = started(plan(step(0), step(1), step(2, { dependsOn: [0, 1] })));
    expect(run.sent.map((s) => s.step)).toEqual([0, 1]);
    run.succeed(1, 0);
    expect(run.sent).toHaveLength(2);
    run.succeed(0, 0);
    expect(run.sent.at(-1)).toEqual({ step: 2, item: 0, attempt: 1 });
    run.succeed(2, 0);
    expect(run.state.status).toBe('completed');
    expect(run.finished).toBe(1);
  });

  it('a run starts once', () => {
    const run = started(plan(step(0)));
    expect(run.apply({ type: 'started' })).toBe(false);
    expect(run.sent).toHaveLength(1);
  });
});

describe('fan-out', () => {
  it('never has more items under way than the concurrency, and starts the next when one ends', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', map: { concurrency: 2 } })), [{ total: 5 }]);
    expect(run.sent.map((s) => s.item)).toEqual([0, 1]);
    run.succeed(0, 1);
    expect(run.sent.map((s) => s.item)).toEqual([0, 1, 2]);
  });

  it('an empty list succeeds with 0 items', () => {
    const run = started(plan(step(0, { forEach: '<<x>>' })), [{ total: 0 }]);
    expect(run.state.steps[0]).toMatchObject({ status: 'succeeded', total: 0 });
    expect(run.state.status).toBe('completed');
  });

  it('one failing item leaves the others alone and makes step and run partial', () => {
    const run = started(plan(step(0, { forEach: '<<x>>' })), [{ total: 3 }]);
    run.succeed(0, 0);
    run.fail(nonzero, { step: 0, item: 1 });
    run.succeed(0, 2);
    expect(run.state.steps[0]).toMatchObject({ status: 'partial', counts: { succeeded: 2, failed: 1 } });
    expect(run.state.status).toBe('partial');
  });

  it('items that could not be bound fail without being sent and take no room', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', map: { concurrency: 2 } })), [{ total: 4, unbound: [0, 3] }]);
    expect(run.sent.map((s) => s.item)).toEqual([1, 2]);
    run.succeed(0, 1);
    run.succeed(0, 2);
    expect(run.state.steps[0]).toMatchObject({ status: 'partial', counts: { succeeded: 2, failed: 2 } });
  });

  it('all items unbound: the step fails and nothing was sent', () => {
    const run = started(plan(step(0, { forEach: '<<x>>' })), [{ total: 2, unbound: [0, 1] }]);
    expect(run.sent).toEqual([]);
    expect(run.state).toMatchObject({ status: 'failed', steps: [{ status: 'failed' }] });
  });

  it('over the failure threshold nothing more starts, what has begun ends, the rest is skipped', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', map: { concurrency: 2, failureThreshold: { count: 1 } } })), [{ total: 6 }]);
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.sent).toHaveLength(3);
    run.apply({ type: 'claimed', step: 0, item: 2, attempt: 1 });
    run.fail(nonzero, { step: 0, item: 1 });
    expect(run.sent).toHaveLength(3);
    expect(run.state.steps[0]!.status).toBe('running');
    run.succeed(0, 2);
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', counts: { failed: 2, succeeded: 1, skipped: 3 } });
    expect(run.items.get('0.5')).toMatchObject({ status: 'skipped' });
  });

  it('an attempt that was sent and has not begun does not begin any more over the threshold, but one more try of what failed does', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', idempotent: true, retry: { maxAttempts: 2, backoff: { initialMs: 1, factor: 1, maxMs: 1, jitter: false } }, map: { concurrency: 3, failureThreshold: { count: 0 } } })), [{ total: 3 }]);
    run.fail(unreachable, { step: 0, item: 0 });
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 1 });
    run.fail(failure('auth-failed', 'no'), { step: 0, item: 1 });
    expect(run.items.get('0.2')).toMatchObject({ status: 'skipped' });
    expect(run.apply({ type: 'claimed', step: 0, item: 2, attempt: 1 })).toBe(false);
    expect(run.apply({ type: 'claimed', step: 0, item: 0, attempt: 2 })).toBe(true);
    run.succeed(0, 0, 2);
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', counts: { failed: 1, succeeded: 1, skipped: 1 } });
  });

  it('what needs no claim and no lock may have begun: over the threshold it is awaited', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', claim: false, map: { concurrency: 2, failureThreshold: { count: 0 } } })), [{ total: 3 }]);
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.state.steps[0]).toMatchObject({ status: 'running', counts: { failed: 1, queued: 1, skipped: 1 } });
  });

  it('a threshold of 20 % allows exactly 20 %', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', map: { concurrency: 5, failureThreshold: { percent: 20 } } })), [{ total: 5 }]);
    run.fail(nonzero, { step: 0, item: 0 });
    for (let i = 1; i < 5; i++) run.succeed(0, i);
    expect(run.state.steps[0]!.status).toBe('partial');
  });
});

describe('failure', () => {
  it('a failed step skips what depends on it, and what depends on that', () => {
    const run = started(plan(step(0), step(1, { dependsOn: [0] }), step(2, { dependsOn: [1] })));
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.state.steps.map((s) => s.status)).toEqual(['failed', 'skipped', 'skipped']);
    expect(run.state.status).toBe('failed');
  });

  it('with onFailure continue the dependants run, unless they need its value', () => {
    const run = started(plan(step(0, { onFailure: 'continue' }), step(1, { dependsOn: [0] }), step(2, { dependsOn: [0], needsValueOf: [0] })));
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.sent.map((s) => s.step)).toEqual([0, 1]);
    expect(run.state.steps[2]).toMatchObject({ status: 'skipped', failure: { code: 'dependency-failed' } });
  });

  it('a step that is not critical does not spoil the run', () => {
    const run = started(plan(step(0, { critical: false }), step(1)));
    run.fail(nonzero, { step: 0, item: 0 });
    run.succeed(1, 0);
    expect(run.state.status).toBe('completed');
  });

  it('a step skipped by its condition lets its dependants run', () => {
    const run = new Simulation(plan(step(0), step(1, { dependsOn: [0] })));
    run.state = { ...run.state, seq: 1 };
    run.apply({ type: 'prepare-skipped', step: 0 });
    expect(run.sent).toEqual([{ step: 1, item: 0, attempt: 1 }]);
  });

  it('a step of one item fails with the failure of its item', () => {
    const run = started(plan(step(0)));
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.state.steps[0]).toMatchObject({ failure: { ...nonzero, retryable: false } });
  });
});

describe('repeated and late', () => {
  it('the first outcome wins', () => {
    const run = started(plan(step(0, { forEach: '<<x>>' })), [{ total: 2 }]);
    run.succeed(0, 0);
    expect(run.succeed(0, 0)).toBe(false);
    expect(run.fail(nonzero, { step: 0, item: 0 })).toBe(false);
    expect(run.state.steps[0]).toMatchObject({ counts: { succeeded: 1, queued: 1 } });
  });

  it('a result of an older attempt changes nothing', () => {
    const run = started(plan(step(0, retrying)));
    run.fail(unreachable, { step: 0, item: 0 });
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 1 });
    expect(run.succeed(0, 0, 1)).toBe(false);
    expect(run.succeed(0, 0, 2)).toBe(true);
  });

  it('a result for an item that does not exist changes nothing', () => {
    const run = started(plan(step(0)));
    expect(run.succeed(0, 7)).toBe(false);
  });

  it('nothing reopens a run that is over', () => {
    const run = started(plan(step(0)));
    run.succeed(0, 0);
    const over = run.state;
    for (const type of ['cancel', 'pause', 'resume', 'timed-out', 'started'] as const) run.apply({ type });
    run.apply({ type: 'lost', step: 0, item: 0, attempt: 1 });
    expect(run.state).toEqual(over);
  });
});
