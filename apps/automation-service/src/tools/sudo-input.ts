import { IsOptional, ValidateBy } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { USER_NAME } from '../ssh/sudo.js';

/** `true`: as root. */
export type SudoInput = boolean | { readonly user: string };

const SCHEMA = {
  anyOf: [
    { type: 'boolean' },
    { type: 'object', properties: { user: { type: 'string', pattern: USER_NAME.source } }, required: ['user'], additionalProperties: false },
  ],
};

/** Whether to run by sudo: true (as root) or `{ "user": "postgres" }`. A password, where sudo asks for one, is the credential's. */
export function IsSudo(): PropertyDecorator {
  const optional = IsOptional();
  const check = ValidateBy({ name: 'isSudo', validator: { validate: isSudo, defaultMessage: () => '$property must be true, false or an object with the user to become' } });
  const publish = JSONSchema(() => SCHEMA as never);
  return (target, property) => {
    optional(target, property as string);
    check(target, property);
    publish(target, property as string);
  };
}

/** The user to become, undefined for the one who logs in. */
export function sudoUser(sudo: SudoInput | undefined): { readonly user: string } | undefined {
  if (sudo === undefined || sudo === false) return undefined;
  return sudo === true ? { user: 'root' } : { user: sudo.user };
}

function isSudo(value: unknown): boolean {
  if (typeof value === 'boolean') return true;
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'user') return false;
  const { user } = value as { user: unknown };
  return typeof user === 'string' && USER_NAME.test(user);
}
