import { failure } from '@opsmesh/contracts';
import { timeoutOf } from './adaptation.js';
import { checkMapChange } from './parse-policies.js';
import type { ToolStep } from './plan.js';
import { policyOf } from './policy.js';
import { approval, loop, plan, step } from './testing/plans.js';
import { type Simulation, started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');
const unreachable = failure('unreachable', 'no route');
const timedOut = failure('timed-out', 'too slow');
const unsure = failure('connection-lost', 'gone');
const by = { reason: 'looked', actor: 'ann' };
const retry = (maxAttempts: number) => ({ maxAttempts, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } });

/** A fan-out of `total` items that was started. */
function fanOut(total: number, more: Partial<ToolStep> = {}, unbound: readonly number[] = []): Simulation {
  const run = started(plan(step(0, { forEach: '<<x>>', ...more })), [{ total, unbound }]);
  return run;
}
const items = (run: Simulation) => run.sent.map((s) => s.item);

describe('waves', () => {
  const waves = { map: { concurrency: 50, waves: [{ count: 1 }, { percent: 50 }] } };

  it('the next begins when all of the one before has ended; the last has all the rest', () => {
    const run = fanOut(5, waves);
    expect(items(run)).toEqual([0]);
    run.succeed(0, 0);
    expect(items(run)).toEqual([0, 1, 2]);
    run.succeed(0, 1);
    expect(items(run)).toHaveLength(3);
    run.succeed(0, 2);
    expect(items(run)).toEqual([0, 1, 2, 3, 4]);
    expect(run.history.filter((h) => h.type === 'step.wave-started').map((h) => h.data['wave'])).toEqual([1, 2]);
  });

  it('keep to the concurrency', () => {
    const run = fanOut(5, { map: { concurrency: 1, waves: [{ count: 3 }] } });
    run.succeed(0, 0);
    expect(items(run)).toEqual([0, 1]);
  });

  it('a wave that waits for a retry has not ended', () => {
    const run = fanOut(3, { ...waves, retry: retry(2) });
    run.fail(unreachable, { step: 0, item: 0 });
    expect(items(run)).toEqual([0]);
  });

  it('a wave of items that could not be bound is over at once, and so is one that adds nothing', () => {
    expect(items(fanOut(4, waves, [0]))).toEqual([1]);
    expect(items(fanOut(4, { map: { concurrency: 50, waves: [{ count: 2 }, { percent: 50 }] } }, [0, 1]))).toEqual([2, 3]);
  });

  it('none begins after too many failures', () => {
    const run = fanOut(5, { map: { ...waves.map, failureThreshold: { count: 0 } } });
    run.fail(nonzero, { step: 0, item: 0 });
    expect(items(run)).toEqual([0]);
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', counts: { failed: 1, skipped: 4 } });
  });

  it('with a pause between wait for it, once', () => {
    const run = fanOut(3, { map: { ...waves.map, wavePauseMs: 500 } });
    run.succeed(0, 0);
    expect(items(run)).toEqual([0]);
    expect(run.waveTimers).toEqual([{ type: 'wave-timer', step: 0, wave: 1, delayMs: 500 }]);
    run.apply({ type: 'pause' });
    run.apply({ type: 'resume' });
    expect(run.waveTimers).toHaveLength(1);
    expect(run.apply({ type: 'wave-due', step: 0, wave: 2 })).toBe(false);
    run.apply({ type: 'wave-due', step: 0, wave: 1 });
    expect(items(run)).toEqual([0, 1]);
    expect(run.apply({ type: 'wave-due', step: 0, wave: 1 })).toBe(false);
  });

  it('a pause that ends in a paused run lets the wave begin when it goes on', () => {
    const run = fanOut(3, { map: { ...waves.map, wavePauseMs: 500 } });
    run.succeed(0, 0);
    run.apply({ type: 'pause' });
    run.apply({ type: 'wave-due', step: 0, wave: 1 });
    expect(items(run)).toEqual([0]);
    run.apply({ type: 'resume' });
    expect(items(run)).toEqual([0, 1]);
  });

  it('begin anew in the next iteration of a loop', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, { scope: { step: 0, arm: null }, forEach: '<<x>>', map: { concurrency: 9, waves: [{ count: 1 }] } })), [{ iterations: 2 }, { total: 2 }]);
    for (const item of [0, 1, 2]) run.succeed(1, item);
    expect(items(run)).toEqual([0, 1, 2, 3]);
  });
});

