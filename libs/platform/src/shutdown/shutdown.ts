import type { Logger } from 'pino';
import { StartError } from '../config/start-error.js';
import { stopTracing } from '../tracing/start-tracing.js';

export interface ProcessEnd {
  readonly log: Logger;
  /** Ends the work in order; called once. */
  close(): Promise<void>;
  /** Time that `close` may take, in milliseconds; default 10,000. */
  readonly limitMs?: number;
}

/** Makes SIGINT and SIGTERM close the process in order: exit code 0, or 1 when closing fails or takes too long. A second signal ends it at once. */
export function onShutdown({ log, close, limitMs = 10_000 }: ProcessEnd): void {
  let closing = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (closing) {
      log.warn({ signal }, 'told to stop again: ending at once');
      process.exit(1);
    }
    closing = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error({ limitMs }, 'stopping takes too long: ending without it');
      process.exit(1);
    }, limitMs).unref();
    close().then(stopTracing).then(() => process.exit(0), (err: unknown) => {
      log.error({ err }, 'stopping failed');
      process.exit(1);
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** Ends the process with code 1 on an error that nobody caught. A {@link StartError} is shown by its message alone, on standard error. */
export function exitOnUncaught(log: Logger): void {
  const fatal = (err: unknown): void => {
    if (err instanceof StartError) process.stderr.write(`${err.message}\n`);
    else log.fatal({ err }, 'an error that nobody caught');
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
}
