import { ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** Marks, in a schema that is being made, a property that is never left out though it may be null. */
export const ALWAYS_GIVEN = 'x-always-given';

/** The value may be null, and is never left out; schemas say so. */
export function OrNull(): PropertyDecorator {
  const given = ValidateIf((_, value) => value !== null);
  const shown = JSONSchema((schema) => ({ anyOf: [schema, { type: 'null' }], [ALWAYS_GIVEN]: true }));
  return (target, property) => {
    given(target, property);
    shown(target, property as string);
  };
}
