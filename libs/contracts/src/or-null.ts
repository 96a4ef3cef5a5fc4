import { ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** The value may be null; schemas say so. */
export function OrNull(): PropertyDecorator {
  const given = ValidateIf((_, value) => value !== null);
  const shown = JSONSchema((schema) => ({ anyOf: [schema, { type: 'null' }] }));
  return (target, property) => {
    given(target, property);
    shown(target, property as string);
  };
}
