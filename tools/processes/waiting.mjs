/** Looks until the condition gives something that is true, and gives that; undefined when it has not within `ms`. Looks every 20 ms by default. */
export async function within(ms, condition, everyMs = 20) {
  for (const end = performance.now() + ms; ;) {
    const found = await condition();
    if (found) return found;
    if (performance.now() > end) return undefined;
    await new Promise((ok) => setTimeout(ok, everyMs));
  }
}

/**
 * The same with a time that must do.
 * @param {() => any} condition
 * @param {{ what: string, timeoutMs?: number, everyMs?: number }} options what: is waited for; timeoutMs: 60 s by default
 * @throws Error that names what is not there when the time is over
 */
export async function until(condition, { what, timeoutMs = 60_000, everyMs }) {
  const found = await within(timeoutMs, condition, everyMs);
  if (!found) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
  return found;
}
