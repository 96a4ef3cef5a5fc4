import { failure } from '@opsmesh/contracts';
import { plan, step } from './testing/plans.js';
import { started } from './testing/simulation.js';

const unreachable = failure('unreachable', 'no route');
const retrying = { retry: { maxAttempts: 3, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } } };

describe('cancel', () => {
  it('queued items never start, running ones are told and awaited', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', map: { concurrency: 2 } }), step(1, { dependsOn: [0] })), [{ total: 4 }]);
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.apply({ type: 'cancel' });
    expect(run.aborts).toBe(1);
    expect(run.apply({ type: 'claimed', step: 0, item: 1, attempt: 1 })).toBe(false);
    expect(run.state).toMatchObject({ status: 'running', stopping: 'cancelled', steps: [{ counts: { running: 1, cancelled: 3 } }, { status: 'cancelled' }] });
    run.fail(failure('cancelled', 'stopped'), { step: 0, item: 0 });
    expect(run.state).toMatchObject({ status: 'cancelled', steps: [{ status: 'cancelled', counts: { cancelled: 4 } }, {}] });
  });

  it('a command that could not be stopped for sure ends as unknown', () => {
    const run = started(plan(step(0)));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.apply({ type: 'cancel' });
    run.fail(failure('stop-unconfirmed', 'still running?'), { step: 0, item: 0 });
    expect(run.items.get('0.0')).toMatchObject({ status: 'unknown' });
    expect(run.state.status).toBe('cancelled');
  });

  it('nothing is retried in a run that is stopping', () => {
    const run = started(plan(step(0, { ...retrying, idempotent: true })));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.apply({ type: 'cancel' });
    run.fail(unreachable, { step: 0, item: 0 });
    expect(run.timers).toEqual([]);
    expect(run.state.status).toBe('cancelled');
  });

  it('a run whose time is over fails', () => {
    const run = started(plan(step(0)));
    run.apply({ type: 'timed-out' });
    expect(run.state.status).toBe('failed');
  });
});

describe('pause', () => {
  it('nothing new starts until the run goes on', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', map: { concurrency: 1 } }), step(1, { dependsOn: [0] })), [{ total: 2 }]);
    run.apply({ type: 'pause' });
    run.succeed(0, 0);
    expect(run.sent).toHaveLength(1);
    run.apply({ type: 'resume' });
    expect(run.sent).toHaveLength(2);
    run.apply({ type: 'pause' });
    run.succeed(0, 1);
    expect(run.sent).toHaveLength(2);
    run.apply({ type: 'resume' });
    expect(run.sent.at(-1)).toEqual({ step: 1, item: 0, attempt: 1 });
  });

  it('an attempt that was sent before does not begin until the run goes on, and is sent again then', () => {
    const run = started(plan(step(0, { forEach: '<<x>>', idempotent: true })), [{ total: 2 }]);
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.apply({ type: 'pause' });
    expect(run.apply({ type: 'claimed', step: 0, item: 1, attempt: 1 })).toBe(false);
    expect(run.apply({ type: 'lost', step: 0, item: 1, attempt: 1, claimed: false })).toBe(false);
    // What runs goes on, with another worker if need be.
    expect(run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 })).toBe(true);
    run.apply({ type: 'resume' });
    expect(run.resent).toBe(1);
    expect(run.apply({ type: 'claimed', step: 0, item: 1, attempt: 1 })).toBe(true);
  });

  it('nothing is sent again where nothing waits', () => {
    const run = started(plan(step(0)));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.apply({ type: 'pause' });
    run.apply({ type: 'resume' });
    expect(run.resent).toBe(0);
  });
});
