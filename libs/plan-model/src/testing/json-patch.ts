import type { PatchOperation } from '@opsmesh/contracts';
import type { Json } from '../plan.js';

/**
 * Applies a fix as RFC 6902 says, to a copy. For specs.
 * @throws Error when a place is not there
 */
export function patched(document: unknown, fix: readonly PatchOperation[]): Json {
  const copy = structuredClone(document) as Json;
  for (const { op, path, value } of fix) {
    const keys = path.split('/').slice(1).map((k) => k.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop()!;
    const parent = keys.reduce<Json | undefined>((at, k) => (typeof at === 'object' && at !== null && Object.hasOwn(at, k) ? (at as Record<string, Json>)[k] : undefined), copy);
    if (typeof parent !== 'object' || parent === null) throw new Error(`nothing at ${path}`);
    if (op !== 'add' && !Object.hasOwn(parent, last)) throw new Error(`nothing to ${op} at ${path}`);
    if (op === 'remove' && Array.isArray(parent)) parent.splice(Number(last), 1);
    else if (op === 'remove') delete (parent as Record<string, Json>)[last];
    else (parent as Record<string, Json>)[last] = structuredClone(value) as Json;
  }
  return copy;
}
