import { RecentResults } from './recent-results.js';

it('keeps so many entries, the newest', () => {
  const recent = new RecentResults({ entries: 2, characters: 100 });
  for (const id of ['a', 'b', 'c']) recent.add(id, id);
  expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual([undefined, 'b', 'c']);
});

it('keeps so many characters', () => {
  const recent = new RecentResults({ entries: 10, characters: 10 });
  recent.add('a', '12345');
  recent.add('b', '12345');
  recent.add('c', '123456');
  expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual([undefined, undefined, '123456']);
  recent.add('d', 'x'.repeat(11));
  expect(recent.get('d')).toBeUndefined();
});

it('counts an entry that comes again once, and as the newest', () => {
  const recent = new RecentResults({ entries: 2, characters: 10 });
  recent.add('a', '1234');
  recent.add('b', '1234');
  recent.add('a', '1234');
  recent.add('c', '12');
  expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual(['1234', undefined, '12']);
});
