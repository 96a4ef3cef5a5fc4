import fc from 'fast-check';
import { Redactor } from './redaction.js';

const ssh = (more: object) => new Redactor([{ kind: 'ssh', username: 'root', ...more }]);

it.each([
  ['as it is', 'p"s\\s wörd', (s: string) => s],
  ['in JSON', 'p"s\\s\nwörd', (s: string) => JSON.stringify({ a: s })],
  ['in JSON in JSON', 'p"s\\s\nwörd', (s: string) => JSON.stringify(JSON.stringify({ a: s }))],
  ['in base64', 'hunter2!', (s: string) => Buffer.from(s).toString('base64')],
  ['in base64 for URLs', '~~~???>>>', (s: string) => Buffer.from(s).toString('base64url')],
  ['in the base64 of PowerShell', 'hunter2!', (s: string) => Buffer.from(s, 'utf16le').toString('base64')],
  ['in a URL', 'a b/ü&', (s: string) => `?p=${encodeURIComponent(s)}`],
  ['in a form', 'a b/ü&', (s: string) => new URLSearchParams({ p: s }).toString()],
])('finds a secret %s', (_how, secret, write) => {
  const clean = ssh({ password: secret }).text(`before ${write(secret)} after`);
  expect(clean).toMatch(/^before .*\[redacted\].* after$/);
  expect(clean).not.toContain(secret);
  expect(clean).not.toContain(write(secret));
});

it('finds the whole key, its lines, and its passphrase', () => {
  const privateKey = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\nAAAAtzc2gtZWQyNTUxOQAAACBs\n-----END OPENSSH PRIVATE KEY-----\n';
  const redactor = ssh({ privateKey, passphrase: 'open sesame' });
  expect(redactor.text(`key: ${privateKey}`)).toBe('key: [redacted]');
  expect(redactor.text('  AAAAtzc2gtZWQyNTUxOQAAACBs\r\n')).toBe('  [redacted]\r\n');
  expect(redactor.text('open sesame')).toBe('[redacted]');
});

it('leaves user names, short secrets and what only looks like a part alone', () => {
  expect(ssh({ password: 'abc' }).text('root abc')).toBe('root abc');
  expect(ssh({ password: 'hunter2' }).text('hunter')).toBe('hunter');
});

it('reaches every text of a value, names as well, and nothing else', () => {
  expect(ssh({ password: 'hunter2' }).value({ a: ['x hunter2', 7, null, true], hunter2: { b: 'ok' } })).toEqual({ a: ['x [redacted]', 7, null, true], '[redacted]': { b: 'ok' } });
});

it('replaces, and does not take the secret for a pattern', () => {
  expect(ssh({ password: '.*$&' }).text('a .*$& b')).toBe('a [redacted] b');
});

it('leaves no secret of any kind in any value', () => {
  fc.assert(fc.property(fc.string({ minLength: 4, unit: 'binary' }), fc.array(fc.string()), (secret, around) => {
    const clean = JSON.stringify(ssh({ password: secret }).value({ text: [...around, secret, ...around].join(' '), list: around.map((a) => a + secret) }));
    // A secret such as "acte" is a part of the mark itself.
    return '[redacted]'.includes(secret) || !(JSON.parse(clean) as { list: string[] }).list.some((t) => t.replaceAll('[redacted]', '\u0000').includes(secret));
  }));
});

it('finds the secrets of all credentials, the one for sudo too, and leaves certificates alone', () => {
  const redactor = new Redactor([{ kind: 'ssh', username: 'root', password: 'first-one', sudoPassword: 'for-sudo' }, { kind: 'winrm', username: 'u', certificate: 'public', privateKey: 'private' }]);
  expect(redactor.text('first-one for-sudo public private root')).toBe('[redacted] [redacted] public [redacted] root');
});
