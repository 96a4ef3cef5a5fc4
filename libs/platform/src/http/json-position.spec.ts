import fc from 'fast-check';
import { jsonErrorPosition } from './json-position.js';

it.each([
  ['', 0], ['{', 1], ['{"a": x}', 6], ['{"a":1,}', 7], ['[1,]', 3], ['[1 2]', 3], ['{"a" 1}', 5], ['{a:1}', 1], ['01', 1], ['"a\nb"', 0], ['{} {}', 3], ['tru', 0], ['[}', 1], ['{]', 1], ['"\\x"', 0],
])('%j breaks at %i', (text, position) => {
  expect(() => { JSON.parse(text); }).toThrow();
  expect(jsonErrorPosition(text)?.position).toBe(position);
});

it('counts lines and columns from 1', () => expect(jsonErrorPosition('{\n  "a": 1,\n  b\n}')).toEqual({ position: 14, line: 3, column: 3 }));

it('finds nothing in JSON', () => fc.assert(fc.property(fc.json(), (text) => jsonErrorPosition(text) === undefined)));

it('agrees with JSON.parse on damaged JSON', () => fc.assert(fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom('', '"', '{', ']', ',', ':', '0', '\\', ' '), (text, at, put) => {
  const damaged = text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1);
  let good = true;
  try { JSON.parse(damaged); } catch { good = false; }
  return (jsonErrorPosition(damaged) === undefined) === good;
})));

it('takes a string of many megabytes', () => expect(jsonErrorPosition(`["${'a\\n'.repeat(2_000_000)}"`)?.position).toBe(6_000_003));
