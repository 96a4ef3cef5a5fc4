import { failure } from '@opsmesh/contracts';
import { RE2JS } from 're2js';
import type { Bound } from './bind.js';
import { isEqual } from './json-equal.js';
import { pointerOf } from './json-pointer.js';
import { CONDITION_OPERATORS, LIMITS, type Condition, type ConditionOperator, type Json } from './plan.js';
import { parseReference, parseTemplate, ReferenceError, referencesIn, type Reference } from './references.js';
import { lookUp, type Scope } from './scope.js';

/**
 * Whether a condition holds. A missing value fails with `reference-missing`, except for `exists`, for which null is missing too;
 * values that an operator can't compare fail with `input-invalid`.
 */
export function evaluate(condition: Condition, scope: Scope): Bound<boolean> {
  if ('all' in condition) return every(condition.all, scope, true);
  if ('any' in condition) return every(condition.any, scope, false);
  if ('not' in condition) {
    const inner = evaluate(condition.not, scope);
    return inner.ok ? { ok: true, value: !inner.value } : inner;
  }
  const left = lookUp(fieldOf(condition.field), scope);
  const { operator } = condition;
  if (operator === 'exists') return { ok: true, value: (left !== undefined && left !== null) === (condition.value ?? true) };
  if (left === undefined) return missing(`the condition's field "${condition.field}"`);
  const right = comparesReference(condition) ? valueIn(condition.value, scope) : condition.value ?? null;
  if (right === undefined) return missing(`the condition's value ${JSON.stringify(condition.value)}`);
  const holds = compare(operator, left, right);
  return holds === undefined ? { ok: false, failure: failure('input-invalid', `"${condition.field}" is ${typeName(left)}: "${operator}" can't compare it with ${typeName(right)}`) } : { ok: true, value: holds };
}

function missing(what: string): Bound<boolean> {
  return { ok: false, failure: failure('reference-missing', `${what} has no value`) };
}

/** A text, or the value that it refers to. */
function valueIn(text: string, scope: Scope): Json | undefined {
  const template = parseTemplate(text);
  return template.kind === 'reference' ? lookUp(template.reference, scope) : text;
}

/** All of them hold (`wanted` true), or at least one does (false); looks no further than needed. */
function every(conditions: readonly Condition[], scope: Scope, wanted: boolean): Bound<boolean> {
  for (const c of conditions) {
    const result = evaluate(c, scope);
    if (!result.ok || result.value !== wanted) return result;
  }
  return { ok: true, value: wanted };
}

/** Undefined when the operator has no answer for values of these types. */
function compare(operator: Exclude<ConditionOperator, 'exists'>, left: Json, right: Json): boolean | undefined {
  switch (operator) {
    case '==': return isEqual(left, right);
    case '!=': return !isEqual(left, right);
    case '>': return ordered(left, right, (n) => n > 0);
    case '>=': return ordered(left, right, (n) => n >= 0);
    case '<': return ordered(left, right, (n) => n < 0);
    case '<=': return ordered(left, right, (n) => n <= 0);
    case 'contains': return contains(left, right);
    case 'in': return Array.isArray(right) ? contains(right, left) : undefined;
    // A linear-time engine (RE2): no pattern can hang the process.
    case 'matches': return typeof left === 'string' && typeof right === 'string' ? patternOf(right).matcher(left).find() : undefined;
  }
}

function contains(whole: Json, part: Json): boolean | undefined {
  if (Array.isArray(whole)) return whole.some((v) => isEqual(v, part));
  return typeof whole === 'string' && typeof part === 'string' ? whole.includes(part) : undefined;
}

/** Numbers with numbers, texts with texts; anything else is not ordered. */
function ordered(left: Json, right: Json, test: (n: number) => boolean): boolean | undefined {
  if (typeof left === 'number' && typeof right === 'number') return test(left < right ? -1 : left > right ? 1 : 0);
  if (typeof left === 'string' && typeof right === 'string') return test(left < right ? -1 : left > right ? 1 : 0);
  return undefined;
}

function typeName(value: Json): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const patterns = new Map<string, RE2JS>();

function patternOf(source: string): RE2JS {
  let pattern = patterns.get(source);
  if (!pattern) {
    if (patterns.size >= 100) patterns.clear();
    patterns.set(source, pattern = RE2JS.compile(source));
  }
  return pattern;
}

/** The reference in a `field`, which may stand in brackets. */
function fieldOf(field: string): Reference {
  return parseReference(withoutBrackets(field));
}

