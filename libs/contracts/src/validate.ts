import 'reflect-metadata';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { DiagnosticDto } from './problem.js';

/** A message or body that does not fit its DTO; `errors` say where and why. Values are not repeated: they could be secrets. */
export class InvalidMessage extends Error {
  override readonly name = 'InvalidMessage';
  readonly errors: DiagnosticDto[];

  constructor(what: string, errors: DiagnosticDto[]) {
    super(`${what} is not valid: ${errors.map((e) => `${e.pointer || '/'} ${e.message}`).join('; ').slice(0, 2000)}`);
    this.errors = errors;
  }
}

/**
 * Checks a plain value against a DTO class and returns the instance; unknown properties are refused.
 * @throws InvalidMessage with one diagnostic for each broken rule.
 */
export function validate<T extends object>(type: ClassConstructor<T>, value: unknown): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidMessage(type.name, [{ code: 'wrong-type', severity: 'error', pointer: '', message: 'must be an object' }]);
  }
  const instance = plainToInstance(type, value);
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, validationError: { target: false, value: false } });
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
