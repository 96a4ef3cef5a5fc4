import { randomBytes } from 'node:crypto';
import type { Credential } from '@opsmesh/contracts';
import { EnvelopeBroken, openCredential, sealCredential, type SealBinding } from './envelope.js';

const KEY = randomBytes(32);
const BINDING: SealBinding = { tenantId: 't', credentialId: 'c', assetId: null, version: 1 };
const SECRET: Credential = { kind: 'ssh', username: 'root', password: 'hünter2' };

it('opens with the same key and binding', () => expect(openCredential(sealCredential(SECRET, BINDING, KEY), BINDING, KEY)).toEqual(SECRET));

it('two sealings of one secret share nothing', () => {
  const [a, b] = [sealCredential(SECRET, BINDING, KEY), sealCredential(SECRET, BINDING, KEY)];
  expect(a.sealed.equals(b.sealed) || a.sealedKey.equals(b.sealedKey)).toBe(false);
});

it('holds no plain text', () => {
  const { sealed, sealedKey } = sealCredential(SECRET, BINDING, KEY);
  expect(Buffer.concat([sealed, sealedKey]).includes('hünter2')).toBe(false);
});

it.each<[string, SealBinding]>([
  ['tenant', { ...BINDING, tenantId: 'u' }], ['credential', { ...BINDING, credentialId: 'd' }], ['owner', { ...BINDING, assetId: 'a' }], ['version', { ...BINDING, version: 2 }],
  ['parts that only look the same when joined', { ...BINDING, tenantId: 't","c' }],
])('does not open under another %s', (_what, binding) => expect(() => openCredential(sealCredential(SECRET, BINDING, KEY), binding, KEY)).toThrow(EnvelopeBroken));

it('does not open with another key, and says nothing of the reason', () => {
  expect(() => openCredential(sealCredential(SECRET, BINDING, KEY), BINDING, randomBytes(32))).toThrow(new EnvelopeBroken());
});

it('no changed byte goes unnoticed', () => {
  const envelope = sealCredential(SECRET, BINDING, KEY);
  for (const part of ['sealed', 'sealedKey'] as const) {
    for (let i = 0; i < envelope[part].length; i++) {
      const bytes = Buffer.from(envelope[part]);
      bytes[i]! ^= 1;
      expect(() => openCredential({ ...envelope, [part]: bytes }, BINDING, KEY)).toThrow(EnvelopeBroken);
    }
    expect(() => openCredential({ ...envelope, [part]: Buffer.alloc(5) }, BINDING, KEY)).toThrow(EnvelopeBroken);
  }
});

it('the layers of two envelopes do not fit together', () => {
  const [a, b] = [sealCredential(SECRET, BINDING, KEY), sealCredential(SECRET, BINDING, KEY)];
  expect(() => openCredential({ sealed: a.sealed, sealedKey: b.sealedKey }, BINDING, KEY)).toThrow(EnvelopeBroken);
});
