import type { Json, JsonObject } from '@opsmesh/plan-model';

/** The value that a tool's declared pointer (RFC 6901, of names only) means; undefined when there is none. */
export function valueAt(document: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const part of pointer.split('/').slice(1)) value = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}
