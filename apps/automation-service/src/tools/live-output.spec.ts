import { setTimeout as wait } from 'node:timers/promises';
import { LIVE_CHARACTERS, LiveOutput } from './live-output.js';

it('tells all that came, in few messages', async () => {
  const told: string[] = [];
  const begin = performance.now();
  const live = new LiveOutput(({ message }) => told.push(message));
  for (let i = 0; i < 50; i++) {
    live.push(`${i}\n`);
    await wait(2);
  }
  live.end();
  expect(told.join('')).toBe(Array.from({ length: 50 }, (_, i) => `${i}\n`).join(''));
  expect(told.length).toBeLessThan((performance.now() - begin) / 120 + 3);
});

it('tells no more than its share, in pieces', () => {
  const told: string[] = [];
  const live = new LiveOutput(({ message }) => told.push(message));
  for (let i = 0; i < 10; i++) live.push('x'.repeat(20_000));
  live.end();
  expect(told.join('')).toHaveLength(LIVE_CHARACTERS);
  expect(Math.max(...told.map((t) => t.length))).toBe(16_000);
});
