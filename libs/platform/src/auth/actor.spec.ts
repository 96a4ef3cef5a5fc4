import { actorOf, ANONYMOUS, type Principal } from '../index.js';

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
