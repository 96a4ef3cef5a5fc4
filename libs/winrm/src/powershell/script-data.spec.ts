import type { Json } from '../shell-options.js';
import { encodeScriptData } from './script-data.js';

it.each<[string, Json]>([
  ['an empty key', { '': 1 }],
  ['keys that differ by case', { name: 1, Name: 2 }],
  ['keys that differ by case beyond ASCII', { 'ä': 1, 'Ä': 2 }],
  ['keys that differ by case, in an object in an array', [1, [{ a: { list: [{ id: 1, ID: 2 }] } }]]],
  ['an empty key in an object in an array', { list: [{}, { '': null }] }],
])('%s is refused', (_, data) => {
  expect(() => encodeScriptData(data)).toThrow(RangeError);
});

it.each<[Json]>([[null], ['text'], [[]], [{ a: 1, b: { A: 2 } }], [[{ a: 1 }, { A: 1 }]], [{ 'ß': 1, 'SS': 2 }], [{ ' ': 1 }]])('%j is data', (data) => {
  expect(JSON.parse(encodeScriptData(data))).toEqual(data);
});

it('keys are those that are sent', () => {
  expect(() => encodeScriptData({ toJSON: () => ({ a: 1, A: 2 }) } as never)).toThrow(RangeError);
});

it.each([() => 1, Symbol('x'), 1n])('what is no JSON is a TypeError', (data) => {
  expect(() => encodeScriptData(data as never)).toThrow(TypeError);
});

it('a hundred thousand values are looked at', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => ({ i }));
  expect(() => encodeScriptData([many, { x: 1, X: 2 }])).toThrow(RangeError);
});
