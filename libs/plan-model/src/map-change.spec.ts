import { failure } from '@opsmesh/contracts';
import { checkMapChange } from './parse-policies.js';
import { policyOf } from './policy.js';
import { approval, loop, plan, step } from './testing/plans.js';
import { fanOut, started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');

describe('a policy changed while the step runs', () => {
  const change = (map: object) => ({ type: 'policy-changed', step: 0, map, actor: 'ann' }) as const;

  it('other waves begin where those before stand', () => {
    const run = fanOut(40, { map: { concurrency: 50, waves: [{ count: 1 }, { count: 2 }, { count: 3 }] } });
    run.succeed(0, 0);
    run.succeed(0, 1);
    expect(run.itemsSent).toEqual([0, 1, 2]);
    run.apply(change({ waves: [{ count: 10 }], wavePauseMs: 60_000 }));
    expect(run.itemsSent).toHaveLength(10);
    for (let i = 2; i < 10; i++) run.succeed(0, i);
    expect(run.itemsSent).toHaveLength(10);
    expect(run.waveTimers).toMatchObject([{ wave: 1, delayMs: 60_000 }]);
  });

  it('of which the first is what was started already wait for that, and pause behind it', () => {
    const run = fanOut(5, { map: { concurrency: 50, waves: [{ count: 2 }] } });
    run.apply(change({ waves: [{ count: 1 }, { count: 2 }, { count: 4 }], wavePauseMs: 500 }));
    expect(run.itemsSent).toEqual([0, 1]);
    run.succeed(0, 0);
    run.succeed(0, 1);
    expect(run.waveTimers).toMatchObject([{ wave: 2, delayMs: 500 }]);
    run.apply({ type: 'wave-due', step: 0, wave: 2 });
    expect(run.itemsSent).toEqual([0, 1, 2, 3]);
  });

  it('a pause between waves ends when it is taken back, with the waves or without them, and begins anew when it is another', () => {
    for (const map of [{ wavePauseMs: null }, { waves: null }]) {
      const run = fanOut(3, { map: { concurrency: 50, waves: [{ count: 1 }], wavePauseMs: 20_000 } });
      run.succeed(0, 0);
      expect(run.itemsSent).toEqual([0]);
      run.apply(change(map));
      expect(run.itemsSent).toEqual([0, 1, 2]);
    }
    const run = fanOut(3, { map: { concurrency: 50, waves: [{ count: 1 }], wavePauseMs: 20_000 } });
    run.succeed(0, 0);
    run.apply(change({ wavePauseMs: 100 }));
    expect(run.waveTimers).toMatchObject([{ wave: 1, delayMs: 20_000 }, { wave: 1, delayMs: 100 }]);
  });

  it('starts more at once when there is room', () => {
    const run = fanOut(5, { map: { concurrency: 1 } });
    expect(run.apply(change({ concurrency: 3 }))).toBe(true);
    expect(run.itemsSent).toEqual([0, 1, 2]);
    expect(policyOf(run.plan, run.state, 0)).toEqual({ concurrency: 3 });
  });

  it('starts no more until there is room again', () => {
    const run = fanOut(5, { map: { concurrency: 3 } });
    run.apply(change({ concurrency: 1 }));
    run.succeed(0, 0);
    run.succeed(0, 1);
    expect(run.itemsSent).toHaveLength(3);
    run.succeed(0, 2);
    expect(run.itemsSent).toHaveLength(4);
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
    expect(run.itemsSent).toEqual([0, 1, 2, 3]);
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
