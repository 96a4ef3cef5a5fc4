import type { Json } from './plan.js';

/** Deepest nesting of a value that is measured; what is deeper counts as larger than any limit. Far below what JSON writers can follow. */
export const MOST_NESTED = 256;

/** Whether the JSON of a value is larger than `limit` bytes of UTF-8, or nested more than {@link MOST_NESTED} deep. Reads no more of a large value than it must. */
export function isLargerThan(value: Json, limit: number): boolean {
  // An upper bound first: a character takes at most 6 bytes, as \uXXXX.
  if (measure(value, limit, BOUND) <= limit) return false;
  return measure(value, limit, EXACT) > limit;
}

/** How texts are measured, and the long lists that were measured so: every item of a fan-out may hold the same one. */
interface Ruler {
  readonly bytesOf: (text: string) => number;
  readonly lists: WeakMap<readonly Json[], { readonly size: number; readonly whole: boolean }>;
}

const BOUND: Ruler = { bytesOf: (text) => text.length * 6 + 2, lists: new WeakMap() };
const EXACT: Ruler = { bytesOf: jsonBytes, lists: new WeakMap() };
/** Shorter lists are measured faster than they are looked up. */
const LONG_LIST = 32;

/** Bytes of a value, or any number above `limit` once it is passed. */
function measure(value: Json, limit: number, ruler: Ruler, depth = 0): number {
  if (typeof value === 'string') return ruler.bytesOf(value);
  if (typeof value !== 'object' || value === null) return String(value).length;
  if (depth > MOST_NESTED) return Infinity;
  if (Array.isArray(value)) return value.length < LONG_LIST ? measureList(value, limit, ruler, depth) : measureOnce(value, limit, ruler, depth);
  let size = 2;
  for (const key of Object.keys(value)) {
    size += 2 + ruler.bytesOf(key) + measure(value[key]!, limit - size, ruler, depth + 1);
    if (size > limit) return size;
  }
  return size;
}

function measureOnce(list: readonly Json[], limit: number, ruler: Ruler, depth: number): number {
  const known = ruler.lists.get(list);
  // Half a measure is enough only where it is too much already.
  if (known && (known.whole || known.size > limit)) return known.size;
  const size = measureList(list, limit, ruler, depth);
  ruler.lists.set(list, { size, whole: size <= limit });
  return size;
}

function measureList(list: readonly Json[], limit: number, ruler: Ruler, depth: number): number {
  let size = 2;
  for (const element of list) {
    size += 1 + measure(element, limit - size, ruler, depth + 1);
    if (size > limit) return size;
  }
  return size;
}

function jsonBytes(text: string): number {
  let bytes = 2;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20) bytes += c === 8 || c === 9 || c === 10 || c === 12 || c === 13 ? 2 : 6;
    else if (c === 0x22 || c === 0x5c) bytes += 2;
    else if (c < 0x80) bytes += 1;
    else if (c < 0x800) bytes += 2;
    else if (c >= 0xd800 && c <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 4;
      i++;
    } else bytes += c >= 0xd800 && c <= 0xdfff ? 6 : 3;
  }
  return bytes;
}
