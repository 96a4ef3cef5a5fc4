import { pino, type DestinationStream, type Logger } from 'pino';
import { errorFields } from './error-fields.js';

/** Names of fields whose values never reach the log, down to the third level. */
const SECRET_FIELDS = ['authorization', 'password', 'privateKey', 'passphrase', 'secret', 'token', 'grant', 'sealed'];
const REDACTED = SECRET_FIELDS.flatMap((f) => [f, `*.${f}`, `*.*.${f}`]);

export interface LoggerOptions {
  /** Level or `silent`; default `LOG_LEVEL`, else `info`. */
  readonly level?: string;
  /** Where lines go; default standard output. */
  readonly destination?: DestinationStream;
}

/** The process' logger: one JSON object a line, secrets taken out by field name. Messages are not searched: they must hold no secret. */
export function createLogger(service: string, options: LoggerOptions = {}): Logger {
  const settings = { name: service, level: options.level ?? (process.env['LOG_LEVEL'] || 'info'), redact: { paths: REDACTED, censor: '[redacted]' }, serializers: { err: errorFields } };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

export type { Logger } from 'pino';
