import { checkDocument } from './check-document.js';
import { conditionErrors } from './conditions.js';
import { Findings } from './diagnostics.js';
import { isLoginName, isSecretName, tellDropped } from './drop-credentials.js';
import { pointerOf } from './json-pointer.js';
import { parseMap, parseRetry } from './parse-policies.js';
import { LIMITS, STEP_ROLES, type Condition, type Json, type JsonObject, type MapPolicy, type OnFailure, type StepRole } from './plan.js';
import { FORBIDDEN_NAMES } from './references.js';
import type { DiagnosticDto, RetryPolicyDto } from '@opsmesh/contracts';

/** A plan in its full form, as written otherwise: names are not resolved, references not read. */
export interface Plan {
  readonly name: string;
  readonly inputs: JsonObject;
  readonly steps: readonly PlanStep[];
  readonly serial: boolean;
  readonly timeoutMs: number | null;
}

export interface PlanStep {
  /** JSON pointer of the step in the document. */
  readonly pointer: string;
  readonly id: string;
  readonly tool: string;
  /** Under which key each part stands in the document, escaped for pointers; see {@link pointerIn}. */
  readonly keys: Readonly<Record<string, string>>;
  readonly inputs: JsonObject;
  /** One reference; null: not said. */
  readonly forEach: string | null;
  readonly map: Partial<MapPolicy>;
  readonly when: Condition | null;
  readonly retry: RetryPolicyDto | null;
  readonly timeoutMs: number | null;
  readonly onFailure: OnFailure;
  readonly critical: boolean;
  readonly role: StepRole | null;
  readonly outputMapping: JsonObject | null;
  /** Null: not said, so roles decide. */
  readonly dependsOn: readonly string[] | null;
}

/** JSON pointer of a part of a step, with its key as it was written. */
export function pointerIn({ pointer, keys }: PlanStep, part: string): string {
  return `${pointer}/${keys[part] ?? part}`;
}

/** Spellings of the first users, and what they mean. */
const SYNONYMS: Readonly<Record<string, string>> = {
  depends_on: 'dependsOn', output_mapping: 'outputMapping', input_mapping: 'inputs', inputMapping: 'inputs', execution_strategy: 'executionStrategy', failure_handling: 'onFailure', on_failure: 'onFailure',
  for_each: 'forEach', timeout_ms: 'timeoutMs', parameters: 'inputs', tool_name: 'tool',
};
const PLAN_KEYS = ['name', 'description', 'inputs', 'steps', 'executionStrategy', 'timeoutMs'];
const STEP_KEYS = ['id', 'name', 'description', 'tool', 'inputs', 'forEach', 'map', 'when', 'retry', 'timeoutMs', 'onFailure', 'critical', 'role', 'outputMapping', 'dependsOn'];
const OTHER_KINDS = ['branch', 'loop', 'parallelGroup', 'orchestration', 'approval', 'decide', 'wait'];
export const STEP_ID = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
/** They begin references of another meaning. */
const RESERVED_IDS: ReadonlySet<string> = new Set(['item', 'index', 'input', 'context', 'steps', 'iteration', ...FORBIDDEN_NAMES]);
const DAY_MS = 86_400_000;

/** Reads a plan document in its full or short form. Never throws for a JSON value; `plan` is null when there is an error. */
export function parsePlan(document: unknown): { plan: Plan | null; diagnostics: DiagnosticDto[] } {
  const findings = new Findings();
  const plan = readDocument(document, findings);
  return { plan: findings.failed ? null : plan, diagnostics: findings.all };
}

/** As {@link parsePlan}, but a plan with errors is given too where every step of it can be read, so that more can be found in it. */
export function readDocument(document: unknown, findings: Findings): Plan | null {
  if (!checkDocument(document, findings)) return null;
  return readPlan(Array.isArray(document) ? { steps: document } : document, { findings, inList: Array.isArray(document) });
}

interface Reading { readonly findings: Findings; readonly inList: boolean }

function readPlan(document: unknown, { findings, inList }: Reading): Plan | null {
  if (!isObject(document)) {
    findings.error('invalid-value', '', 'a plan is an object with "steps", or a list of steps');
    return null;
  }
  const { values, keys } = normalised(document, { pointer: '', known: PLAN_KEYS, findings });
  const { steps } = values;
  if (!Array.isArray(steps)) {
    findings.error('invalid-value', '/steps', 'must be a list of steps');
    return null;
  }
  if (steps.length === 0) findings.error('no-steps', '/steps', 'a plan has at least one step');
  if (steps.length > LIMITS.steps) {
    findings.error('limit-exceeded', '/steps', `the plan has ${steps.length} steps; it may have ${LIMITS.steps}`);
    return null;
  }
  const read = steps.map((s, i) => readStep(s, { index: i, pointer: `${inList ? '' : '/steps'}/${i}`, findings }));
  if (!read.every((s) => s !== null)) return null;
  const inputs = optional(values, 'inputs', { test: isObject, expected: 'an object of names and values', findings, pointer: `/${keys['inputs'] ?? 'inputs'}` }) ?? {};
  const strategy = optional(values, 'executionStrategy', { test: isText, expected: '"serial", "parallel" or "dag"', findings, pointer: `/${keys['executionStrategy'] ?? ''}` })?.toLowerCase();
  if (strategy !== undefined && !['serial', 'parallel', 'dag'].includes(strategy)) findings.error('invalid-value', `/${keys['executionStrategy']}`, 'must be "serial", "parallel" or "dag"');
  return {
    name: optional(values, 'name', { test: isText, expected: 'a text', findings, pointer: '/name' })?.slice(0, 256) ?? 'unnamed plan',
    inputs: inputs as JsonObject, serial: strategy === 'serial',
    timeoutMs: optional(values, 'timeoutMs', { test: isTime, expected: 'milliseconds, 1 to 86400000', findings, pointer: `/${keys['timeoutMs'] ?? ''}` }) ?? null,
    steps: read,
  };
}

