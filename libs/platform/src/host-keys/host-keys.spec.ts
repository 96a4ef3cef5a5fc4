import { hostKeysFault, InvalidHostKeys, parseHostKeys } from './host-keys.js';

const ED = 'AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS';
const ED2 = 'AAAAC3NzaC1lZDI1NTE5AAAAIJlBMAvKVexXQQlKUMlCkLb6k5QZfAqdHvXbpBxqbS2h';
const host = { names: ['10.0.0.5', 'web-01'], port: 22 };
const odd = { names: ['10.0.0.5', 'web-01'], port: 2222 };

it('plain lines hold for the host whatever its name', () => {
  expect(parseHostKeys(`# mine\n\nssh-ed25519 ${ED} root@web\r\nssh-ed25519 ${ED2}`, odd).map((k) => k.blob)).toEqual([ED, ED2]);
});

it.each([
  ['web-01', host, 1], ['web-02', host, 0], ['web-01,web-02', host, 1], ['WEB-01', host, 1], ['[web-01]:2222', host, 0], ['[web-01]:2222', odd, 1], ['web-01', odd, 0],
  ['web-*', host, 1], ['web-?1', host, 1], ['*,!web-01', host, 0], ['10.0.0.*', host, 1], ['10.0.0.5x', host, 0], ['10x0.0.5', host, 0],
])('known_hosts names %s', (names, of, count) => expect(parseHostKeys(`${names} ssh-ed25519 ${ED}`, of)).toHaveLength(count));

it('a revoked key is said to be one, and that of a certificate authority is no host\'s', () => {
  expect(parseHostKeys(`@revoked web-01 ssh-ed25519 ${ED}\n@cert-authority * ssh-ed25519 ${ED2}`, host)).toEqual([{ type: 'ssh-ed25519', blob: ED, revoked: true }]);
});

it.each([
  ['ssh-ed25519', 'no key'], ['ssh-ed25519 !!!!', 'no base64'], [`ssh-rsa ${ED}`, 'a type that is not the key\'s'], [`ssh-ed25519 ${ED.slice(0, 40)}!${ED.slice(40)}`, 'another sign within'], [`@trusted * ssh-ed25519 ${ED}`, 'an unknown mark'], ['rubbish', 'rubbish'],
])('refuses %s: %s, and says where', (line) => {
  expect(() => parseHostKeys(`ssh-ed25519 ${ED2}\n\n${line}`, host)).toThrow(InvalidHostKeys);
  expect(hostKeysFault(`ssh-ed25519 ${ED2}\n\n${line}`)).toContain('line 3');
});

it('what ssh-keyscan prints has no fault, and remarks alone are no keys', () => {
  expect(hostKeysFault(`# web-01:22 SSH-2.0-OpenSSH_9.2\nweb-01 ssh-ed25519 ${ED}\n# web-01:22 SSH-2.0-OpenSSH_9.2\n[web-01]:2222 ssh-ed25519 ${ED2}\n`)).toBeUndefined();
  expect(hostKeysFault('# web-01:22 SSH-2.0-OpenSSH_9.2\n')).toBe('there is no host key in it');
  expect(hostKeysFault(`ssh-ed25519 ${ED} \u001b[2J`)).toBe('there are control characters in it');
});
