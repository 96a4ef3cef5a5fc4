import { isSamePerson } from './same-person.js';

it.each([
  ['ann', 'ann', true], ['ann', 'Ann', true], ['ann', ' ann ', true], ['ann', 'a\u200Bnn', true], ['ann', 'a\uFE0Fnn\u0000', true], ['ann', 'ａｎｎ', true], ['ann lee', 'ann\t\u00A0lee', true], ['ann-lee', 'ann\u2010lee', true], ["o'hara", 'o\u2019hara', true],
  ['ann', 'bob', false], ['ann', 'anna', false], ['ann lee', 'annlee', false], ['ann-lee', 'ann.lee', false],
])('%j and %j are one person: %s', (a, b, same) => {
  expect(isSamePerson(a, b)).toBe(same);
});
