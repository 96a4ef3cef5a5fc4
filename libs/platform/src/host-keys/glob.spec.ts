import fc from 'fast-check';
import { matchesGlob } from './glob.js';

it('agrees with the regular expression of the same meaning', () => {
  const letters = (...of: string[]) => fc.string({ unit: fc.constantFrom(...of), maxLength: 8 });
  fc.assert(fc.property(letters('a', 'b', '*', '?', '.'), letters('a', 'b', '.'), (pattern, text) => {
    const meant = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`);
    expect(matchesGlob(pattern, text)).toBe(meant.test(text));
  }), { numRuns: 3000 });
});

it('many stars cost no more than the product of the lengths', () => {
  expect(matchesGlob(`${'*a'.repeat(4000)}*b`, 'a'.repeat(4000))).toBe(false);
});
