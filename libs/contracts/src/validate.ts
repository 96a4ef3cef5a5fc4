import 'reflect-metadata';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { jsonSchemaOf } from './json-schema.js';
import type { DiagnosticDto } from './problem.js';
import { simpleInstance } from './simple-class.js';

/** A message or body that does not fit its DTO; `errors` say where and why. Values are not repeated: they could be secrets. */
export class InvalidMessage extends Error {
  override readonly name = 'InvalidMessage';
  readonly errors: DiagnosticDto[];

  constructor(what: string, errors: DiagnosticDto[]) {
    super(`${what} is not valid: ${errors.map((e) => `${e.pointer || '/'} ${e.message}`).join('; ').slice(0, 2000)}`);
    this.errors = errors;
  }
}

const plainMessages = new WeakSet<object>();
const schemas = new WeakMap<object, ValidateFunction>();
// Not strict about schemas, but about numbers: JSON may say 1e999.
const ajv = addFormats.default(new Ajv({ strict: false, strictNumbers: true }));

/**
 * Marks a DTO without defaults and methods whose values are taken as they came. Good ones are recognised by the schema that is derived from the class,
 * some fifty times faster than by making an instance: for what comes thousands of times a second, or holds large documents.
 */
export function PlainMessage(): ClassDecorator {
  return (target) => { plainMessages.add(target); };
}

/** Whether a value fits the schema that is derived from a DTO class: quick, also for large values, but without words for what is wrong. */
export function fits(type: ClassConstructor<object>, value: unknown): boolean {
  let check = schemas.get(type);
  if (!check) schemas.set(type, check = ajv.compile(jsonSchemaOf(type)));
  return check(value);
}

/**
 * Checks a plain value against a DTO class; unknown properties are refused.
 * @returns an instance of the class; the value itself for a {@link PlainMessage}
 * @throws InvalidMessage with one diagnostic for each broken rule.
 */
export function validate<T extends object>(type: ClassConstructor<T>, value: unknown): T {
  if (plainMessages.has(type) && fits(type, value)) return value as T;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidMessage(type.name, [{ code: 'wrong-type', severity: 'error', pointer: '', message: 'must be an object' }]);
  }
  const simple = simpleInstance(type, value);
  if (simple) return simple;
  const instance = plainToInstance(type, value);
  // A class without rules takes the empty object: forbidUnknownValues would refuse even that, and forbidNonWhitelisted refuses all else.
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false, validationError: { target: false, value: false } });
  if (errors.length > 0) throw new InvalidMessage(type.name, toDiagnostics(errors));
  return instance;
}

/** class-validator's tree of errors as a flat list with JSON pointers. */
export function toDiagnostics(errors: readonly ValidationError[], parent = ''): DiagnosticDto[] {
  return errors.flatMap((e) => {
    const pointer = `${parent}/${e.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const own = Object.entries(e.constraints ?? {}).map(([rule, message]): DiagnosticDto => ({
      code: rule === 'whitelistValidation' ? 'unknown-property' : 'invalid-value', severity: 'error', pointer, message,
    }));
    return [...own, ...toDiagnostics(e.children ?? [], pointer)];
  });
}
