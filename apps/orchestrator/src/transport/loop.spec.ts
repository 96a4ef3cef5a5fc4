import { jest } from '@jest/globals';
import { pino } from 'pino';
import { FIRST_PAUSE_MS, Loop } from './loop.js';

const log = pino({ level: 'silent' });

/** A loop whose turns are counted and can be awaited. */
function counting(turn: (n: number) => boolean | Promise<boolean>, idleMs: number | (() => number) = 60_000): { loop: Loop; reached: (n: number) => Promise<void> } {
  let turns = 0;
  const waiting: { n: number; done: () => void }[] = [];
  const loop = new Loop({
    name: 'spec', idleMs, log,
    turn: async () => {
      turns++;
      for (const w of waiting) if (w.n <= turns) w.done();
      return turn(turns);
    },
  });
  return { loop, reached: (n) => new Promise((done) => { if (turns >= n) done(); else waiting.push({ n, done }); }) };
}

it('goes on at once while there is more, then sleeps until woken', async () => {
  const { loop, reached } = counting((n) => n < 3);
  loop.start();
  await reached(3);
  loop.wake();
  await reached(4);
  await loop.stop();
});

it('a wake-up during a turn is not lost', async () => {
  const { loop, reached } = counting((n) => { if (n === 1) loop.wake(); return false; });
  loop.start();
  await reached(2);
  await loop.stop();
});

it('a failed turn is tried again', async () => {
  const { loop, reached } = counting((n) => { if (n === 1) throw new Error('once'); return false; });
  loop.start();
  await reached(2);
  await loop.stop();
});

it('nothing but a stop shortens the pause after a failed turn, and a wake-up meanwhile is not lost', async () => {
  jest.useFakeTimers();
  try {
    let turns = 0;
    const { loop } = counting((n) => { turns = n; if (n !== 2) throw new Error('failed'); return false; });
    loop.start();
    await jest.advanceTimersByTimeAsync(0);
    loop.wake();
    await jest.advanceTimersByTimeAsync(FIRST_PAUSE_MS - 1);
    expect(turns).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(turns).toBe(2);
    loop.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect(turns).toBe(3);
    await loop.stop();
  } finally {
    jest.useRealTimers();
  }
});

it('stop waits for the turn in hand', async () => {
  let release: () => void = () => undefined;
  let over = false;
  const { loop, reached } = counting(async () => { await new Promise<void>((r) => { release = r; }); over = true; return false; });
  loop.start();
  await reached(1);
  const stopped = loop.stop();
  release();
  await stopped;
  expect(over).toBe(true);
});

it('rests as long as it is told after each turn', async () => {
  jest.useFakeTimers();
  try {
    let [turns, rest] = [0, 100];
    const { loop } = counting((n) => { turns = n; return false; }, () => rest);
    loop.start();
    await jest.advanceTimersByTimeAsync(99);
    expect(turns).toBe(1);
    rest = 5000;
    await jest.advanceTimersByTimeAsync(1);
    expect(turns).toBe(2);
    await jest.advanceTimersByTimeAsync(4999);
    expect(turns).toBe(2);
    rest = 100;
    await jest.advanceTimersByTimeAsync(101);
    expect(turns).toBe(4);
    await loop.stop();
  } finally {
    jest.useRealTimers();
  }
});
