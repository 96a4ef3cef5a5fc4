import { ToolFailure, type FailureCode } from '@opsmesh/contracts';
import { Redactor } from '../ssh/redaction.js';

/** An error of a script, as PowerShell described it. */
export interface CmdletError {
  /** Name of an ErrorCategory. */
  readonly category: string;
  /** Fully qualified error id. */
  readonly id: string;
  readonly message: string;
  /** Whether the script had begun to change something. */
  readonly acted: boolean;
}

export type CmdletAnswer = { readonly kind: 'result'; readonly result: object } | { readonly kind: 'error'; readonly error: CmdletError };

/** Reads the one JSON document that a script printed, with secrets masked in its texts; undefined when it is anything else. */
export function readAnswer(stdout: string, secrets: readonly string[]): CmdletAnswer | undefined {
  let document: unknown;
  try {
    document = JSON.parse(stdout, masking(secrets));
  } catch {
    return undefined;
  }
  if (!isObject(document) || Object.keys(document).length !== 1) return undefined;
  const { result, error } = document;
  if (isObject(result)) return { kind: 'result', result };
  return isError(error) ? { kind: 'error', error } : undefined;
}

/** The failure for an error of a script. Once it had begun to change something, nothing is said to be without effect. */
export function failureOfError({ category, id, message, acted }: CmdletError, host: string): ToolFailure {
  const code: FailureCode = acted ? 'tool-failed' : id.startsWith('CommandNotFoundException') ? 'capability-missing' : CODES.get(category) ?? 'tool-failed';
  return new ToolFailure(code, `${host} says: ${message}`, { cause: `${category} ${id}`.trim() });
}

/** Categories that say by themselves that nothing was done. */
const CODES: ReadonlyMap<string, FailureCode> = new Map([
  ['ObjectNotFound', 'not-found'],
  ['PermissionDenied', 'target-refused'],
  ['SecurityError', 'target-refused'],
  ['AuthenticationError', 'target-refused'],
  ['ResourceBusy', 'conflict'],
  ['InvalidArgument', 'input-invalid'],
]);

function masking(secrets: readonly string[]): (key: string, value: unknown) => unknown {
  const redactor = new Redactor(secrets);
  return (_key, value) => (typeof value === 'string' ? Buffer.concat([redactor.push(Buffer.from(value, 'utf8')), redactor.flush()]).toString('utf8') : value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isError(value: unknown): value is CmdletError {
  return isObject(value) && Object.keys(value).length === 4
    && typeof value['category'] === 'string' && typeof value['id'] === 'string' && typeof value['message'] === 'string' && typeof value['acted'] === 'boolean';
}