function readStep(document: unknown, { index, pointer, findings }: { index: number; pointer: string; findings: Findings }): PlanStep | null {
  if (!isObject(document)) {
    findings.error('invalid-value', pointer, 'a step is an object with a "tool"');
    return null;
  }
  const kind = OTHER_KINDS.find((k) => Object.hasOwn(document, k));
  if (kind) {
    findings.error('step-kind-unsupported', `${pointer}/${kind}`, `steps with "${kind}" can not be run by this version`);
    return null;
  }
  const { values, keys } = normalised(document, { pointer, known: STEP_KEYS, findings });
  const at = (key: string): string => `${pointer}/${keys[key] ?? key}`;
  const get = <T>(key: string, test: (v: unknown) => v is T, expected: string): T | undefined => optional(values, key, { test, expected, findings, pointer: at(key) });
  const tool = get('tool', isText, 'the name of a tool');
  if (values['tool'] === undefined) findings.error('invalid-value', pointer, 'a step needs a "tool"');
  const id = get('id', isText, 'a text') ?? `step-${index + 1}`;
  if (!STEP_ID.test(id) || RESERVED_IDS.has(id)) findings.error('invalid-id', at('id'), 'an id begins with a letter or _, has at most 64 letters, digits, _ or -, and is not the beginning of a reference such as "item"');
  const when = values['when'] ?? null;
  const wrong = when === null ? [] : conditionErrors(when);
  for (const e of wrong) findings.error('invalid-value', `${at('when')}${e.pointer}`, e.message);
  const role = get('role', isText, 'a role') ?? null;
  if (role !== null && !STEP_ROLES.includes(role as StepRole)) findings.error('invalid-value', at('role'), `must be one of ${STEP_ROLES.join(', ')}`);
  const onFailure = values['onFailure'] ?? 'fail';
  if (onFailure !== 'fail' && onFailure !== 'continue') findings.error(isObject(onFailure) ? 'unsupported-option' : 'invalid-value', at('onFailure'), 'must be "fail" or "continue"');
  return {
    pointer, keys, id, tool: tool ?? '',
    inputs: (get('inputs', isObject, 'an object of names and values') ?? {}) as JsonObject,
    forEach: get('forEach', isText, 'one reference, such as "<<steps.assets.output.assets>>"') ?? null,
    map: parseMap(values['map'], at('map'), findings), when: wrong.length > 0 ? null : when as Condition | null, retry: parseRetry(values['retry'], at('retry'), findings),
    timeoutMs: get('timeoutMs', isTime, `milliseconds, 1 to ${DAY_MS}`) ?? null,
    onFailure: onFailure as OnFailure, critical: get('critical', isBoolean, 'true or false') ?? true, role: role as StepRole | null,
    outputMapping: (get('outputMapping', isObject, 'an object of names and values') ?? null) as JsonObject | null,
    dependsOn: get('dependsOn', isTexts, 'a list of step ids') ?? null,
  };
}

/** Values by their full names, and under which key each was written. */
function normalised(document: Record<string, unknown>, { pointer, known, findings }: { pointer: string; known: readonly string[]; findings: Findings }): { values: Record<string, unknown>; keys: Record<string, string> } {
  const values: Record<string, unknown> = {};
  const keys: Record<string, string> = {};
  for (const [key, value] of Object.entries(document)) {
    const name = Object.hasOwn(SYNONYMS, key) ? SYNONYMS[key]! : key;
    if (!known.includes(name) && (isSecretName(key) || isLoginName(key))) tellDropped(key, `${pointer}/${pointerOf(key)}`, findings);
    else if (!known.includes(name)) {
      const near = findings.nearest(key, () => known);
      findings.error('unknown-key', `${pointer}/${pointerOf(key)}`, `"${key.slice(0, 64)}" means nothing here${near ? `; do you mean "${near}"?` : ''}`, [{ op: 'remove', path: `${pointer}/${pointerOf(key)}` }, ...(near && !Object.hasOwn(document, near) ? [{ op: 'add' as const, path: `${pointer}/${near}`, value }] : [])]);
    } else if (name in values) findings.error('invalid-value', `${pointer}/${pointerOf(key)}`, `"${key}" says the same as "${keys[name]}"; keep one`);
    else if (value !== undefined) {
      values[name] = value;
      keys[name] = pointerOf(key);
    }
  }
  return { values, keys };
}

function optional<T>(values: Record<string, unknown>, key: string, { test, expected, findings, pointer }: { test: (v: unknown) => v is T; expected: string; findings: Findings; pointer: string }): T | undefined {
  const value = values[key];
  if (value === undefined || value === null) return undefined;
  if (test(value)) return value;
  findings.error('invalid-value', pointer, `must be ${expected}`);
  return undefined;
}

export function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
const isText = (v: unknown): v is string => typeof v === 'string';
const isBoolean = (v: unknown): v is boolean => typeof v === 'boolean';
const isTexts = (v: unknown): v is string[] => Array.isArray(v) && v.every(isText);
const isTime = (v: unknown): v is number => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= DAY_MS;
