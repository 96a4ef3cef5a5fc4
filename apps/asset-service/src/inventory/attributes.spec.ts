import { attributesFault, documentOf } from './attributes.js';

const nested = (depth: number): object => (depth === 1 ? {} : { a: nested(depth - 1) });

it.each([[{}], [{ a: [1, 'x', null, { b: true }] }], [{ '€ key': '😀' }], [nested(8)]])('%j can be kept', (value) => expect(attributesFault(value)).toBeUndefined());

it.each([[null], [[]], ['x'], [{ a: 'x\0' }], [{ 'a\0': 1 }], [{ a: ['\ud800'] }], [JSON.parse('{"__proto__": 1}')], [{ a: { constructor: 1 } }], [nested(9)], [{ a: 'x'.repeat(16_384) }]])('%j can not', (value) => expect(attributesFault(value)).toEqual(expect.stringMatching(/^must/)));

it('a path is a nested document', () => expect(documentOf('a.b.c', [1])).toEqual({ a: { b: { c: [1] } } }));
