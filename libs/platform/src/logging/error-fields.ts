import { stdSerializers } from 'pino';

/**
 * An error as a line of the log shows it: type, message, stack with its causes, and what is a plain value (`code`, `status`, `routine`).
 * Libraries hang whole objects on errors, a connection with all its buffers and statements or a request with its headers: those stay out.
 */
export function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const fields = Object.fromEntries(Object.entries(stdSerializers.err(error)).filter(([, value]) => value === null || typeof value !== 'object'));
  return error instanceof AggregateError ? { ...fields, errors: error.errors.map(errorFields) } : fields;
}
