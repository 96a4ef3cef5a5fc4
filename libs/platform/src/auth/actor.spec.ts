import { actorOf, ANONYMOUS, isSamePerson, type Principal } from '../index.js';

const ann: Principal = { tenantId: 't', actorId: 'ann', scopes: ['*'] };

it('a token says who acts; the request may repeat it and not name another', () => {
  expect(actorOf(ann, undefined)).toBe('ann');
  expect(actorOf(ann, 'ann')).toBe('ann');
  for (const other of ['bob', 'Ann', '', ANONYMOUS.actorId]) expect(() => actorOf(ann, other)).toThrow(expect.objectContaining({ status: 403, code: 'actor-mismatch' }));
});

it('with authentication off the request says who acts', () => {
  expect(actorOf(ANONYMOUS, 'bob')).toBe('bob');
  expect(actorOf(ANONYMOUS, undefined)).toBe(ANONYMOUS.actorId);
});

it.each([
  ['ann', 'ann', true], ['ann', 'Ann', true], ['ann', ' ann ', true], ['ann', 'a\u200Bnn', true], ['ann', 'a\uFE0Fnn\u0000', true], ['ann', 'ａｎｎ', true], ['ann lee', 'ann\t\u00A0lee', true], ['ann-lee', 'ann\u2010lee', true], ["o'hara", 'o\u2019hara', true],
  ['ann', 'bob', false], ['ann', 'anna', false], ['ann lee', 'annlee', false], ['ann-lee', 'ann.lee', false],
])('%j and %j are one person: %s', (a, b, same) => {
  expect(isSamePerson(a, b)).toBe(same);
});
