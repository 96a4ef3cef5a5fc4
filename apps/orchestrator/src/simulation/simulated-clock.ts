import { Choices } from './choices.js';

/** Errors are made in thousands and looked at only where a schedule is shown. */
const STACK_LINES = 10;

export interface World {
  /** Simulated time in milliseconds. */
  readonly now: () => number;
  /** Whether somebody looks at what happens. */
  readonly isShown: boolean;
}

/** Puts simulated time and randomness in the place of the process's own while `work` runs: the product's own loops read them. Every schedule finds the same randomness. */
export async function withClock<T>({ now, isShown }: World, work: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(performance, 'now');
  const { stackTraceLimit } = Error;
  const { random } = Math;
  const drawn = Choices.fromSeed(0);
  Object.defineProperty(performance, 'now', { value: now, configurable: true, writable: true });
  Math.random = () => drawn.below(RANDOM_STEPS) / RANDOM_STEPS;
  Error.stackTraceLimit = isShown ? STACK_LINES : 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Math.random = random;
    if (own) Object.defineProperty(performance, 'now', own);
    else Reflect.deleteProperty(performance, 'now');
  }
}

const RANDOM_STEPS = 2 ** 30;
