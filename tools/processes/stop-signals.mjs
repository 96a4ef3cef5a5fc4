/** A second Ctrl-C counts as impatience only after this time: npm passes the first one on a second time. In milliseconds. */
const SAME_PRESS_MS = 800;

/**
 * Aborts when this process is asked to end: Ctrl-C, SIGTERM, a closed terminal, or the end of the process that started it.
 * A second Ctrl-C leaves at once; the watchdog ends the children then.
 * @param {(why: string) => void} told called at the first sign
 * @returns {AbortSignal}
 */
export function stopSignal(told) {
  const controller = new AbortController();
  let first;
  const stop = (why) => {
    if (first === undefined) {
      first = performance.now();
      told(why);
      controller.abort(new Error(`stopped by ${why}`));
    } else if (performance.now() - first > SAME_PRESS_MS) {
      process.exit(130);
    }
  };
  process.on('SIGINT', () => stop('Ctrl-C'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGHUP', () => stop('SIGHUP'));
  process.on('disconnect', () => stop('the end of its parent'));
  process.channel?.unref();
  return controller.signal;
}
