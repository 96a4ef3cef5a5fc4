import { isSamePerson } from './same-person.js';

it.each([['ann', 'ann', true], ['ann', 'Ann', true], ['ann', ' ann ', true], ['ann', 'a\u200Bnn', true], ['ann', 'ａｎｎ', true], ['ann', 'bob', false], ['ann', 'anna', false]])('%j and %j: %s', (a, b, same) => {
  expect(isSamePerson(a, b)).toBe(same);
});
