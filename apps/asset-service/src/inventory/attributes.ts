/** Largest `attributes` of one asset, in bytes of JSON. */
const ATTRIBUTES_BYTES = 16 * 1024;
/** Deepest nesting of `attributes`, the object itself included. */
const ATTRIBUTES_DEPTH = 8;

const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Why a value can't be the `attributes` of an asset, or undefined when it can. */
export function attributesFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
  const fault = faultIn(value, 1);
  if (fault) return fault;
  return Buffer.byteLength(JSON.stringify(value)) > ATTRIBUTES_BYTES ? `must be at most ${ATTRIBUTES_BYTES} bytes of JSON` : undefined;
}

function faultIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return UNSTORABLE.test(value) ? 'must not contain NUL or lone surrogates' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > ATTRIBUTES_DEPTH) return `must be nested at most ${ATTRIBUTES_DEPTH} deep`;
  for (const [key, inner] of Object.entries(value)) {
    if (FORBIDDEN.includes(key)) return `must not have the key ${key}`;
    if (UNSTORABLE.test(key)) return 'must not contain NUL or lone surrogates';
    const fault = faultIn(inner, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

/** A path such as `rack.row`: names of nested objects, split at the dots. Array elements can't be named. */
export const ATTRIBUTE_PATH = /^[^.\0\p{Cs}]{1,64}(?:\.[^.\0\p{Cs}]{1,64}){0,7}$/u;

/** The document `{rack: {row: value}}` of the path `rack.row`; an asset whose attributes contain it (jsonb `@>`) has that value there. */
export function documentOf(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), value) as Record<string, unknown>;
}
