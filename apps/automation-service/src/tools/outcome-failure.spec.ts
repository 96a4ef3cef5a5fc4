import { FAILURE_MEANINGS } from '@opsmesh/contracts';
import type { HostOutcome } from '../ssh/outcome.js';
import { failureOf, type FailedOutcome } from './outcome-failure.js';

const output = { stdout: 'o', stderr: 'e', truncated: false };
const cases: [FailedOutcome, string, boolean][] = [
  [{ kind: 'nonzero', exitCode: 2, output }, 'nonzero-exit', true],
  [{ kind: 'signal', signal: 'SIGKILL', output }, 'killed-by-signal', true],
  [{ kind: 'timed-out', deadline: 'total', stop: { state: 'confirmed' }, output }, 'timed-out', true],
  [{ kind: 'timed-out', deadline: 'idle', stop: { state: 'unconfirmed', detail: '12' }, output }, 'stop-unconfirmed', true],
  [{ kind: 'timed-out', deadline: 'waiting', stop: { state: 'nothing-started' }, output }, 'unreachable', false],
  [{ kind: 'cancelled', stop: { state: 'confirmed' }, output }, 'cancelled', true],
  [{ kind: 'cancelled', stop: { state: 'nothing-started' }, output }, 'cancelled', false],
  [{ kind: 'cancelled', stop: { state: 'unconfirmed', detail: '12' }, output }, 'stop-unconfirmed', true],
  [{ kind: 'connection-lost', detail: 'd', output }, 'connection-lost', true],
  [{ kind: 'unreachable', detail: 'd' }, 'unreachable', false],
  [{ kind: 'auth-failed', detail: 'd' }, 'auth-failed', false],
  [{ kind: 'hostkey-mismatch', detail: 'd' }, 'hostkey-mismatch', false],
  [{ kind: 'target-refused', detail: 'd' }, 'target-refused', false],
];

it.each(cases)('%j', (outcome, code, keepsOutput) => {
  const { failure, output: kept } = failureOf(outcome, { host: 'web-01', output: { stdout: 'kept' } });
  expect(failure.code).toBe(code);
  expect(failure.message).toContain('web-01');
  expect(kept).toEqual(keepsOutput ? { stdout: 'kept' } : undefined);
});

it('an outcome that nobody knows is told as doubtful, one before the command never', () => {
  const doubtful = (o: Exclude<HostOutcome, { kind: 'ok' }>) => FAILURE_MEANINGS[failureOf(o, { host: 'h', output: {} }).failure.code].doubtful;
  expect(cases.filter(([o]) => doubtful(o)).map(([o]) => o.kind)).toEqual(['timed-out', 'cancelled', 'connection-lost']);
});

it('what ended after the command was begun never says that nothing was done', () => {
  const begun = cases.filter(([o]) => ('stop' in o && o.stop.state !== 'nothing-started') || ['nonzero', 'signal', 'connection-lost'].includes(o.kind));
  for (const [o] of begun) expect(FAILURE_MEANINGS[failureOf(o, { host: 'h', output: {} }).failure.code].effect).toBe('maybe');
  expect(begun.map(([o]) => o.kind)).toContain('cancelled');
});

it.each([
  ['nothing-started', 'service-unavailable'], ['confirmed', 'killed-by-signal'], ['unconfirmed', 'stop-unconfirmed'],
] as const)('a worker that was stopped cancels no run: %s', (state, code) => {
  const stop = state === 'unconfirmed' ? { state, detail: '12' } : { state };
  expect(failureOf({ kind: 'cancelled', stop, output }, { host: 'h', output: {}, workerStopped: true }).failure.code).toBe(code);
});
