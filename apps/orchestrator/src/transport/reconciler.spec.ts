import { jest } from '@jest/globals';
import type { Pool } from 'pg';
import type { RunFactsCache } from '../engine/run-facts.js';
import { SILENT } from '../testing/rig.js';
import { Reconciler, ROUND_MS } from './reconciler.js';

let reconciler: Reconciler;
/** When it looked, in milliseconds; and how long its next look takes. */
let looks: number[]; let lookMs: number;
beforeEach(() => {
  jest.useFakeTimers();
  [looks, lookMs] = [[], 0];
  const query = (): Promise<{ rows: never[] }> => {
    looks.push(performance.now());
    return new Promise((answer) => { setTimeout(() => { answer({ rows: [] }); }, lookMs); });
  };
  const unused = {} as never;
  reconciler = new Reconciler({
    pool: { query } as unknown as Pool, facts: { get: () => Promise.resolve(new Map()) } as unknown as RunFactsCache,
    engine: unused, queues: unused, workers: unused, redis: unused, log: SILENT,
  });
});
afterEach(() => { jest.useRealTimers(); });

it('looks once a second, and after a look that took long as seldom as that it is a small part of the time', async () => {
  reconciler.start();
  await jest.advanceTimersByTimeAsync(ROUND_MS + 100);
  expect(looks).toHaveLength(2);
  lookMs = 500;
  await jest.advanceTimersByTimeAsync(ROUND_MS);
  expect(looks).toHaveLength(3);
  lookMs = 0;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(looks).toHaveLength(3);
  await jest.advanceTimersByTimeAsync(500);
  expect(looks).toHaveLength(4);
  await jest.advanceTimersByTimeAsync(ROUND_MS);
  expect(looks).toHaveLength(5);
  await reconciler.stop();
});
