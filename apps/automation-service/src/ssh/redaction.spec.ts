import fc from 'fast-check';
import { MASK, redactText, Redactor } from './redaction.js';

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
      expect(out).toContain(MASK);
      expect(out).not.toContain(bytes.subarray(4, -6).toString('latin1'));
      expect(out.startsWith('before ') && out.endsWith(' after')).toBe(true);
    }
  });

  it('line by line when it has several, as a private key', () => {
    const key = '-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA1234567890\nabcdefghijklmnopqrstuvwxyz\n-----END KEY-----\n';
    expect(redactText('x abcdefghijklmnopqrstuvwxyz\r\n', [key])).toBe(`x ${MASK}\r\n`);
    expect(redactText(key, [key])).toBe(MASK);
  });
});

it('however it is cut, the result is the same and holds no secret', () => {
  const secrets = ['abab', 'ababcd', 'secret-1'];
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
