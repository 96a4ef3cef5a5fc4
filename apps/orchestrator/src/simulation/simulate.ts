import { Choices } from './choices.js';
import { Mesh } from './mesh.js';
import type { Violation } from './oracle.js';
import { withClock } from './simulated-clock.js';

export interface Simulated {
  readonly violation: Violation | undefined;
  /** The choices that were made, for {@link Choices.fromList}. */
  readonly taken: readonly number[];
  readonly turns: number;
}

/** Plays one schedule to its end. The same choices give the same schedule, whatever was played before. */
export async function simulate(choices: Choices, trace?: (line: () => string) => void): Promise<Simulated> {
  // Every schedule begins where a promise goes on, also the one that an event of the process begins.
  await Promise.resolve();
  const mesh = new Mesh(choices, trace);
  const violation = await withClock({ now: () => mesh.scheduler.now, isShown: trace !== undefined }, () => mesh.run());
  return { violation, taken: choices.taken, turns: mesh.turns };
}

/** Plays the schedules of consecutive seeds until one breaks a rule. */
export async function simulateMany({ from, count, onProgress }: { from: number; count: number; onProgress?: (done: number) => void }): Promise<{ readonly done: number; readonly turns: number; readonly failed: { readonly seed: number; readonly simulated: Simulated } | undefined }> {
  let turns = 0;
  for (let i = 0; i < count; i++) {
    const simulated = await simulate(Choices.fromSeed(from + i));
    turns += simulated.turns;
    if (simulated.violation) return { done: i + 1, turns, failed: { seed: from + i, simulated } };
    if (onProgress && i % 100 === 99) onProgress(i + 1);
  }
  return { done: count, turns, failed: undefined };
}
