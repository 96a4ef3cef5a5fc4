import { generateKeyPairSync } from 'node:crypto';
import { REDACTED } from '@opsmesh/contracts';
import fc from 'fast-check';
import { redactText, Redactor } from './redaction.js';

function inChunks(text: Buffer, secrets: string[], cuts: number[]): string {
  const r = new Redactor(secrets);
  const edges = [0, ...cuts.map((c) => c % (text.length + 1)).sort((a, b) => a - b), text.length];
  const out = edges.slice(1).map((end, i) => r.push(text.subarray(edges[i], end)));
  return Buffer.concat([...out, r.flush()]).toString('latin1');
}

const SECRET = 'p@ss w/rd"é€+';
const utf8 = Buffer.from(SECRET);

describe('masks a secret', () => {
  const b64 = (prefix: string) => Buffer.concat([Buffer.from(prefix), utf8, Buffer.from('!!')]).toString('base64');
  it.each([
    ['plain', utf8],
    ['base64', Buffer.from(b64(''))], ['base64 at offset 1', Buffer.from(b64('u'))], ['base64 at offset 2', Buffer.from(b64('u:'))],
    ['base64url', Buffer.from(utf8.toString('base64url'))],
    ['URL', Buffer.from(encodeURIComponent(SECRET))], ['URL in lower case', Buffer.from(encodeURIComponent(SECRET).replace(/%../g, (c) => c.toLowerCase()))],
    ['form', Buffer.from(new URLSearchParams({ a: SECRET }).toString())],
    ['JSON', Buffer.from(JSON.stringify({ a: SECRET }))],
    ['UTF-16LE', Buffer.from(SECRET, 'utf16le')], ['UTF-16BE', Buffer.from(SECRET, 'utf16le').swap16()],
    ['UTF-16LE in base64, as PowerShell takes it', Buffer.from(Buffer.from(SECRET, 'utf16le').toString('base64'))],
  ])('%s, at any cut', (_form, bytes) => {
    const whole = Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')]);
    for (let at = 0; at <= whole.length; at++) {
      const out = inChunks(whole, [SECRET], [at]);
      expect(out).toContain(REDACTED);
      expect(out).not.toContain(bytes.subarray(4, -6).toString('latin1'));
      expect(out.startsWith('before ') && out.endsWith(' after')).toBe(true);
    }
  });

  it('line by line when it has several, as a private key', () => {
    const key = '-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA1234567890\nabcdefghijklmnopqrstuvwxyz\n-----END KEY-----\n';
    expect(redactText('x abcdefghijklmnopqrstuvwxyz\r\n', [key])).toBe(`x ${REDACTED}\r\n`);
    expect(redactText(key, [key])).toBe(REDACTED);
  });
});

