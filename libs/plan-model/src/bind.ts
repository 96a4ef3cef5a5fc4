import { failure, type CommandInputDto, type FailureDto } from '@opsmesh/contracts';
import { embedInCommand, UnsafeEmbedding } from './embed-command.js';
import { pointerOf, valueAt } from './json-pointer.js';
import { LIMITS, type CompiledStep, type Json, type JsonObject } from './plan.js';
import { parseTemplate, type Reference } from './references.js';
import { lookUp, type Scope } from './scope.js';

export type Bound<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: FailureDto };

/** Ends a binding; caught at its border. */
class Unbound extends Error {
  constructor(readonly failure: FailureDto) {
    super(failure.message);
  }
}

/**
 * Puts values in the place of references. A string that is one reference keeps the value's type; inside a longer string only scalars may stand;
 * in a command each value is one piece of data. What comes from a value is never searched for references again.
 * A missing value without a default fails with `reference-missing`: nothing is ever replaced by an empty string.
 */
export function bind(template: JsonObject, scope: Scope, commands: readonly CommandInputDto[]): Bound<JsonObject> {
  return guarded(() => {
    const budget = { left: LIMITS.renderedInputBytes };
    const dialects = new Map(commands.map((c) => [c.pointer, c.dialect]));
    const walk = (value: Json, pointer: string): Json => {
      if (typeof value === 'string') {
        const bound = bindText(value, scope, dialects.get(pointer));
        spend(budget, bound);
        return bound;
      }
      if (Array.isArray(value)) return value.map((v, i) => walk(v, pointer === '' ? '' : `${pointer}/${i}`));
      if (typeof value === 'object' && value !== null) {
        const out: JsonObject = {};
        for (const [k, v] of Object.entries(value)) out[k] = walk(v, dialects.size === 0 ? '' : `${pointer}/${pointerOf(k)}`);
        return out;
      }
      return value;
    };
    return walk(template, '') as JsonObject;
  });
}

function bindText(text: string, scope: Scope, dialect: CommandInputDto['dialect'] | undefined): Json {
  const template = parseTemplate(text);
  if (template.kind === 'text') return text;
  if (template.kind === 'reference' && !dialect) return required(template.reference, scope);
  if (template.kind === 'reference') {
    // A command that is one reference was allowed by the compiler only where a person gave it as an input of the run.
    const whole = required(template.reference, scope);
    if (typeof whole !== 'string') throw new Unbound(failure('input-invalid', `<<${template.reference.text}>> is a command, so it must be text`));
    return whole;
  }
  const parts = template.parts.map((p) => (typeof p === 'string' ? p : { value: scalar(p, required(p, scope)) }));
  if (!dialect) return parts.map((p) => (typeof p === 'string' ? p : p.value)).join('');
  try {
    return embedInCommand(dialect, parts);
  } catch (e) {
    if (e instanceof UnsafeEmbedding) throw new Unbound(failure('input-invalid', `a value can't be put into the command: ${e.message}`));
    throw e;
  }
}

function required(reference: Reference, scope: Scope): Json {
  const value = lookUp(reference, scope);
  if (value === undefined || value === null) throw new Unbound(failure('reference-missing', `<<${reference.text}>> has no value; give it a default with ?? if it may be missing`));
  return value;
}

function scalar(reference: Reference, value: Json): string {
  if (typeof value === 'object') throw new Unbound(failure('input-invalid', `<<${reference.text}>> is ${Array.isArray(value) ? 'a list' : 'an object'}: inside a longer text only texts, numbers and true or false may stand`));
  return String(value);
}

/** Counts characters of what was bound; a value that is too large is refused before it is sent. */
function spend(budget: { left: number }, value: Json): void {
  budget.left -= typeof value === 'string' ? value.length : typeof value === 'object' ? JSON.stringify(value).length : 8;
  if (budget.left < 0) throw new Unbound(failure('limit-exceeded', `the inputs are larger than ${LIMITS.renderedInputBytes} bytes`));
}

/** The list that a fan-out runs over. */
export function resolveList(step: CompiledStep, scope: Scope): { readonly ok: true; readonly items: Json[] } | { readonly ok: false; readonly failure: FailureDto } {
  const bound = guarded(() => {
    const template = parseTemplate(step.forEach ?? '');
    if (template.kind !== 'reference') throw new Unbound(failure('input-invalid', 'forEach must be one reference'));
    const value = required(template.reference, scope);
    if (!Array.isArray(value)) throw new Unbound(failure('input-invalid', `<<${template.reference.text}>> is no list`));
    if (value.length > LIMITS.items) throw new Unbound(failure('limit-exceeded', `<<${template.reference.text}>> has ${value.length} elements; a step may have ${LIMITS.items} items`));
    return value;
  });
  return bound.ok ? { ok: true, items: bound.value } : bound;
}

/** A step's output as its `outputMapping` makes it; the step's own output is `steps.<id>.output` in the scope. */
export function mapOutput(step: CompiledStep, scope: Scope): Bound<Json> {
  return step.outputMapping ? bind(step.outputMapping, scope, []) : guarded(() => scope.step(step.id)?.output ?? null);
}

/** What bound inputs act on, null when the tool names no target. */
export function targetOf(step: Pick<CompiledStep, 'target'>, inputs: JsonObject): string | null {
  const value = step.target === null ? undefined : valueAt(inputs, step.target);
  if (typeof value === 'string') return value.slice(0, 255);
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string').join(', ').slice(0, 255) : null;
}

function guarded<T>(work: () => T): Bound<T> {
  try {
    return { ok: true, value: work() };
  } catch (e) {
    if (e instanceof Unbound) return { ok: false, failure: e.failure };
    throw e;
  }
}
