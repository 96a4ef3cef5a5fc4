import { runInNewContext } from 'node:vm';
import { keepable } from './message-secrets.js';

it.each([
  ['restart nginx on web-01 with password hunter2', 'restart nginx on web-01 with password [redacted]'],
  ['the password is "s3cret!" for web-01', 'the password is [redacted] for web-01'],
  ['run it as admin, password=hunter2', 'run it as admin, [redacted]'],
  ['pass\u200Bword: hunter2', '[redacted]'],
  ['use ghp_abcdefghijklmnopqrstuvwxyz', 'use [redacted]'],
])('%j is kept as %j', (message, kept) => { expect(keepable(message)).toBe(kept); });

it.each(['what is the password of web-01?', 'when was the password last set on pc-win10-01', 'show users and password policy on web-01', 'list hosts tagged w\u200Beb', 'restart nginx on web-01'])('%j is kept as it is', (message) => { expect(keepable(message)).toBe(message); });

it('what PostgreSQL does not take is replaced', () => { expect(keepable('a\u0000b\uD800c')).toBe('a\uFFFDb\uFFFDc'); });

it.each(['\n', 'password is\n', 'with password\n', 'and\nthe\n', "password is '", 'a'])('%j again and again is read in time that grows with its length', (part) => {
  // Given up after 5 s.
  for (const message of [part, `password is${part}`, `with the password${part}`].map((t) => t.padEnd(100_000, part))) expect(typeof runInNewContext('keepable(message)', { keepable, message }, { timeout: 5000 })).toBe('string');
});
