import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { jsonPatch } from './json-patch.js';
import { readJsonObject } from './read-json.js';
import { asData, redacted } from './untrusted.js';

/** RFC 6902 for the operations that we write. */
function applied(document: unknown, patch: ReturnType<typeof jsonPatch>): unknown {
  const root = { '': structuredClone(document) } as Record<string, unknown>;
  for (const { op, path, value } of patch) {
    const keys = ['', ...path.split('/').slice(1).map((k) => k.replaceAll('~1', '/').replaceAll('~0', '~'))];
    const last = keys.pop()!;
    const holder = keys.reduce<unknown>((v, k) => (v as Record<string, unknown>)[k], root);
    if (Array.isArray(holder)) {
      if (op === 'add') holder.splice(Number(last), 0, value);
      else if (op === 'remove') holder.splice(Number(last), 1);
      else holder[Number(last)] = value;
    } else if (op === 'remove') delete (holder as Record<string, unknown>)[last];
    else (holder as Record<string, unknown>)[last] = value;
  }
  return root[''];
}

const json = fc.jsonValue({ maxDepth: 4 }).filter((v) => !JSON.stringify(v).includes('__proto__')).map((v) => JSON.parse(JSON.stringify(v)) as unknown);

it('a patch makes the one document of the other', () => {
  fc.assert(fc.property(json, json, (before, after) => {
    expect(applied(before, jsonPatch(before, after))).toEqual(after);
  }), { numRuns: 300 });
});

it('a patch between equal documents is empty', () => {
  fc.assert(fc.property(json, (v) => { expect(jsonPatch(v, structuredClone(v))).toEqual([]); }));
});

it('an object is read from plain, fenced and surrounded text, and from nothing that is cut off', () => {
  const text = '{"a":{"b":[1,"}"]}}';
  for (const t of [text, `Sure!\n\`\`\`json\n${text}\n\`\`\`\nDone.`, `Here: ${text} :)`]) expect(readJsonObject(t)).toEqual({ a: { b: [1, '}'] } });
  for (let i = 0; i < text.length; i++) expect(readJsonObject(text.slice(0, i))).toBeUndefined();
  for (const t of ['', '[1]', 'null', '{', `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`]) expect(readJsonObject(t)).toBeUndefined();
  expect(Object.keys(readJsonObject('{"__proto__":{"x":1},"a":1}')!)).toEqual(['a']);
});

it('data for a prompt is JSON within its limits, whatever the output was', () => {
  fc.assert(fc.property(fc.anything(), (value) => {
    let given: unknown = value;
    try { given = JSON.parse(JSON.stringify(value) ?? 'null'); } catch { given = null; }
    const { json: text } = asData(given, { characters: 500, rows: 5, text: 50 });
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(text.length).toBeLessThan(1300);
  }));
});

it.each([
  '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----', 'password=canary', 'api_key: "canary"', 'Authorization: Bearer canary0123456789', 'https://bob:canary@host/', 'AKIAABCDEFGHIJKLMNOP', 'ghp_canary0123456789abcdef', 'eyJhbGciOiJI.canary0123.x',
])('takes %j out of a text', (secret) => {
  expect(redacted(`before ${secret} after`)).not.toMatch(/canary|abc|AKIA/);
  expect(redacted(`before ${secret} after`)).toMatch(/^before .* ?after$|\[redacted\]/s);
});

it.each([
  ['eyJ-', ''], ['eyJ-----', '.'], ['eyJaaaaaaaa.', '!'], ['-----BEGIN A', '-'], ['-----BEGIN PRIVATE KEY-----', ''], ['ghp_', ''], ['password', ''], ['password ', ''], ['token=', ''], ['bearer ', ''], ['https://a:', ''],
])('%j again and again is searched in time that grows with its length', (part, end) => {
  const text = part.repeat(1_000_000 / part.length) + end;
  // Given up after 5 s.
  expect(typeof runInNewContext('redacted(text)', { redacted, text }, { timeout: 5000 })).toBe('string');
});

it.each(['\n', '```json\n', 'a```\n', '```\na', '```', ' ```json'])('so is an answer of nothing but %j', (part) => {
  expect(runInNewContext('readJsonObject(text)', { readJsonObject, text: `\`\`\`json${part.repeat(200_000 / part.length)}` }, { timeout: 5000 })).toBeUndefined();
});

it('a token is taken out behind others of its kind that are none', () => {
  expect(redacted('see eyJ.a.b, x-eyJhbGciOiJI.canary0123.x and eyJ-eyJhbGciOiJI.canary0123.')).toBe('see eyJ.a.b, [redacted] and [redacted]');
});
