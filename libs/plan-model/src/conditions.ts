import { failure } from '@opsmesh/contracts';
import { RE2JS } from 're2js';
import type { Bound } from './bind.js';
import { CONDITION_OPERATORS, LIMITS, type Condition, type ConditionOperator, type Json } from './plan.js';
import { parseReference, ReferenceError, type Reference } from './references.js';
import { lookUp, type Scope } from './scope.js';

/** Whether a condition holds. A missing value fails with `reference-missing`, except for `exists`. */
export function evaluate(condition: Condition, scope: Scope): Bound<boolean> {
  if ('all' in condition) return every(condition.all, scope, true);
  if ('any' in condition) return every(condition.any, scope, false);
  if ('not' in condition) {
    const inner = evaluate(condition.not, scope);
    return inner.ok ? { ok: true, value: !inner.value } : inner;
  }
  const value = lookUp(parseReference(condition.field), scope);
  if (condition.operator === 'exists') return { ok: true, value: (value !== undefined && value !== null) === (condition.value ?? true) };
  if (value === undefined) return { ok: false, failure: failure('reference-missing', `the condition's field "${condition.field}" has no value`) };
  return { ok: true, value: compare(condition.operator, value, condition.value ?? null) };
}

/** All of them hold (`wanted` true), or at least one does (false); looks no further than needed. */
function every(conditions: readonly Condition[], scope: Scope, wanted: boolean): Bound<boolean> {
  for (const c of conditions) {
    const result = evaluate(c, scope);
    if (!result.ok || result.value !== wanted) return result;
  }
  return { ok: true, value: wanted };
}

function compare(operator: Exclude<ConditionOperator, 'exists'>, left: Json, right: Json): boolean {
  switch (operator) {
    case '==': return equal(left, right);
    case '!=': return !equal(left, right);
    case '>': return ordered(left, right, (n) => n > 0);
    case '>=': return ordered(left, right, (n) => n >= 0);
    case '<': return ordered(left, right, (n) => n < 0);
    case '<=': return ordered(left, right, (n) => n <= 0);
    case 'contains': return typeof left === 'string' ? typeof right === 'string' && left.includes(right) : Array.isArray(left) && left.some((v) => equal(v, right));
    case 'in': return Array.isArray(right) && right.some((v) => equal(v, left));
    // A linear-time engine (RE2): no pattern can hang the process.
    case 'matches': return typeof left === 'string' && typeof right === 'string' && RE2JS.compile(right).matcher(left).find();
  }
}

/** Numbers with numbers, texts with texts; anything else is not ordered. */
function ordered(left: Json, right: Json, test: (n: number) => boolean): boolean {
  if (typeof left === 'number' && typeof right === 'number') return test(left - right);
  if (typeof left === 'string' && typeof right === 'string') return test(left < right ? -1 : left > right ? 1 : 0);
  return false;
}

function equal(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((v, i) => equal(v, b[i]!));
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => Object.hasOwn(b, k) && equal(a[k]!, b[k]!));
}

/** What is wrong with a condition as written; empty when nothing is. `pointer` is where in it. */
export function conditionErrors(value: unknown, pointer = '', depth = 1): { readonly pointer: string; readonly message: string }[] {
  const wrong = (message: string, at = pointer) => [{ pointer: at, message }];
  if (depth > LIMITS.conditionDepth) return wrong(`conditions may be nested ${LIMITS.conditionDepth} deep`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('must be a condition: { "field", "operator", "value" }, or "all", "any", "not" of conditions');
  const c = value as Record<string, unknown>;
  for (const key of ['all', 'any'] as const) {
    const list = c[key];
    if (list === undefined) continue;
    return Array.isArray(list) ? list.flatMap((x, i) => conditionErrors(x, `${pointer}/${key}/${i}`, depth + 1)) : wrong('must be a list of conditions', `${pointer}/${key}`);
  }
  if ('not' in c) return conditionErrors(c['not'], `${pointer}/not`, depth + 1);
  const { field, operator } = c;
  if (typeof field !== 'string') return wrong('must be a path such as "steps.scan.output.count"', `${pointer}/field`);
  try {
    parseReference(field);
  } catch (e) {
    if (e instanceof ReferenceError) return wrong(e.message, `${pointer}/field`);
    throw e;
  }
  if (!CONDITION_OPERATORS.includes(operator as ConditionOperator)) return wrong(`must be one of ${CONDITION_OPERATORS.join(' ')}`, `${pointer}/operator`);
  if (operator === 'matches' && !isPattern(c['value'])) return wrong('must be a regular expression (RE2 syntax)', `${pointer}/value`);
  return [];
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && value.length <= 1000 && RE2JS.compile(value) !== undefined;
  } catch {
    return false;
  }
}

/** The references of a condition. */
export function conditionReferences(condition: Condition): Reference[] {
  if ('all' in condition) return condition.all.flatMap(conditionReferences);
  if ('any' in condition) return condition.any.flatMap(conditionReferences);
  if ('not' in condition) return conditionReferences(condition.not);
  return [parseReference(condition.field)];
}

/** The same condition with its fields rewritten. */
export function mapFields(condition: Condition, change: (field: string) => string): Condition {
  if ('all' in condition) return { all: condition.all.map((c) => mapFields(c, change)) };
  if ('any' in condition) return { any: condition.any.map((c) => mapFields(c, change)) };
  if ('not' in condition) return { not: mapFields(condition.not, change) };
  return { ...condition, field: change(condition.field) };
}