describe('a policy changed while the step runs', () => {
  const change = (map: object) => ({ type: 'policy-changed', step: 0, map, actor: 'ann' }) as const;

  it('other waves begin where those before stand', () => {
    const run = fanOut(40, { map: { concurrency: 50, waves: [{ count: 1 }, { count: 2 }, { count: 3 }] } });
    run.succeed(0, 0);
    run.succeed(0, 1);
    expect(items(run)).toEqual([0, 1, 2]);
    run.apply(change({ waves: [{ count: 10 }], wavePauseMs: 60_000 }));
    expect(items(run)).toHaveLength(10);
    for (let i = 2; i < 10; i++) run.succeed(0, i);
    expect(items(run)).toHaveLength(10);
    expect(run.waveTimers).toMatchObject([{ wave: 1, delayMs: 60_000 }]);
  });

  it('of which the first is what was started already wait for that, and pause behind it', () => {
    const run = fanOut(5, { map: { concurrency: 50, waves: [{ count: 2 }] } });
    run.apply(change({ waves: [{ count: 1 }, { count: 2 }, { count: 4 }], wavePauseMs: 500 }));
    expect(items(run)).toEqual([0, 1]);
    run.succeed(0, 0);
    run.succeed(0, 1);
    expect(run.waveTimers).toMatchObject([{ wave: 2, delayMs: 500 }]);
    run.apply({ type: 'wave-due', step: 0, wave: 2 });
    expect(items(run)).toEqual([0, 1, 2, 3]);
  });

  it('a pause between waves ends when it is taken back, with the waves or without them, and begins anew when it is another', () => {
    for (const map of [{ wavePauseMs: null }, { waves: null }]) {
      const run = fanOut(3, { map: { concurrency: 50, waves: [{ count: 1 }], wavePauseMs: 20_000 } });
      run.succeed(0, 0);
      expect(items(run)).toEqual([0]);
      run.apply(change(map));
      expect(items(run)).toEqual([0, 1, 2]);
    }
    const run = fanOut(3, { map: { concurrency: 50, waves: [{ count: 1 }], wavePauseMs: 20_000 } });
    run.succeed(0, 0);
    run.apply(change({ wavePauseMs: 100 }));
    expect(run.waveTimers).toMatchObject([{ wave: 1, delayMs: 20_000 }, { wave: 1, delayMs: 100 }]);
  });

  it('starts more at once when there is room', () => {
    const run = fanOut(5, { map: { concurrency: 1 } });
    expect(run.apply(change({ concurrency: 3 }))).toBe(true);
    expect(items(run)).toEqual([0, 1, 2]);
    expect(policyOf(run.plan, run.state, 0)).toEqual({ concurrency: 3 });
  });

  it('starts no more until there is room again', () => {
    const run = fanOut(5, { map: { concurrency: 3 } });
    run.apply(change({ concurrency: 1 }));
    run.succeed(0, 0);
    run.succeed(0, 1);
    expect(items(run)).toHaveLength(3);
    run.succeed(0, 2);
    expect(items(run)).toHaveLength(4);
  });

  it('gives the rest up when the threshold is below what failed already', () => {
    const run = fanOut(4, { map: { concurrency: 1 } });
    run.fail(nonzero, { step: 0, item: 0 });
    run.apply(change({ failureThreshold: { count: 0 } }));
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', counts: { failed: 1, skipped: 3 } });
  });

  it('null takes back what the plan said', () => {
    const run = fanOut(4, { map: { concurrency: 9, waves: [{ count: 1 }] } });
    run.apply(change({ waves: null }));
    expect(items(run)).toEqual([0, 1, 2, 3]);
    expect(policyOf(run.plan, run.state, 0)).toEqual({ concurrency: 9 });
  });

  it('to what it is already changes nothing', () => {
    const run = fanOut(4, { map: { concurrency: 2 } });
    expect(run.apply(change({ concurrency: 2 }))).toBe(false);
    expect(run.apply(change({ waves: null }))).toBe(false);
  });

  it('of a step that has ended changes nothing, but in a loop, which may begin it anew', () => {
    const run = started(plan(step(0), step(1)), [{ total: 1 }, { total: 1 }]);
    run.succeed(0, 0);
    expect(run.apply(change({ concurrency: 2 }))).toBe(false);
    const loops = started(plan(loop(0, 'forEach'), step(1, { scope: { step: 0, arm: null } }), step(2, { scope: { step: 0, arm: null } })), [{ iterations: 2 }, {}, {}]);
    loops.succeed(1, 0);
    expect(loops.state.steps.map((s) => s.status)).toEqual(['open', 'succeeded', 'running']);
    expect(loops.apply({ ...change({ concurrency: 2 }), step: 1 })).toBe(true);
  });

  it('of a run that is over changes nothing', () => {
    const run = fanOut(1);
    run.succeed(0, 0);
    expect(run.apply(change({ concurrency: 2 }))).toBe(false);
  });

  it.each<[unknown, object | string]>([
    [{ concurrency: 5, waves: ['10%', '100%'], pauseMs: 5 }, { concurrency: 5, waves: [{ percent: 10 }, { percent: 100 }], wavePauseMs: 5 }], [{ failureThreshold: null, lock: true }, { failureThreshold: null, lock: true }], [{ rate: { limit: 5, perMs: 1000 } }, { rate: { key: 'tenant', limit: 5, perMs: 1000 } }],
    [{ concurrency: null }, { concurrency: 50 }], [{}, {}],
    [{ concurrency: 0 }, '/map/concurrency'], [{ speed: 1 }, '/map/speed'], [{ lock: '<<item.rack>>' }, '/map/lock'], ['fast', '/map'], [{ waves: [5, 5] }, '/map/waves'],
  ])('%j is read as %j', (written, expected) => {
    const { change: read, diagnostics } = checkMapChange(step(0, { target: '/host' }), written);
    if (typeof expected === 'string') expect([read, diagnostics.map((d) => d.pointer)]).toEqual([null, [expected]]);
    else expect([read, diagnostics]).toEqual([expected, []]);
  });

  it('says with a path from the body what to leave out', () => expect(checkMapChange(step(0), { speed: 1 }).diagnostics[0]!.fix).toEqual([{ op: 'remove', path: '/map/speed' }]));

  it.each<[string, Parameters<typeof checkMapChange>[0], unknown, string]>([
    ['a lock of what is no tool', approval(0), { lock: true }, '/map/lock'], ['a rate of what is no tool', approval(0), { rateLimit: { limit: 1, perMs: 1 } }, '/map/rateLimit'],
    ['a lock of a target that the tool lacks', step(0), { lock: true }, '/map/lock'], ['a rate by such a target', step(0), { rate: { key: 'target', limit: 1, perMs: 1 } }, '/map/rate/key'],
  ])('refuses %s', (_what, of, written, pointer) => {
    expect(checkMapChange(of, written)).toMatchObject({ change: null, diagnostics: [{ code: 'unsupported-option', pointer }] });
    expect(checkMapChange(of, { lock: null, rate: null }).diagnostics).toEqual([]);
  });

  it('is none for what has no items', () => expect(checkMapChange(loop(0, 'forEach'), { concurrency: 5 }).diagnostics.map((d) => d.code)).toEqual(['unsupported-option']));
});

