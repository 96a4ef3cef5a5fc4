import { failure } from '@opsmesh/contracts';
import { approval, plan } from './testing/plans.js';
import { fanOut, started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');
const unsure = failure('connection-lost', 'gone');
const by = { reason: 'looked', actor: 'ann' };

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

  describe('what is said of an attempt that was repeated', () => {
    const repeated = (why = unsure) => {
      const run = fanOut(2);
      run.fail(why, { step: 0, item: 0 });
      run.apply(again);
      return run;
    };
    const resolved = (status: string, more = {}) => ({ type: 'item.resolved', step: 0, item: 0, data: { attempt: 1, status, ...more } });

    it('counts for that attempt alone, once, when nobody knew how it ended', () => {
      const run = repeated();
      const { steps } = run.state;
      run.succeed(0, 0, 1);
      expect(run.history.at(-1)).toMatchObject(resolved('succeeded'));
      const { length } = run.history;
      run.succeed(0, 0, 1);
      expect(run.history).toHaveLength(length);
      expect([run.state.steps, run.items.get('0.0')]).toEqual([steps, { status: 'queued', attempt: 2 }]);
    });

    it('may be said by a person, and after the end of the run', () => {
      const run = repeated();
      run.succeed(0, 0, 2);
      run.succeed(0, 1);
      run.apply({ type: 'resolved', step: 0, item: 0, attempt: 1, status: 'failed', ...by });
      expect(run.history).toContainEqual(expect.objectContaining(resolved('failed', by)));
      expect(run.state.status).toBe('completed');
    });

    it.each([['what was known', nonzero, nonzero], ['another doubt', unsure, unsure]])('changes nothing when it is about %s', (_what, before, said) => {
      const run = repeated(before);
      const { length } = run.history;
      run.fail(said, { step: 0, item: 0 });
      expect(run.history).toHaveLength(length);
    });
  });

  it('may have an approval asked for again', () => {
    const run = started(plan(approval(0, { forEach: '<<x>>' })), [{ total: 2 }]);
    run.fail(failure('approval-rejected', 'no'), { step: 0, item: 0 });
    run.apply(again);
    expect(run.begun.at(-1)).toEqual({ step: 0, item: 0, attempt: 2 });
  });
});
