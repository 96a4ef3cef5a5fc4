import { jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Engine } from '../engine/engine.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { WorkerStore } from '../store/worker-store.js';
import { SILENT } from '../testing/rig.js';
import type { Queues } from './queues.js';
import { Reconciler, ROUND_MS } from './reconciler.js';

const RUN = 'run';
const LOST = { run_id: RUN, step: 0, item: 0, attempt: 1, status: 'queued', worker_id: null };

let reconciler: Reconciler;
/** When it looked, in milliseconds; how long its next looks take; and what they find. */
let looks: number[]; let lookMs: number; let found: (typeof LOST)[];
let reported: number;
beforeEach(() => {
  jest.useFakeTimers();
  [looks, lookMs, found, reported] = [[], 0, [], 0];
  const query = (): Promise<{ rows: (typeof LOST)[] }> => {
    looks.push(performance.now());
    return new Promise((answer) => { setTimeout(() => { answer({ rows: found }); }, lookMs); });
  };
  const plan = { steps: [{ id: 'a', kind: 'tool', queue: 'q' }] };
  const submit = (): Promise<void> => {
    reported++;
    found = [];
    return Promise.resolve();
  };
  reconciler = new Reconciler({
    pool: { query } as unknown as Pool, facts: { get: () => Promise.resolve(new Map([[RUN, { id: RUN, plan }]])) } as unknown as RunFactsCache,
    engine: { submit } as unknown as Engine, queues: { waitingIds: () => Promise.resolve(new Set()), remove: () => Promise.resolve() } as unknown as Queues,
    workers: { list: () => Promise.resolve([]) } as unknown as WorkerStore, redis: { xlen: () => Promise.resolve(0) } as unknown as Redis, log: SILENT,
  });
});
afterEach(async () => {
  const stopped = reconciler.stop();
  await jest.runOnlyPendingTimersAsync();
  await stopped;
  jest.useRealTimers();
});

it('looks once a second, and after looks that took long as seldom as that they are a small part of the time', async () => {
  reconciler.start();
  await jest.advanceTimersByTimeAsync(ROUND_MS + 100);
  expect(looks).toHaveLength(2);
  lookMs = 500;
  await jest.advanceTimersByTimeAsync(2 * ROUND_MS + lookMs);
  expect(looks).toHaveLength(4);
  lookMs = 0;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(looks).toHaveLength(4);
  await jest.advanceTimersByTimeAsync(500);
  expect(looks).toHaveLength(5);
  await jest.advanceTimersByTimeAsync(ROUND_MS);
  expect(looks).toHaveLength(6);
});

it('one look that took long says nothing: it may have waited for the processor', async () => {
  lookMs = 500;
  reconciler.start();
  await jest.advanceTimersByTimeAsync(lookMs);
  lookMs = 0;
  await jest.advanceTimersByTimeAsync(ROUND_MS);
  expect(looks).toHaveLength(2);
});

it('what looks lost is looked at once a second until it is sure, however long that takes', async () => {
  lookMs = 500;
  reconciler.start();
  await jest.advanceTimersByTimeAsync(2 * ROUND_MS + lookMs);
  found = [LOST];
  while (reported === 0) await jest.advanceTimersByTimeAsync(100);
  const [first, second, third] = looks.slice(-3) as [number, number, number];
  expect([second - first, third - second]).toEqual([ROUND_MS + lookMs, ROUND_MS + lookMs]);
});
