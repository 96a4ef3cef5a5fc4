import { failure } from '@opsmesh/contracts';
import { loop, plan, step } from './testing/plans.js';
import { fanOut, started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');
const unreachable = failure('unreachable', 'no route');
const retry = (maxAttempts: number) => ({ maxAttempts, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } });

describe('waves', () => {
  const waves = { map: { concurrency: 50, waves: [{ count: 1 }, { percent: 50 }] } };

  it('the next begins when all of the one before has ended; the last has all the rest', () => {
    const run = fanOut(5, waves);
    expect(run.itemsSent).toEqual([0]);
    run.succeed(0, 0);
    expect(run.itemsSent).toEqual([0, 1, 2]);
    run.succeed(0, 1);
    expect(run.itemsSent).toHaveLength(3);
    run.succeed(0, 2);
    expect(run.itemsSent).toEqual([0, 1, 2, 3, 4]);
    expect(run.history.filter((h) => h.type === 'step.wave-started').map((h) => h.data['wave'])).toEqual([1, 2]);
  });

  it('keep to the concurrency', () => {
    const run = fanOut(5, { map: { concurrency: 1, waves: [{ count: 3 }] } });
    run.succeed(0, 0);
    expect(run.itemsSent).toEqual([0, 1]);
  });

  it('a wave that waits for a retry has not ended', () => {
    const run = fanOut(3, { ...waves, retry: retry(2) });
    run.fail(unreachable, { step: 0, item: 0 });
    expect(run.itemsSent).toEqual([0]);
  });

  it('a wave of items that could not be bound is over at once, and so is one that adds nothing', () => {
    expect(fanOut(4, waves, [0]).itemsSent).toEqual([1]);
    expect(fanOut(4, { map: { concurrency: 50, waves: [{ count: 2 }, { percent: 50 }] } }, [0, 1]).itemsSent).toEqual([2, 3]);
  });

  it('none begins after too many failures', () => {
    const run = fanOut(5, { map: { ...waves.map, failureThreshold: { count: 0 } } });
    run.fail(nonzero, { step: 0, item: 0 });
    expect(run.itemsSent).toEqual([0]);
    expect(run.state.steps[0]).toMatchObject({ status: 'failed', counts: { failed: 1, skipped: 4 } });
  });

  it('with a pause between wait for it, once', () => {
    const run = fanOut(3, { map: { ...waves.map, wavePauseMs: 500 } });
    run.succeed(0, 0);
    expect(run.itemsSent).toEqual([0]);
    expect(run.waveTimers).toEqual([{ type: 'wave-timer', step: 0, wave: 1, delayMs: 500 }]);
    run.apply({ type: 'pause' });
    run.apply({ type: 'resume' });
    expect(run.waveTimers).toHaveLength(1);
    expect(run.apply({ type: 'wave-due', step: 0, wave: 2 })).toBe(false);
    run.apply({ type: 'wave-due', step: 0, wave: 1 });
    expect(run.itemsSent).toEqual([0, 1]);
    expect(run.apply({ type: 'wave-due', step: 0, wave: 1 })).toBe(false);
  });

  it('a pause that ends in a paused run lets the wave begin when it goes on', () => {
    const run = fanOut(3, { map: { ...waves.map, wavePauseMs: 500 } });
    run.succeed(0, 0);
    run.apply({ type: 'pause' });
    run.apply({ type: 'wave-due', step: 0, wave: 1 });
    expect(run.itemsSent).toEqual([0]);
    run.apply({ type: 'resume' });
    expect(run.itemsSent).toEqual([0, 1]);
  });

  it('begin anew in the next iteration of a loop', () => {
    const run = started(plan(loop(0, 'forEach'), step(1, { scope: { step: 0, arm: null }, forEach: '<<x>>', map: { concurrency: 9, waves: [{ count: 1 }] } })), [{ iterations: 2 }, { total: 2 }]);
    for (const item of [0, 1, 2]) run.succeed(1, item);
    expect(run.itemsSent).toEqual([0, 1, 2, 3]);
  });
});
