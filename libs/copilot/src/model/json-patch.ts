import { canonicalJson, type PatchOperation } from '@opsmesh/contracts';

/** The RFC 6902 patch that makes `after` of `before`; elements of lists are compared by their place. */
export function jsonPatch(before: unknown, after: unknown, path = ''): PatchOperation[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    const common = Math.min(before.length, after.length);
    return [
      ...before.slice(0, common).flatMap((v: unknown, i) => jsonPatch(v, after[i], `${path}/${i}`)),
      ...before.slice(common).map((_, i): PatchOperation => ({ op: 'remove', path: `${path}/${before.length - 1 - i}` })),
      ...after.slice(common).map((value: unknown, i): PatchOperation => ({ op: 'add', path: `${path}/${common + i}`, value })),
    ];
  }
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name): PatchOperation[] => {
      const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!Object.hasOwn(after, name)) return [{ op: 'remove', path: at }];
      if (!Object.hasOwn(before, name)) return [{ op: 'add', path: at, value: after[name] }];
      return jsonPatch(before[name], after[name], at);
    });
  }
  return [{ op: 'replace', path, value: after }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
