import { failure } from '@opsmesh/contracts';
import { timeoutOf } from './adaptation.js';
import { policyOf } from './policy.js';
import { plan, step } from './testing/plans.js';
import { fanOut, started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');
const unreachable = failure('unreachable', 'no route');
const timedOut = failure('timed-out', 'too slow');
const retry = (maxAttempts: number) => ({ maxAttempts, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } });

describe('adaptation', () => {
  const adapt = { concurrency: { failures: 2, of: 4, floor: 1 }, timeoutFactor: 2 };

  it('halves the concurrency when too many of the last attempts did not reach their target, down to the floor', () => {
    const run = fanOut(20, { map: { concurrency: 4 }, adapt });
    for (const item of [0, 1]) run.fail(unreachable, { step: 0, item });
    expect(policyOf(run.plan, run.state, 0).concurrency).toBe(2);
    expect(run.history.filter((h) => h.type === 'step.adapted').map((h) => h.data)).toEqual([{ cause: 'unreachable', effect: 'smaller-concurrency', from: 4, to: 2 }]);
    for (const item of [2, 3, 4, 5, 6]) run.fail(unreachable, { step: 0, item });
    expect(policyOf(run.plan, run.state, 0).concurrency).toBe(1);
  });

  it('looks at the last attempts only, and at nothing but connections', () => {
    const run = fanOut(20, { map: { concurrency: 4 }, adapt });
    run.fail(unreachable, { step: 0, item: 0 });
    for (const item of [1, 2, 3]) run.succeed(0, item);
    run.fail(unreachable, { step: 0, item: 4 });
    run.fail(nonzero, { step: 0, item: 5 });
    expect(policyOf(run.plan, run.state, 0).concurrency).toBe(4);
  });

  it('gives an attempt that timed out as the last one more, with a longer time, if it may be repeated', () => {
    const slow = { adapt, idempotent: true, retry: retry(2), timeoutMs: 1000 };
    const run = fanOut(1, slow);
    run.fail(timedOut, { step: 0, item: 0 });
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 1 });
    run.fail(timedOut, { step: 0, item: 0, attempt: 2 });
    run.apply({ type: 'retry-due', step: 0, item: 0, attempt: 2 });
    expect(run.sent.map((s) => s.attempt)).toEqual([1, 2, 3]);
    expect([1, 2, 3].map((attempt) => timeoutOf(step(0, slow), attempt))).toEqual([1000, 1000, 2000]);
    run.fail(timedOut, { step: 0, item: 0, attempt: 3 });
    expect(run.state.status).toBe('failed');
    const once = fanOut(1, { adapt });
    once.fail(timedOut, { step: 0, item: 0 });
    expect(once.timers).toEqual([]);
  });

  it('is none where the plan asks for none', () => {
    const run = fanOut(20, { map: { concurrency: 4 }, idempotent: true });
    for (let item = 0; item < 4; item++) run.fail(unreachable, { step: 0, item });
    run.fail(timedOut, { step: 0, item: 4 });
    expect(run.types()).not.toContain('step.adapted');
  });

  it('that a failure was passed over is said', () => {
    const run = started(plan(step(0, { critical: false }), step(1)));
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.history.find((h) => h.type === 'step.adapted')).toMatchObject({ step: 0, data: { cause: 'nonzero-exit', effect: 'passed-over' } });
  });
});
