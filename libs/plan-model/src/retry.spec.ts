import { failure } from '@opsmesh/contracts';
import type { RunEvent } from './run-event.js';
import { branch, plan, step } from './testing/plans.js';
import { started } from './testing/simulation.js';
import { transition } from './transition.js';

const unreachable = failure('unreachable', 'no route');
const nonzero = failure('nonzero-exit', 'exit 1');
const lost = failure('connection-lost', 'gone');
const retrying = { retry: { maxAttempts: 3, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } } };

describe('retry', () => {
  it('is decided by the code: unreachable is tried again after the backoff, with a new attempt number', () => {
    const run = started(plan(step(0, retrying)));
    run.fail(unreachable, { step: 0, item: 0 });
    expect(run.timers).toMatchObject([{ step: 0, item: 0, attempt: 1, delayMs: 100 }]);
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 1 });
    expect(run.sent.at(-1)).toEqual({ step: 0, item: 0, attempt: 2 });
    run.fail(unreachable, { step: 0, item: 0, attempt: 2 });
    expect(run.timers.at(-1)).toMatchObject({ delayMs: 200 });
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 2 });
    run.fail(unreachable, { step: 0, item: 0, attempt: 3 });
    expect(run.state.status).toBe('failed');
  });

  it('a timer that fires twice sends once', () => {
    const run = started(plan(step(0, retrying)));
    run.fail(unreachable, { step: 0, item: 0 });
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 1 });
    expect(run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 1 })).toBe(false);
    expect(run.sent).toHaveLength(2);
  });

  it('an exit code other than 0 is repeated only for an idempotent tool', () => {
    const once = started(plan(step(0, retrying)));
    once.fail(nonzero, { step: 0, item: 0 });
    expect(once.timers).toEqual([]);
    const again = started(plan(step(0, { ...retrying, idempotent: true })));
    again.fail(nonzero, { step: 0, item: 0 });
    expect(again.timers).toHaveLength(1);
  });

  it.each([
    ['nothing was done', {}, unreachable, true], ['the tool may not be repeated', {}, nonzero, false], ['it may', { idempotent: true }, nonzero, true], ['it only reads', { effect: 'read' as const }, nonzero, true],
    ['nobody knows', {}, lost, false], ['the code does not pass', { idempotent: true }, failure('not-found', 'none'), false],
  ])('a failure says whether it is tried again: %s', (_what, more, failed, retryable) => {
    const run = started(plan(step(0, more)));
    run.fail(failed, { step: 0, item: 0 });
    expect(run.items.get('0.0')).toMatchObject({ failure: { ...failed, retryable } });
    expect(run.state.steps[0]).toMatchObject({ failure: { code: failed.code, retryable } });
  });

  it('a failure that is told of many items or of a container is not tried again', () => {
    const many = started(plan(step(0, { idempotent: true, forEach: '<<x>>' })), [{ total: 2 }]);
    for (const item of [0, 1]) many.fail(unreachable, { step: 0, item });
    const around = started(plan(branch(0, 1), step(1, { idempotent: true, scope: { step: 0, arm: 0 } })));
    around.fail(unreachable, { step: 1, item: 0 });
    expect([many, around].map((run) => run.state.steps[0])).toMatchObject([{ failure: { code: 'tool-failed', retryable: false } }, { failure: { code: 'unreachable', retryable: false } }]);
  });

  it('a waiting retry keeps its place in the concurrency', () => {
    const run = started(plan(step(0, { ...retrying, forEach: '<<x>>', map: { concurrency: 1 } })), [{ total: 2 }]);
    run.fail(unreachable, { step: 0, item: 0 });
    expect(run.sent).toHaveLength(1);
  });

  it('a retry that is due in a paused run keeps its timer until the run goes on, however often it is told', () => {
    const run = started(plan(step(0, retrying)));
    run.fail(unreachable, { step: 0, item: 0 });
    run.apply({ type: 'pause' });
    const due: RunEvent = { type: 'retry-due', step: 0, item: 0, attempt: 1 };
    const told = () => transition({ plan: run.plan, state: run.state, item: run.items.get('0.0') }, due);
    expect([told(), told()]).toEqual(Array(2).fill({ state: run.state, effects: [{ type: 'too-early' }], history: [] }));
    run.apply({ type: 'resume' });
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 1 });
    expect(run.sent).toHaveLength(2);
  });
});
