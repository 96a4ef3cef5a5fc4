import { jest } from '@jest/globals';
import { RunClock } from './run-clock.js';

afterEach(() => { jest.useRealTimers(); });

it.each([2_592_000_000, Infinity])('a time of %d ms, which no timer holds, is no limit', (ms) => {
  jest.useFakeTimers();
  const clock = new RunClock({ deadlineMs: ms, idleMs: ms });
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(2_147_483_647);
  expect(clock.signal.aborted).toBe(false);
  clock.stop();
});

it('the longest time that a timer holds is a limit', () => {
  jest.useFakeTimers();
  const clock = new RunClock({ deadlineMs: 2_147_483_647 });
  jest.advanceTimersByTime(2_147_483_646);
  expect(clock.signal.aborted).toBe(false);
  jest.advanceTimersByTime(1);
  expect(clock.signal.reason).toMatchObject({ code: 'timed-out' });
  clock.stop();
});
