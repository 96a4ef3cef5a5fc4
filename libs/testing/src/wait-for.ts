import { setTimeout as wait } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, for the error. */
  readonly what: string;
  /** In milliseconds; 10 s by default. */
  readonly timeoutMs?: number;
  /** Time between two looks, in milliseconds; 20 by default. */
  readonly everyMs?: number;
}

/**
 * Looks until the condition gives something other than undefined, null or false, and gives that.
 * @throws Error naming what was waited for, with the condition's last error as its cause
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<NonNullable<T>> {
  const { what, timeoutMs = 10_000, everyMs = 20 } = options;
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      cause = undefined;
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause });
    await wait(everyMs);
  }
}
