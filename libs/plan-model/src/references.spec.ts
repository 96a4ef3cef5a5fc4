import type { Json } from './plan.js';
import { follow, parseReference, parseTemplate, pathText, referencesIn, ReferenceError } from './references.js';

const path = (text: string) => parseReference(text).path;
const at = (value: Json, text: string) => follow(value, path(`x${text}`));
const codeOf = (text: string) => {
  try { parseTemplate(text); return 'read'; } catch (e) { return e instanceof ReferenceError ? e.code : e; }
};

describe('a string', () => {
  it('without brackets is text', () => expect(parseTemplate('a < b > c { d }')).toEqual({ kind: 'text', text: 'a < b > c { d }' }));

  it.each(['<<item.ip_address>>', '{{item.ip_address}}', '<< item.ip_address >>', '{{  item.ip_address }}'])('%s is one reference', (text) => {
    expect(parseTemplate(text)).toMatchObject({ kind: 'reference', reference: { root: 'item', path: [{ kind: 'name', name: 'ip_address' }] } });
  });

  it('with text around a reference is mixed, so that its value becomes text', () => {
    expect(parseTemplate(' <<item.a>>')).toMatchObject({ kind: 'mixed', parts: [' ', { root: 'item' }] });
    expect(parseTemplate('<<item.a>>{{index}}')).toMatchObject({ kind: 'mixed', parts: [{ root: 'item' }, { root: 'index' }] });
  });

  it.each([
    "docker ps --format '{{.Names}}'", 'cat <<EOF\nx\nEOF', "cat <<'EOF'\nx\nEOF", 'cat <<-EOF', 'a << 2', '{{#if x}}', '{{ }}', '<<>>', '<<', '{{', '>>', '}}', '<< 5 >>', 'x <<< y',
  ])('%j holds no reference', (text) => expect(parseTemplate(text)).toEqual({ kind: 'text', text }));

  it.each(['<<item.ip', 'ping {{item.ip}', '<<steps.a.output\n>>', '<<input.x ?? ">>'])('%j is a slip, not text', (text) => expect(codeOf(text)).toBe('reference-syntax'));

  it('closing brackets inside quotes do not close', () => {
    expect(parseTemplate('<<item.x ?? ">>">>')).toMatchObject({ kind: 'reference', reference: { fallback: { value: '>>' } } });
    expect(parseTemplate("{{item['}}']}}")).toMatchObject({ kind: 'reference', reference: { path: [{ name: '}}' }] } });
  });

  it('a default that is an object may stand in braces', () => {
    expect(parseTemplate('{{item.x ?? {"a":{"b":{}}}}}')).toMatchObject({ kind: 'reference', reference: { fallback: { value: { a: { b: {} } } } } });
    expect(parseTemplate('{{item.x ?? {} }} {{index}}')).toMatchObject({ kind: 'mixed', parts: [{ fallback: { value: {} } }, ' ', { root: 'index' }] });
  });
});

describe('a path', () => {
  it('has names, places, projections and quoted names', () => {
    expect(path(`steps.a-b.output['x y'][0][-1][*]["q\\""].length`)).toEqual([
      { kind: 'name', name: 'a-b' }, { kind: 'name', name: 'output' }, { kind: 'name', name: 'x y' }, { kind: 'index', index: 0 }, { kind: 'index', index: -1 }, { kind: 'all' },
      { kind: 'name', name: 'q"' }, { kind: 'name', name: 'length' },
    ]);
  });

  it('is written again in one way', () => expect(pathText(path(`x.a['b'][ 'c d' ]["it's"][-0][*]`))).toBe(`.a.b['c d']['it\\'s'][0][*]`));

  it.each(['', '.a', '5', 'a.', 'a..b', 'a.5', 'a[', 'a[]', 'a[x]', 'a[1.5]', 'a b', 'a + b', 'a()', 'a ? b', `a['x`, `a${'.b'.repeat(100)}`, 'a[9999999999]'])('%j can not be read', (text) => {
    expect(() => parseReference(text)).toThrow(ReferenceError);
  });

  it.each(['__proto__', 'item.__proto__', 'item.constructor.name', 'item.a.prototype', `item['__proto__']`, `item["constructor"]`, `item['__pro\\to__']`, 'constructor', `item.x ?? {"__proto__":1}`, 'item.x ?? {"a":[{"constructor":{}}]}'])('%s is refused as a way out of the data', (text) => {
    expect(codeOf(`<<${text}>>`)).toBe('forbidden-path');
  });
});

