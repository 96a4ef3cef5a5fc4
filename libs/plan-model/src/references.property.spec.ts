import { deepStrictEqual as equal, ok } from 'node:assert';
import fc from 'fast-check';
import type { Json } from './plan.js';
import { FORBIDDEN_NAMES, follow, parseReference, parseTemplate, pathText, ReferenceError, referenceText, type PathPart, type Reference } from './references.js';

const name = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('length', 'a-b', "it's", '}}', '>>', '\\', '??', '[0]')).filter((n) => !FORBIDDEN_NAMES.has(n) && !/[\n\r\u2028\u2029]/.test(n));
const part: fc.Arbitrary<PathPart> = fc.oneof(name.map((n) => ({ kind: 'name' as const, name: n })), fc.integer({ min: -9999, max: 9999 }).map((index) => ({ kind: 'index' as const, index })), fc.constant({ kind: 'all' as const }));
const isAllowed = (v: Json): boolean => typeof v !== 'object' || v === null || (!Object.keys(v).some((k) => FORBIDDEN_NAMES.has(k)) && Object.values(v).every(isAllowed));
// JSON has one zero.
const json = fc.jsonValue({ maxDepth: 3 }).map((v) => JSON.parse(JSON.stringify(v)) as Json).filter(isAllowed);
const reference = fc.record({ root: fc.constantFrom('item', 'index', 'input', 'steps', 'a-b_1'), path: fc.array(part, { maxLength: 6 }), fallback: fc.option(json, { nil: undefined }), braces: fc.boolean() });

it('the text of any reference is read as the same reference, alone and inside a text', () => fc.assert(fc.property(reference, ({ root, path, fallback, braces }) => {
  const text = `${root}${pathText(path)}${fallback === undefined ? '' : ` ?? ${JSON.stringify(fallback)}`}`;
  fc.pre(text.length <= 1000);
  const wanted: Reference = { root, path, text, ...(fallback === undefined ? {} : { fallback: { value: fallback } }) };
  equal(parseReference(text), wanted);
  const bracketed = referenceText({ text, ...(braces ? { braces } : {}) });
  const inText = { ...wanted, ...(braces ? { braces } : {}) };
  equal(parseTemplate(bracketed), { kind: 'reference', reference: inText });
  equal(parseTemplate(`a "${bracketed}" ${bracketed}'`), { kind: 'mixed', parts: ['a "', inText, '" ', inText, "'"] });
}), { numRuns: 2000 }));

const pieces = fc.array(fc.oneof(fc.constantFrom('<<', '>>', '{{', '}}', '{', '}', '<', '>', 'item', 'steps', '.', '[', ']', '*', '??', '"', "'", '\\', '\n', ' ', '0', '-1', '__proto__', 'a'), fc.string({ maxLength: 3 })), { maxLength: 20 }).map((p) => p.join(''));

it('any text is read, or refused as a reference; what is read makes the text again', () => fc.assert(fc.property(pieces, (text) => {
  try {
    const template = parseTemplate(text);
    if (template.kind === 'text') equal(template.text, text);
    if (template.kind === 'mixed') ok(template.parts.filter((p) => typeof p === 'string').every((p) => p !== '' && text.includes(p)));
  } catch (e) {
    ok(e instanceof ReferenceError);
  }
}), { numRuns: 5000 }));

it('any path through any value ends at something of the value or nowhere', () => fc.assert(fc.property(json, fc.array(part, { maxLength: 4 }), (value, path) => {
  const found = follow(value, path);
  ok(found === undefined || typeof found !== 'function');
  if (path.every((p) => p.kind === 'name' && p.name !== 'length')) equal(found, path.reduce<Json | undefined>((v, p) => (typeof v === 'object' && v !== null && !Array.isArray(v) && p.kind === 'name' && Object.hasOwn(v, p.name) ? v[p.name] : undefined), value));
}), { numRuns: 2000 }));
