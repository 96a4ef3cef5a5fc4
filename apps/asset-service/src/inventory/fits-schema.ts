import { Ajv } from 'ajv';
import { ValidateBy } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

const ajv = new Ajv({ strict: false });

/**
 * A property whose value has several shapes, given by one JSON Schema (draft 7) that validates it here and is published in the catalogue:
 * what the plan compiler accepts and what the service accepts can't differ. `expected` completes the message "must be ...".
 */
export function FitsSchema(schema: Readonly<Record<string, unknown>>, expected: string): PropertyDecorator {
  const fits = ajv.compile(schema);
  const check = ValidateBy({ name: 'fitsSchema', validator: { validate: (value: unknown) => fits(value), defaultMessage: () => `$property must be ${expected}` } });
  // The function form replaces what the library would derive from the property's TypeScript type.
  const publish = JSONSchema(() => schema as never);
  return (target, property) => {
    check(target, property);
    publish(target, property as string);
  };
}