describe('a default', () => {
  it.each<[string, Json]>([['"a b"', 'a b'], ["'it\\'s'", "it's"], ['5', 5], ['-1.5', -1.5], ['true', true], ['null', null], ['[]', []], ['{"a":[1]}', { a: [1] }], ['"\\u00e9"', 'é']])('%s is a JSON value', (text, value) => {
    expect(parseReference(`item.x ?? ${text}`).fallback).toEqual({ value });
  });
  it.each(['', 'x', 'item.y', '"a', '1e999', '[1e999]', '"a" ?? "b"', `${'['.repeat(20)}${']'.repeat(20)}`, `${'['.repeat(5000)}${']'.repeat(5000)}`, `${'['.repeat(200_000)}`])('%s is none', (text) => {
    expect(codeOf(`<<item.x ?? ${text}>>`)).toBe('reference-syntax');
  });
});

describe('following a path', () => {
  const data: Json = { list: [{ a: 1, l: [1, 2] }, { a: 2, l: [3] }], text: 'héllo', none: null, 'x y': true, length: 7 };
  it.each<[string, Json | undefined]>([
    ['', data], ['.list[0].a', 1], ['.list[-1].a', 2], ['.list[2]', undefined], ['.list[-3]', undefined], ['.list.length', 2], ['.text.length', 5], ['.length', 7], ["['x y']", true], ['.list[*].a', [1, 2]],
    ['.list[*].l[*]', [1, 2, 3]], ['.list[*].l', [[1, 2], [3]]], ['.list[*].l[0]', [1, 3]], ['.list[*].l[1]', undefined], ['.none', null], ['.none.x', undefined], ['.text.x', undefined], ['.text[0]', undefined], ['.list.a', undefined], ['[*]', undefined],
    ['.toString', undefined], ['.list.map', undefined], ['.hasOwnProperty', undefined], ['.list[*].a.length', undefined],
  ])('%s', (text, value) => expect(at(data, text)).toEqual(value));

  it('one element without a value leaves the whole projection without one: no host is left out silently', () => {
    expect(at([{ ip: 'a' }, {}], '[*].ip')).toBeUndefined();
    expect(at([{ ip: 'a' }, { ip: null }], '[*].ip')).toEqual(['a', null]);
    expect(at([], '[*].ip')).toEqual([]);
  });

  it('takes own properties only, whatever a value inherits', () => {
    const value = Object.create({ inherited: 1 }) as Json;
    expect(at(value, '.inherited')).toBeUndefined();
    expect(at(JSON.parse('{"__proto__":{"x":1}}') as Json, '.x')).toBeUndefined();
  });

  it('a million elements are projected', () => {
    const list = Array.from({ length: 1_000_000 }, (_, i) => ({ i }));
    expect((at(list, '[*].i') as number[]).length).toBe(1_000_000);
    expect((at([list, list], '[*][*].i') as number[]).length).toBe(2_000_000);
  });

  it('data nested a hundred thousand deep is followed', () => {
    let deep: Json = 1;
    for (let i = 0; i < 100_000; i++) deep = { a: deep };
    expect(at(deep, '.a.a.a')).toBeDefined();
  });
});

it('references are found with their places; keys are not searched', () => {
  expect(referencesIn({ 'a/b': ['<<item.x>>', { '<<index>>': 'to {{input.y}} and <<input.z>>' }], n: 5 }).map((f) => [f.pointer, f.reference.text, f.whole])).toEqual([
    ['/a~1b/0', 'item.x', true], ['/a~1b/1/<<index>>', 'input.y', false], ['/a~1b/1/<<index>>', 'input.z', false],
  ]);
});
