import { availableParallelism } from 'node:os';
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

it('the same seed gives the same schedule', async () => {
  const play = async (): Promise<string[]> => {
    const lines: string[] = [];
    await simulate(Choices.fromSeed(28), (line) => lines.push(line()));
    return lines;
  };
  const first = await play();
  expect(first.length).toBeGreaterThan(20);
  expect(await play()).toEqual(first);
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
