import type { Json } from './plan.js';

/** One part of a JSON pointer (RFC 6901), escaped. */
export function pointerOf(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The value at a pointer, undefined when there is none; own properties only. */
export function valueAt(document: Json, pointer: string): Json | undefined {
  let current: Json | undefined = document;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof current !== 'object' || current === null) return undefined;
    current = Array.isArray(current) ? current[Number(key)] : Object.hasOwn(current, key) ? current[key] : undefined;
  }
  return current;
}