describe('what programs wrap as they like', () => {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'pkcs1', format: 'pem' } }).privateKey;
  const long = 'correct horse battery staple, as long as a sentence: 0123456789 and more of it, so that it takes two lines';
  const body = key.split('\n').filter((l) => !l.startsWith('-----')).join('');
  const wrap = (text: string, width: number, lineEnd = '\n') => text.match(new RegExp(`.{1,${width}}`, 'g'))!.join(lineEnd);
  const b64 = (text: string) => Buffer.from(text).toString('base64');

  it.each<[string, string, string]>([
    ['a key by base64', key, wrap(b64(key), 76)], ['a key by openssl base64', key, wrap(b64(key), 64)], ['a key with what stands before it', key, wrap(b64(`x${key}y`), 76)], ['its body in lines of another length', key, wrap(body, 40)],
    ['its body in one line', key, body], ['its body indented', key, wrap(body, 70, '\r\n      ')], ['a key in base64url', key, wrap(Buffer.from(key).toString('base64url'), 20)], ['a key for PowerShell', key, wrap(Buffer.from(key, 'utf16le').toString('base64'), 76)],
    ['a long password by base64', long, wrap(b64(long), 76)], ['one character a line', long, wrap(b64(long), 1)],
  ])('%s is masked whole, at any cut', (_what, secret, printed) => {
    const whole = Buffer.from(`before\n${printed}\nafter`);
    const secrets = [secret];
    expect(inChunks(whole, secrets, [])).toMatch(/^before\n.{0,2}\[redacted\].{0,6}\nafter$/s);
    // A cut at the end of a line lets up to three characters go.
    for (let at = 1; at <= whole.length; at += 61) expect(inChunks(whole, secrets, [at, at + 1, at + 90])).toMatch(/^before\n.{0,8}\[redacted\].{0,6}\nafter$/s);
  });

  it('a part of it shows no more than the ends of its lines', () => {
    const part = wrap(b64(key), 76).split('\n').slice(3, 9).join('\n');
    const lines = redactText(part, [key]).split(REDACTED).map((l) => l.replaceAll('\n', ''));
    // A line of the key at either end of the part is not whole.
    for (const line of lines.slice(1, -1)) expect(line.length).toBeLessThanOrEqual(4);
  });

  it('a line that has ended is told at once, and what goes on in the next one is masked all the same', () => {
    for (const before of ['', 'a', 'ab', '0'.repeat(70), '0'.repeat(71), '0'.repeat(72), '0'.repeat(73), '0'.repeat(74), '0'.repeat(75)]) {
      const r = new Redactor([long]);
      const lines = wrap(b64(before + long + 'more'), 76).split('\n');
      const out = [...lines.map((l) => r.push(Buffer.from(`${l}\n`)).toString()), r.flush().toString()].join('');
      expect(out.split(REDACTED)).toHaveLength(2);
      // Beside what was before and after it, no more than three characters and those which the bytes beside it share.
      expect(out.replace(REDACTED, '').replaceAll('\n', '').length).toBeLessThanOrEqual(b64(`${before}more`).length + 3 + 4);
    }
    const r = new Redactor([long]);
    for (const line of ['on\n', `${b64(long).slice(0, 3)}\n`, '4\r\n', 'L\n']) expect(r.push(Buffer.from(line)).toString()).toBe(line);
    expect(r.push(Buffer.from(`${b64(long).slice(0, 4)}\n`)).toString()).toBe('');
  });

  it('holds back no more than the longest form with its line breaks', () => {
    const r = new Redactor([long]);
    const begin = b64(long).slice(0, 40);
    expect(r.push(Buffer.from(`${begin}\n`))).toHaveLength(0);
    expect(r.push(Buffer.from(' '.repeat(300))).toString()).toBe(`${begin}\n${' '.repeat(300)}`);
  });
});

it.each([['abcdefgh', REDACTED], ['abcdefghabcd', `${REDACTED}${REDACTED}`], ['xabcdefx', `x${REDACTED}efx`], ['xabxcdefghx', `xabx${REDACTED}x`], ['abcdcdefgh', `${REDACTED}${REDACTED}`]])('secrets that overlap are masked to the end of the last: %s', (text, expected) => {
  const secrets = ['abcd', 'cdefgh'];
  for (let at = 0; at <= text.length; at++) expect(inChunks(Buffer.from(text), secrets, [at])).toBe(expected);
});

it('however it is cut, the result is the same and holds no secret', () => {
  const secrets = ['abab', 'ababcd', 'secret-1', 'cdsecret'];
  const piece = fc.constantFrom('abab', 'ababcd', 'aba', 'ab', 'secret-1', 'secret-', 'c', 'd', '\n', 'é');
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(200), { maxLength: 6 }), (pieces, cuts) => {
    const text = Buffer.from(pieces.join(''));
    const out = inChunks(text, secrets, cuts);
    expect(out).toBe(inChunks(text, secrets, []));
    for (const s of secrets) expect(out).not.toContain(s);
  }), { numRuns: 2000 });
});

it('holds nothing back that cannot become a secret', () => {
  const r = new Redactor(['swordfish']);
  expect(r.push(Buffer.from('hello\n')).toString()).toBe('hello\n');
  expect(r.push(Buffer.from('a sword')).toString()).toBe('a ');
  expect(r.push(Buffer.from('x')).toString()).toBe('swordx');
});

it('does not mask secrets of fewer than four characters', () => expect(redactText('abc abcd', ['abc'])).toBe('abc abcd'));
it('changes nothing when nothing is secret', () => expect(redactText('any\u0000thing', [])).toBe('any\u0000thing'));
