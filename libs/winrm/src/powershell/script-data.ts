import type { Json } from '../shell-options.js';

/**
 * The JSON that becomes `$data`.
 * @throws TypeError for what is no JSON value; RangeError for keys that ConvertFrom-Json of Windows PowerShell 5.1 takes no object with: an empty one, and two that differ only by case.
 */
export function encodeScriptData(data: Json): string {
  const json = JSON.stringify(data) as string | undefined;
  if (json === undefined) throw new TypeError('data must be a JSON value');
  checkKeys(JSON.parse(json) as Json);
  return json;
}

function checkKeys(data: Json): void {
  const values: Json[] = [data];
  for (const value of values) {
    if (typeof value !== 'object' || value === null) continue;
    if (!isArray(value)) checkKeysOf(Object.keys(value));
    for (const inner of Object.values(value)) values.push(inner as Json);
  }
}

function checkKeysOf(keys: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const key of keys) {
    if (key === '') throw new RangeError('data may have no empty key: PowerShell cannot hold it');
    const other = seen.get(folded(key));
    if (other !== undefined) throw new RangeError(`data has the keys ${JSON.stringify(other)} and ${JSON.stringify(key)} in one object: PowerShell does not tell upper case from lower`);
    seen.set(folded(key), key);
  }
}

/** Upper case by single characters, as .NET compares names; `ß` stays. */
function folded(key: string): string {
  return Array.from(key, (character) => (character.toUpperCase().length === character.length ? character.toUpperCase() : character)).join('');
}

const isArray = (value: object): value is readonly Json[] => Array.isArray(value);
