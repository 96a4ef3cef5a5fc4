import { failure, type CommandDialect, type CommandInputDto, type FailureDto } from '@opsmesh/contracts';
import { embeddingOf } from './commands/embed-command.js';
import { UnsafeEmbedding } from './commands/unsafe-embedding.js';
import { pointerOf, valueAt } from './json-pointer.js';
import { isLargerThan, MOST_NESTED } from './json-size.js';
import { LIMITS, type CompiledStep, type Json, type JsonObject } from './plan.js';
import { parseTemplate, ReferenceError, referenceText, type Reference } from './references.js';
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
 * `template` is read once and parts of it and of `scope` are shared with what is bound: none of them may be changed afterwards.
 */
export function bind(template: JsonObject, scope: Scope, commands: readonly CommandInputDto[]): Bound<JsonObject> {
  return guarded(() => {
    const value = valueOf(programOf(template, commands), scope) as JsonObject;
    if (isLargerThan(value, LIMITS.renderedInputBytes)) throw tooLarge();
    return value;
  });
}

/** A template that was read: a value without references, or how to make one. */
type Program = { readonly constant: Json } | { readonly make: (scope: Scope) => Json };

const programs = new WeakMap<JsonObject, { readonly commands: readonly CommandInputDto[]; readonly program: Program }>();

/** Templates are read once: every item of a fan-out is bound from the same one. */
function programOf(template: JsonObject, commands: readonly CommandInputDto[]): Program {
  const known = programs.get(template);
  if (known && (known.commands === commands || (known.commands.length === 0 && commands.length === 0))) return known.program;
  const program = read(template, { commands, pointer: '', dialect: undefined });
  programs.set(template, { commands, program });
  return program;
}

function valueOf(program: Program, scope: Scope): Json {
  return 'make' in program ? program.make(scope) : program.constant;
}

/** Where a value of a template stands. `dialect`: it is, or is inside of, a command. */
interface Place {
  readonly commands: readonly CommandInputDto[];
  readonly pointer: string;
  readonly dialect: CommandDialect | undefined;
}

function read(value: Json, place: Place): Program {
  if (typeof value === 'string') return readText(value, place);
  if (typeof value !== 'object' || value === null) return { constant: value };
  if (Array.isArray(value)) {
    const elements = value.map((v, i) => read(v, inside(place, i)));
    return elements.every((e) => 'constant' in e) ? { constant: value } : { make: (scope) => elements.map((e) => valueOf(e, scope)) };
  }
  const entries = Object.entries(value).map(([key, v]) => [key, read(v, inside(place, key))] as const);
  if (entries.every(([, e]) => 'constant' in e)) return { constant: value };
  return {
    make: (scope) => {
      const out: JsonObject = {};
      for (const [key, e] of entries) out[key] = valueOf(e, scope);
      return out;
    },
  };
}

function inside(place: Place, key: string | number): Place {
  if (place.commands.length === 0 || place.dialect) return place;
  const pointer = `${place.pointer}/${pointerOf(key)}`;
  return { ...place, pointer, dialect: place.commands.find((c) => c.pointer === pointer)?.dialect };
}

function readText(text: string, { commands, pointer, dialect }: Place): Program {
  const template = parseTemplate(text);
  switch (template.kind) {
    case 'text': return { constant: text };
    case 'reference': {
      const { reference } = template;
      const holdsCommand = dialect !== undefined || commands.some((c) => c.pointer.startsWith(`${pointer}/`));
      return { make: (scope) => (holdsCommand ? wholeCommand(reference, scope, dialect !== undefined) : required(reference, scope)) };
    }
    case 'mixed': {
      const { parts } = template;
      const references = parts.filter((p) => typeof p === 'object');
      if (dialect) return { make: (scope) => inCommand(() => embeddingOf(dialect, parts).fill(scalars(references, scope))) };
      return { make: (scope) => joined(parts, scalars(references, scope)) };
    }
  }
}

