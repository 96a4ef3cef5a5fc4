import { failure } from '@opsmesh/contracts';
import { plan, step, subPlan } from './testing/plans.js';
import { started } from './testing/simulation.js';

const lost = failure('connection-lost', 'gone');
const retrying = { retry: { maxAttempts: 3, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } } };

describe('doubt', () => {
  it('a lost connection makes a command that is not idempotent unknown, whatever its retry policy', () => {
    const run = started(plan(step(0, retrying)));
    run.fail(lost, { step: 0, item: 0 });
    expect(run.items.get('0.0')).toMatchObject({ status: 'unknown' });
    expect(run.timers).toEqual([]);
    expect(run.state.status).toBe('failed');
  });

  it('a claimed attempt that was lost is unknown and never sent again', () => {
    const run = started(plan(step(0)));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.apply({ type: 'lost', step: 0, item: 0, attempt: 1 });
    expect(run.items.get('0.0')).toMatchObject({ status: 'unknown', failure: { code: 'worker-lost' } });
    expect(run.sent).toHaveLength(1);
  });

  it('an attempt that was never claimed is sent again under the same number', () => {
    const run = started(plan(step(0)));
    run.apply({ type: 'lost', step: 0, item: 0, attempt: 1 });
    expect(run.sent).toEqual([{ step: 0, item: 0, attempt: 1 }, { step: 0, item: 0, attempt: 1 }]);
  });

  it('an attempt that was claimed since it looked lost is left alone', () => {
    const run = started(plan(step(0)));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    expect(run.apply({ type: 'lost', step: 0, item: 0, attempt: 1, claimed: false })).toBe(false);
    expect(run.apply({ type: 'lost', step: 0, item: 0, attempt: 1, claimed: true })).toBe(true);
  });

  it('a claimed idempotent attempt that was lost is sent again', () => {
    const run = started(plan(step(0, { idempotent: true })));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.apply({ type: 'lost', step: 0, item: 0, attempt: 1 });
    expect(run.sent).toHaveLength(2);
  });

  it('a second worker gets no claim, unless the tool is idempotent', () => {
    const run = started(plan(step(0)));
    expect(run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 })).toBe(true);
    expect(run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 })).toBe(false);
    const again = started(plan(step(0, { idempotent: true })));
    again.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    expect(again.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 })).toBe(true);
  });

  it('a late result makes unknown known, and the step and the run with it', () => {
    const run = started(plan(step(0)));
    run.fail(lost, { step: 0, item: 0 });
    run.succeed(0, 0);
    expect(run.items.get('0.0')).toMatchObject({ status: 'succeeded' });
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded', counts: { succeeded: 1, unknown: 0 } }] });
    expect(run.finished).toBe(1);
  });

  it('of a step that another run carries out is known when that run knows, and not before', () => {
    const run = started(plan(subPlan(0)));
    const doubtful = failure('child-unknown', 'something of the sub-plan is unknown');
    run.fail(doubtful, { step: 0, item: 0 });
    expect(run.items.get('0.0')).toMatchObject({ status: 'unknown' });
    expect(run.fail(doubtful, { step: 0, item: 0 })).toBe(false);
    run.succeed(0, 0);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded' }] });
    expect([run.finished, run.outcomeChanges]).toEqual([1, 1]);
  });
});
