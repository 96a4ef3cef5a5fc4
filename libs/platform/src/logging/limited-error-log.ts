import type { Logger } from 'pino';

/** Shortest time between two log lines about one trouble, in milliseconds. */
const LOG_EVERY_MS = 5000;

/** A listener for 'error' events that logs the first one and then at most one every 5 s. */
export function limitedErrorLog(log: Logger, what: string): (err: Error) => void {
  let last = -Infinity;
  return (err) => {
    const now = performance.now();
    if (now - last < LOG_EVERY_MS) return;
    last = now;
    log.error({ err }, `${what}: ${err.message || (err as NodeJS.ErrnoException).code}`);
  };
}
