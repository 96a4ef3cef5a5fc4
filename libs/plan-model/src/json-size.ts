import type { Json } from './plan.js';

/** Whether the JSON of a value is larger than `limit` bytes of UTF-8. Reads no more of a large value than it must. */
export function isLargerThan(value: Json, limit: number): boolean {
  // An upper bound first: a character takes at most 6 bytes, as \uXXXX.
  if (measure(value, limit, (text) => text.length * 6 + 2) <= limit) return false;
  return measure(value, limit, jsonBytes) > limit;
}

/** Bytes of a value, or any number above `limit` once it is passed. */
function measure(value: Json, limit: number, bytesOf: (text: string) => number): number {
  if (typeof value === 'string') return bytesOf(value);
  if (typeof value !== 'object' || value === null) return String(value).length;
  let size = 2;
  if (Array.isArray(value)) {
    for (const element of value) {
      size += 1 + measure(element, limit - size, bytesOf);
      if (size > limit) return size;
    }
    return size;
  }
  for (const key of Object.keys(value)) {
    size += 2 + bytesOf(key) + measure(value[key]!, limit - size, bytesOf);
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
