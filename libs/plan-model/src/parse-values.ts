import { isLoginName, isSecretName } from '@opsmesh/contracts';
import type { Findings } from './diagnostics.js';
import { conditionErrors } from './conditions.js';
import { tellDropped } from './drop-credentials.js';
import { pointerOf } from './json-pointer.js';
import { LIMITS, type Condition, type Json } from './plan.js';

/** Spellings of the first users, and what they mean. */
const SYNONYMS: Readonly<Record<string, string>> = {
  depends_on: 'dependsOn', output_mapping: 'outputMapping', input_mapping: 'inputs', inputMapping: 'inputs', execution_strategy: 'executionStrategy', failure_handling: 'onFailure', on_failure: 'onFailure',
  for_each: 'forEach', timeout_ms: 'timeoutMs', parameters: 'inputs', tool_name: 'tool', parallel_group: 'parallelGroup', max_iterations: 'maxIterations', min_approvals: 'minApprovals', expires_ms: 'expiresMs', on_expire: 'onExpire',
};

const DAY_MS = 86_400_000;

/** One object of a document: its values by their full names, and under which key each was written. */
export class Section {
  readonly values: Readonly<Record<string, unknown>>;
  readonly keys: Readonly<Record<string, string>>;

  /** @param foreign keys that mean something, but not here, and why */
  constructor(document: Record<string, unknown>, private readonly place: { readonly pointer: string; readonly known: readonly string[]; readonly foreign?: ReadonlyMap<string, string>; readonly findings: Findings }) {
    const values: Record<string, unknown> = {};
    const keys: Record<string, string> = {};
    for (const [key, value] of Object.entries(document)) {
      const name = Object.hasOwn(SYNONYMS, key) ? SYNONYMS[key]! : key;
      if (!place.known.includes(name)) this.refuse(key, name, document);
      else if (name in values) place.findings.error('invalid-value', `${place.pointer}/${pointerOf(key)}`, `"${key}" says the same as "${keys[name]}"; keep one`);
      else if (value !== undefined) {
        values[name] = value;
        keys[name] = pointerOf(key);
      }
    }
    this.values = values;
    this.keys = keys;
  }

  at(key: string): string {
    return `${this.place.pointer}/${this.keys[key] ?? key}`;
  }

  /** The value of a key, undefined when it is not said or wrong; what is wrong is told. */
  get<T>(key: string, test: (v: unknown) => v is T, expected: string): T | undefined {
    const value = this.values[key];
    if (value === undefined || value === null) return undefined;
    if (test(value)) return value;
    this.place.findings.error('invalid-value', this.at(key), `must be ${expected}`);
    return undefined;
  }

  /** As {@link get}, for what must be there. */
  need<T>(key: string, test: (v: unknown) => v is T, expected: string): T | undefined {
    if (this.values[key] === undefined || this.values[key] === null) this.place.findings.error('invalid-value', this.at(key), `must be there: ${expected}`);
    return this.get(key, test, expected);
  }

  /** A condition, null when it is not said or wrong. */
  condition(key: string): Condition | null {
    const value = this.values[key] ?? null;
    const wrong = value === null ? [] : conditionErrors(value);
    for (const e of wrong) this.place.findings.error('invalid-value', `${this.at(key)}${e.pointer}`, e.message);
    return wrong.length > 0 ? null : value as Condition | null;
  }

  private refuse(key: string, name: string, document: Record<string, unknown>): void {
    const { pointer, known, foreign, findings } = this.place;
    const at = `${pointer}/${pointerOf(key)}`;
    const why = foreign?.get(name);
    if (why !== undefined) findings.error('unsupported-option', at, why, [{ op: 'remove', path: at }]);
    else if (isSecretName(key) || isLoginName(key)) tellDropped(key, at, findings);
    else {
      const near = findings.nearest(key, () => known);
      findings.error('unknown-key', at, `"${key.slice(0, 64)}" means nothing here${near ? `; do you mean "${near}"?` : ''}`, [{ op: 'remove', path: at }, ...(near && !Object.hasOwn(document, near) ? [{ op: 'add' as const, path: `${pointer}/${near}`, value: document[key] }] : [])]);
    }
  }
}

export function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
export const isText = (v: unknown): v is string => typeof v === 'string';
export const isFullText = (v: unknown): v is string => isText(v) && v.trim() !== '';
export const isBoolean = (v: unknown): v is boolean => typeof v === 'boolean';
export const isTexts = (v: unknown): v is string[] => Array.isArray(v) && v.every(isText);
export const isList = (v: unknown): v is unknown[] => Array.isArray(v);
export const isTime = (v: unknown): v is number => isBetween(v, 1, DAY_MS);
export const isWait = (v: unknown): v is number => isBetween(v, 1, LIMITS.waitMs);
export const isOneOf = <T extends string>(...all: readonly T[]) => (v: unknown): v is T => all.includes(v as T);

export function isBetween(v: unknown, least: number, most: number): v is number {
  return Number.isInteger(v) && (v as number) >= least && (v as number) <= most;
}

export const TIME = `milliseconds, 1 to ${DAY_MS}`;
export const WAIT_TIME = `milliseconds, 1 to ${LIMITS.waitMs}`;
