import fc from 'fast-check';
import { Choices } from './choices.js';
import { simulate } from './simulate.js';

/** A smallest schedule, as far as was found, that breaks the same rule. */
export interface Shrunk {
  readonly choices: readonly number[];
  readonly trace: readonly string[];
}

/** Lets fast-check make the choices of a schedule fewer and tamer as long as the same rule is broken; within `ms`. */
export async function shrink(choices: readonly number[], rule: string, ms = 20_000): Promise<Shrunk> {
  const any = fc.array(fc.nat(), { size: 'max', maxLength: Math.max(1, choices.length) });
  const breaks = fc.asyncProperty(any, async (list) => (await simulate(Choices.fromList(list))).violation?.rule !== rule);
  const { counterexample } = await fc.check(breaks, { examples: [[[...choices]]], numRuns: 1, interruptAfterTimeLimit: ms });
  const smallest = counterexample?.[0] ?? choices;
  const trace: string[] = [];
  const { violation } = await simulate(Choices.fromList(smallest), (line) => trace.push(line()));
  return { choices: smallest, trace: [...trace, `=> ${violation?.message ?? 'no rule is broken'}`] };
}