function withoutBrackets(field: string): string {
  const text = field.trim();
  return /^<<[^]*>>$|^\{\{[^]*\}\}$/.test(text) ? text.slice(2, -2) : text;
}

interface Wrong { readonly pointer: string; readonly message: string }

/** What is wrong with a condition as written; empty when nothing is. `pointer` is where in it. */
export function conditionErrors(value: unknown, pointer = '', depth = 1): readonly Wrong[] {
  if (depth > LIMITS.conditionDepth) return [{ pointer, message: `conditions may be nested ${LIMITS.conditionDepth} deep` }];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ pointer, message: 'must be a condition: { "field", "operator", "value" }, or "all", "any", "not" of conditions' }];
  const keys = Object.keys(value);
  const group = keys.find((k) => k === 'all' || k === 'any' || k === 'not');
  // A key beside the one that is read would be left out silently.
  const extra = keys.find((k) => (group ? k !== group : !['field', 'operator', 'value'].includes(k)));
  if (extra !== undefined) return [{ pointer: `${pointer}/${pointerOf(extra)}`, message: group ? `stands beside "${group}"; use one of all, any, not for each object` : 'a condition has "field", "operator" and "value", or one of "all", "any", "not"' }];
  const c = value as Readonly<Record<string, unknown>>;
  if (!group) return comparisonErrors(c, pointer);
  const inner = c[group];
  if (group === 'not') return conditionErrors(inner, `${pointer}/not`, depth + 1);
  if (!Array.isArray(inner) || inner.length === 0) return [{ pointer: `${pointer}/${group}`, message: 'must be a list of conditions' }];
  return inner.flatMap((x, i) => conditionErrors(x, `${pointer}/${group}/${i}`, depth + 1));
}

function comparisonErrors({ field, operator, value }: Readonly<Record<string, unknown>>, pointer: string): readonly Wrong[] {
  if (typeof field !== 'string') return [{ pointer: `${pointer}/field`, message: 'must be a path such as "steps.scan.output.count"' }];
  const unreadable = readable(() => fieldOf(field));
  if (unreadable !== undefined) return [{ pointer: `${pointer}/field`, message: unreadable }];
  if (!CONDITION_OPERATORS.includes(operator as ConditionOperator)) return [{ pointer: `${pointer}/operator`, message: `must be one of ${CONDITION_OPERATORS.join(' ')}` }];
  const message = valueError(operator as ConditionOperator, value);
  return message === undefined ? [] : [{ pointer: `${pointer}/value`, message }];
}

function valueError(operator: ConditionOperator, value: unknown): string | undefined {
  if (operator === 'exists') return value === undefined || typeof value === 'boolean' ? undefined : 'must be true or false, or left out';
  if (value === undefined) return 'must be there: what the field is compared with';
  if (operator === 'matches') return isPattern(value) ? undefined : 'must be a regular expression (RE2 syntax), at most 1000 characters';
  const unreadable = readable(() => {
    const found = referencesIn(value as Json);
    if (found.some((r) => !r.whole || r.pointer !== '')) throw new ReferenceError('reference-syntax', 'a value is compared as it is, or is one reference');
  });
  if (unreadable !== undefined) return unreadable;
  const isReference = typeof value === 'string' && parseTemplate(value).kind === 'reference';
  if (operator === 'in' && !Array.isArray(value) && !isReference) return 'must be a list';
  return undefined;
}

function readable(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (e) {
    if (e instanceof ReferenceError) return e.message;
    throw e;
  }
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
  return [fieldOf(condition.field), ...(comparesReference(condition) ? referencesIn(condition.value).map((r) => r.reference) : [])];
}

/** Whether the value of a comparison may be a reference; a pattern is never one. */
function comparesReference(c: { readonly operator: ConditionOperator; readonly value?: Json }): c is { readonly operator: ConditionOperator; readonly value: string } {
  return typeof c.value === 'string' && c.operator !== 'matches';
}

/** The same condition with its references, each a whole bracketed text, rewritten. */
export function mapReferences(condition: Condition, change: (text: string) => string): Condition {
  if ('all' in condition) return { all: condition.all.map((c) => mapReferences(c, change)) };
  if ('any' in condition) return { any: condition.any.map((c) => mapReferences(c, change)) };
  if ('not' in condition) return { not: mapReferences(condition.not, change) };
  const field = withoutBrackets(change(`<<${withoutBrackets(condition.field)}>>`));
  return comparesReference(condition) ? { ...condition, field, value: change(condition.value) } : { ...condition, field };
}
