import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { InvalidMessage, validate } from '@opsmesh/contracts';
import { ProblemError } from './problem-error.js';

const PLAIN: readonly unknown[] = [Object, String, Number, Boolean, Array, Buffer];

/**
 * Global pipe: a `@Body()` or `@Query()` whose type is a DTO class is checked and given as its instance; unknown properties are refused.
 * Findings carry JSON pointers. Codes: `invalid-body`, `invalid-query` (both 422).
 */
export class DtoPipe implements PipeTransform {
  transform(value: unknown, { type, metatype, data }: ArgumentMetadata): unknown {
    if ((type !== 'body' && type !== 'query') || data !== undefined || metatype === undefined || PLAIN.includes(metatype)) return value;
    return type === 'body' ? validate(metatype as Type<object>, value) : checkQuery(metatype, value);
  }
}

function checkQuery(metatype: Type, value: unknown): object {
  try {
    // Express gives the query without a prototype, which class-transformer does not take.
    return validate(metatype as Type<object>, { ...(value as object | null) });
  } catch (e) {
    if (e instanceof InvalidMessage) throw new ProblemError(422, 'invalid-query', e.message, { errors: e.errors, cause: e });
    throw e;
  }
}
