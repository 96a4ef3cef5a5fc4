/**
 * Puts the simulated time in the place of the process's clock while `work` runs: the product's own loops read it. Errors are made with short stacks, for there are many.
 * @param now milliseconds
 */
export async function withClock<T>(now: () => number, work: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(performance, 'now');
  Object.defineProperty(performance, 'now', { value: now, configurable: true, writable: true });
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 3;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (own) Object.defineProperty(performance, 'now', own);
    else Reflect.deleteProperty(performance, 'now');
  }
}