describe('a person', () => {
  it('may say how an unknown attempt ended, once', () => {
    const run = fanOut(2);
    run.fail(unsure, { step: 0, item: 0 });
    run.succeed(0, 1);
    expect(run.state.status).toBe('partial');
    const said = { type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', ...by } as const;
    expect(run.apply({ ...said, attempt: 2 })).toBe(false);
    expect(run.apply(said)).toBe(true);
    expect(run.apply({ ...said, status: 'failed' })).toBe(false);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded', counts: { succeeded: 2, unknown: 0 } }] });
    expect(run.history.at(-1)).toMatchObject({ type: 'item.resolved', data: { status: 'succeeded', ...by } });
  });

  it('may not say so of what is known', () => {
    const run = fanOut(1);
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.apply({ type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', ...by })).toBe(false);
  });

  const again = { type: 'repeat', step: 0, item: 0, attempt: 1, ...by } as const;
  it.each([['failed', nonzero], ['unknown', unsure]])('may have a %s attempt done once more while the step runs', (_what, why) => {
    const run = fanOut(2);
    run.fail(why, { step: 0, item: 0 });
    expect(run.apply(again)).toBe(true);
    expect(run.apply(again)).toBe(false);
    expect(run.sent.at(-1)).toEqual({ step: 0, item: 0, attempt: 2 });
    run.succeed(0, 0, 2);
    run.succeed(0, 1);
    expect(run.state).toMatchObject({ status: 'completed', steps: [{ counts: { succeeded: 2, failed: 0, unknown: 0 } }] });
  });

  it('may not once the step has ended, while the run is paused, or for what was never sent', () => {
    const ended = fanOut(1);
    ended.fail(unsure, { step: 0, item: 0 });
    expect(ended.apply(again)).toBe(false);
    const paused = fanOut(2);
    paused.fail(nonzero, { step: 0, item: 0 });
    paused.apply({ type: 'pause' });
    expect(paused.apply(again)).toBe(false);
    expect(fanOut(2, {}, [0]).apply({ ...again, attempt: 0 })).toBe(false);
  });

  it('may have an approval asked for again', () => {
    const run = started(plan(approval(0, { forEach: '<<x>>' })), [{ total: 2 }]);
    run.fail(failure('approval-rejected', 'no'), { step: 0, item: 0 });
    run.apply(again);
    expect(run.begun.at(-1)).toEqual({ step: 0, item: 0, attempt: 2 });
  });
});

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
