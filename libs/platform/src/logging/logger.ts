import { REDACTED, SECRET_FIELDS } from '@opsmesh/contracts';
import { pino, type DestinationStream, type Logger } from 'pino';
import { errorFields } from './error-fields.js';

/** Fields whose values never reach the log, down to the third level. Grants and sealed credentials are of use to nobody but their worker; in a plan these words are none of secrets. */
const HIDDEN = [...SECRET_FIELDS, 'grant', 'sealed'].flatMap((f) => [f, `*.${f}`, `*.*.${f}`]);

export interface LoggerOptions {
  /** Level or `silent`; default `LOG_LEVEL`, else `info`. */
  readonly level?: string;
  /** Where lines go; default standard output. */
  readonly destination?: DestinationStream;
}

/** The process' logger: one JSON object a line, secrets taken out by field name. Messages are not searched: they must hold no secret. */
export function createLogger(service: string, options: LoggerOptions = {}): Logger {
  const settings = { name: service, level: options.level ?? (process.env['LOG_LEVEL'] || 'info'), redact: { paths: HIDDEN, censor: REDACTED }, serializers: { err: errorFields } };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

export type { Logger } from 'pino';