/** A person may give a whole command as an input of the run; a result may not. */
function wholeCommand(reference: Reference, scope: Scope, isText: boolean): Json {
  if (reference.root !== 'input') throw new Unbound(failure('input-invalid', `${referenceText(reference)} would be a whole command`));
  const value = required(reference, scope);
  if (isText && typeof value !== 'string') throw new Unbound(failure('input-invalid', `${referenceText(reference)} is a command, so it must be text`));
  return value;
}

function inCommand(embed: () => string): string {
  try {
    return embed();
  } catch (e) {
    if (e instanceof UnsafeEmbedding) throw new Unbound(failure('input-invalid', `a value can't be put into the command: ${e.message}`));
    throw e;
  }
}

function required(reference: Reference, scope: Scope): Json {
  const value = lookUp(reference, scope);
  if (value === undefined || (value === null && !reference.fallback)) {
    throw new Unbound(failure('reference-missing', `${referenceText(reference)} has no value${value === null ? ' (it is null)' : ''}; give it a default with ?? if it may be missing`));
  }
  return value;
}

/** The texts of the values inside a longer text; refused before they are put together when they are too long for it. */
function scalars(references: readonly Reference[], scope: Scope): string[] {
  let length = 0;
  return references.map((reference) => {
    const text = scalar(reference, scope);
    length += text.length;
    if (length > LIMITS.renderedInputBytes) throw tooLarge();
    return text;
  });
}

function joined(parts: readonly (string | Reference)[], values: readonly string[]): string {
  let text = '';
  let next = 0;
  for (const part of parts) text += typeof part === 'string' ? part : values[next++]!;
  return text;
}

function tooLarge(): Unbound {
  return new Unbound(failure('limit-exceeded', `the inputs are larger than ${LIMITS.renderedInputBytes} bytes, or nested more than ${MOST_NESTED} deep`));
}

/** The text of a value inside a longer text. */
function scalar(reference: Reference, scope: Scope): string {
  const value = required(reference, scope);
  if (value === null) throw new Unbound(failure('reference-missing', `${referenceText(reference)} is null, which has no text`));
  if (typeof value === 'object') throw new Unbound(failure('input-invalid', `${referenceText(reference)} is ${Array.isArray(value) ? 'a list' : 'an object'}: inside a longer text only texts, numbers and true or false may stand`));
  return String(value);
}

/** The list that a fan-out runs over. */
export function resolveList(step: CompiledStep, scope: Scope): { readonly ok: true; readonly items: Json[] } | { readonly ok: false; readonly failure: FailureDto } {
  const bound = guarded(() => {
    const template = parseTemplate(step.forEach ?? '');
    if (template.kind !== 'reference') throw new Unbound(failure('input-invalid', 'forEach must be one reference'));
    const value = required(template.reference, scope);
    if (!Array.isArray(value)) throw new Unbound(failure('input-invalid', `${referenceText(template.reference)} is no list`));
    if (value.length > LIMITS.items) throw new Unbound(failure('limit-exceeded', `${referenceText(template.reference)} has ${value.length} elements; a step may have ${LIMITS.items} items`));
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
  if (typeof value === 'string') return label(value);
  return Array.isArray(value) ? label(value.filter((v) => typeof v === 'string').join(', ')) : null;
}

/** A text for people and for the record, which takes no NUL. */
function label(text: string): string {
  return text.slice(0, 255).replaceAll('\0', '\uFFFD');
}

function guarded<T>(work: () => T): Bound<T> {
  try {
    return { ok: true, value: work() };
  } catch (e) {
    if (e instanceof Unbound) return { ok: false, failure: e.failure };
    // The compiler lets no such plan through; one that was stored by another version must fail as a step, not as an engine.
    if (e instanceof ReferenceError) return { ok: false, failure: failure('input-invalid', e.message) };
    throw e;
  }
}
