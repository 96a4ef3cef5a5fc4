import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import { Choices } from './choices.js';
import { documentOf, KINDS, planOf } from './plans.js';
import { shrink } from './shrink.js';
import { simulate, simulateMany } from './simulate.js';

const SCHEDULES = 5000;
/** Of these so many are drawn by fast-check, choice by choice. */
const DRAWN = 500;

it(`no rule is broken by ${SCHEDULES - DRAWN} schedules of plans, faults and people`, async () => {
  const { failed, done } = await simulateMany({ from: 0, count: SCHEDULES - DRAWN });
  if (failed) {
    const { trace } = await shrink(failed.simulated.taken, failed.simulated.violation!.rule);
    throw new Error(`seed ${failed.seed}:\n${trace.join('\n')}`);
  }
  expect(done).toBe(SCHEDULES - DRAWN);
}, 240_000 / Math.min(2, availableParallelism()) + 120_000);

it(`no rule is broken by ${DRAWN} schedules that fast-check draws`, async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(), { size: 'max', maxLength: 400 }), async (choices) => {
    expect((await simulate(Choices.fromList(choices))).violation).toBeUndefined();
  }), { numRuns: DRAWN });
}, 120_000);

async function traceOf(seed: number, world = { simulate, Choices }): Promise<string> {
  const lines: string[] = [];
  await world.simulate(world.Choices.fromSeed(seed), (line) => lines.push(line()));
  return hash('sha256', lines.join('\n'));
}

/** Plays as the first thing that an event of the process does. */
function byAnEvent(play: () => Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => { setImmediate(() => { play().then(resolve, reject); }); });
}

describe('the same seed gives the same schedule', () => {
  // Among them are schedules whose plans have retries with jitter.
  const seeds = Array.from({ length: 60 }, (_, i) => 500 + i);
  const afterOthers = new Map<number, string>();
  beforeAll(async () => { for (const seed of seeds) afterOthers.set(seed, await traceOf(seed)); });

  it('after others and as the first of an event', async () => {
    expect(new Set(afterOthers.values()).size).toBeGreaterThan(seeds.length / 2);
    for (const seed of seeds.toReversed()) expect(await byAnEvent(() => traceOf(seed))).toBe(afterOthers.get(seed));
  });

  it('after others and in modules that nothing has used before', async () => {
    for (const seed of [554, 505]) {
      jest.resetModules();
      const world = { ...await import('./simulate.js'), ...await import('./choices.js') };
      expect(world.simulate).not.toBe(simulate);
      expect(await byAnEvent(() => traceOf(seed, world))).toBe(afterOthers.get(seed));
    }
  });
});

it('a schedule can be played again from the choices that it made', async () => {
  const lines: string[] = [];
  const { taken } = await simulate(Choices.fromSeed(7), (line) => lines.push(line()));
  const again: string[] = [];
  await simulate(Choices.fromList(taken), (line) => again.push(line()));
  expect(again).toEqual(lines);
});

it('the plans have every kind of step', () => {
  const kinds = new Set(Array.from({ length: KINDS }, (_, i) => planOf(i)).flatMap((p) => p.steps.map((s) => s.kind)));
  expect([...kinds].sort()).toEqual(['approval', 'branch', 'decide', 'loop', 'orchestration', 'tool', 'wait']);
  expect(documentOf(3)).toMatchObject({ steps: [{ forEach: '<<input.none ?? []>>' }] });
});
