import { failure } from '@opsmesh/contracts';
import { plan, wait } from './testing/plans.js';
import { started } from './testing/simulation.js';

describe('a step that is no job', () => {
  it('begins and runs at once, and ends with what it is told', () => {
    const run = started(plan(wait(0, { forEach: '<<x>>', map: { concurrency: 1 } })), [{ total: 2 }]);
    expect([run.sent, run.begun]).toEqual([[], [{ step: 0, item: 0, attempt: 1 }]]);
    expect(run.items.get('0.0')).toEqual({ status: 'running', attempt: 1 });
    run.succeed(0, 0);
    run.fail(failure('signal-timeout', 'nobody came'), { step: 0, item: 1 });
    expect(run.state).toMatchObject({ status: 'partial', steps: [{ counts: { succeeded: 1, failed: 1 } }] });
  });

  it('is never claimed, lost or tried again', () => {
    const run = started(plan(wait(0)));
    expect(run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 })).toBe(false);
    expect(run.apply({ type: 'lost', step: 0, item: 0, attempt: 1 })).toBe(false);
    run.fail(failure('unreachable', 'x'), { step: 0, item: 0 });
    expect([run.timers, run.state.status]).toEqual([[], 'failed']);
  });

  it('ends at once when the run is cancelled', () => {
    const run = started(plan(wait(0)));
    run.apply({ type: 'cancel' });
    expect(run.items.get('0.0')).toMatchObject({ status: 'cancelled' });
    expect(run.state).toMatchObject({ status: 'cancelled', steps: [{ status: 'cancelled', counts: { cancelled: 1 } }] });
    expect(run.succeed(0, 0)).toBe(false);
  });
});
