/** Time between two looks, in milliseconds. */
const LOOK_MS = 20;

/** @throws Error that names what is not there when the condition does not hold in time */
export async function until(condition, what, timeoutMs = 60_000) {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not there after ${timeoutMs / 1000} s`);
    await new Promise((ok) => setTimeout(ok, LOOK_MS));
  }
}
