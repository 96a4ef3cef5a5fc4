import { IsOptional, ValidateBy } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { hostKeysFault } from '@opsmesh/platform';
import { isAddress } from './asset-fields.js';
import { attributesFault } from './attributes.js';

/** A field that may be left out, or be null: null clears it when an asset is updated and means "not set" when it is created. */
export function Clearable(): PropertyDecorator {
  const optional = IsOptional();
  const nullable = JSONSchema(((schema: object) => ({ anyOf: [schema, { type: 'null' }] })) as never);
  return (target, property) => {
    optional(target, property as string);
    nullable(target, property as string);
  };
}

/** An IPv4 or IPv6 address without a zone or a mask. */
export function IsAddress(): PropertyDecorator {
  return ValidateBy({ name: 'matches', constraints: [/^[0-9A-Fa-f.:]+$/], validator: { validate: (v: unknown) => typeof v === 'string' && isAddress(v), defaultMessage: () => '$property must be an IPv4 or IPv6 address' } });
}

/** Text with host keys that a worker can read; the schema says no more than that there is a key's beginning. */
export function IsHostKeys(): PropertyDecorator {
  return ValidateBy({ name: 'matches', constraints: [/\sAAAA/], validator: { validate: (v: unknown) => typeof v === 'string' && hostKeysFault(v) === undefined, defaultMessage: (args) => `$property: ${hostKeysFault(String(args?.value)) ?? 'is not valid'}` } });
}

/** An object of JSON within the limits of ./attributes. */
export function IsAttributes(): PropertyDecorator {
  return ValidateBy({ name: 'isObject', validator: { validate: (v: unknown) => attributesFault(v) === undefined, defaultMessage: (args) => `$property ${attributesFault(args?.value) ?? 'is not valid'}` } });
}
