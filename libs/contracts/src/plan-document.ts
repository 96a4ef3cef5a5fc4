import { ValidateBy } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** The value is a plan of docs/plan-language.md: an object, or in the short form the list of its steps. What stands in it is the compiler's to judge. */
export function IsPlanDocument(): PropertyDecorator {
  const check = ValidateBy({ name: 'isPlanDocument', validator: { validate: (value: unknown) => typeof value === 'object' && value !== null, defaultMessage: () => '$property must be an object, or a list of steps' } });
  const shown = JSONSchema(() => ({ anyOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' } }] }));
  return (target, property) => {
    check(target, property as string);
    shown(target, property as string);
  };
}
