import { patched } from './json-patch.js';

it('adds, replaces and removes, in a copy', () => {
  const document = { a: [1, 2], 'b/c': { d: 1 } };
  expect(patched(document, [{ op: 'remove', path: '/a/0' }, { op: 'replace', path: '/b~1c/d', value: 5 }, { op: 'add', path: '/e', value: null }])).toEqual({ a: [2], 'b/c': { d: 5 }, e: null });
  expect(document).toEqual({ a: [1, 2], 'b/c': { d: 1 } });
});

it.each(['/x', '/a/9', '/x/y', '/toString'])('refuses to remove %s, which is not there', (path) => expect(() => patched({ a: [1] }, [{ op: 'remove', path }])).toThrow('nothing'));
