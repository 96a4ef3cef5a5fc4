import fc from 'fast-check';
import { AV_ID, decodeAvPairs, encodeAvPairs, findAvPair } from './av-pairs.js';
import { flagsOf } from './flags.js';
import { fileTime, NtlmInitiator, splitUsername } from './initiator.js';
import { channelBindingHash } from './keys.js';
import { decodeAuthenticate, encodeAuthenticate, encodeChallenge, encodeNegotiate, decodeNegotiate, decodeChallenge, MIC_OFFSET } from './messages.js';
import type { NtlmSession } from './sealing.js';
import { verifyAuthenticate, type VerifyResult } from './verify.js';

const FLAGS = flagsOf('unicode', 'extendedSessionSecurity', 'key128', 'key56', 'keyExchange', 'sign', 'seal', 'ntlm', 'alwaysSign', 'targetInfo', 'version');
const account = { user: 'Jürgen', domain: 'corp', password: 'pässword' };
const serverInfo = encodeAvPairs([
  { id: AV_ID.nbDomainName, value: Buffer.from('CORP', 'utf16le') },
  { id: AV_ID.timestamp, value: fileTime(1_700_000_000_000) },
]);

interface LogIn {
  readonly client: NtlmSession;
  readonly verified: VerifyResult;
}

function logIn({ channelBinding, expected, password = account.password, tamper }: { channelBinding?: Buffer; expected?: Buffer; password?: string; tamper?: (message: Buffer) => void } = {}): LogIn {
  const challenge = encodeChallenge({ flags: FLAGS, targetName: 'CORP', serverChallenge: Buffer.from('0123456789abcdef', 'hex'), targetInfo: serverInfo });
  const initiator = new NtlmInitiator({ account, targetName: 'HTTP/host', ...(channelBinding && { channelBinding }) });
  const { message, session } = initiator.authenticate(challenge);
  tamper?.(message);
  return { client: session, verified: verifyAuthenticate({ negotiate: initiator.negotiate, challenge, authenticate: message, password, ...(expected && { channelBinding: expected }) }) };
}

function sessions(): [NtlmSession, NtlmSession] {
  const { client, verified } = logIn();
  if (verified.kind !== 'accepted') throw new Error(verified.reason);
  return [client, verified.session];
}

it('the right password is accepted, with user and domain as typed', () => {
  expect(logIn().verified).toMatchObject({ kind: 'accepted', user: 'Jürgen', domain: 'corp' });
});

it('a wrong password, a changed MIC and a changed message are refused', () => {
  expect(logIn({ password: 'other' }).verified).toEqual({ kind: 'refused', reason: 'wrong-proof' });
  expect(logIn({ tamper: (message) => message.writeUInt8(message.readUInt8(MIC_OFFSET) ^ 1, MIC_OFFSET) }).verified).toEqual({ kind: 'refused', reason: 'wrong-mic' });
  expect(logIn({ tamper: (message) => message.writeUInt8(message.readUInt8(64) ^ 1, 64) }).verified).toEqual({ kind: 'refused', reason: 'wrong-mic' });
});

it('a log-in is bound to the certificate that the client saw', () => {
  const [seen, other] = [channelBindingHash(Buffer.alloc(32, 1)), channelBindingHash(Buffer.alloc(32, 2))];
  expect(logIn({ channelBinding: seen, expected: seen }).verified.kind).toBe('accepted');
  expect(logIn({ channelBinding: other, expected: seen }).verified).toEqual({ kind: 'refused', reason: 'wrong-channel-binding' });
  expect(logIn({ expected: seen }).verified).toEqual({ kind: 'refused', reason: 'wrong-channel-binding' });
});

it('with a timestamp from the host the LM response is empty, and time and names are kept', () => {
  const challenge = encodeChallenge({ flags: FLAGS, targetName: 'CORP', serverChallenge: Buffer.alloc(8), targetInfo: serverInfo });
  const { message } = new NtlmInitiator({ account, targetName: 'HTTP/host' }).authenticate(challenge);
  const { lmResponse, ntResponse } = decodeAuthenticate(message);
  expect(lmResponse.equals(Buffer.alloc(24))).toBe(true);
  expect(ntResponse.subarray(24, 32).equals(fileTime(1_700_000_000_000))).toBe(true);
  const pairs = decodeAvPairs(ntResponse.subarray(16 + 28));
  expect(findAvPair(pairs, AV_ID.nbDomainName)?.toString('utf16le')).toBe('CORP');
  expect(findAvPair(pairs, AV_ID.targetName)?.toString('utf16le')).toBe('HTTP/host');
});

it('a host that does not grant sealing is refused', () => {
  const challenge = encodeChallenge({ flags: FLAGS - flagsOf('seal'), targetName: '', serverChallenge: Buffer.alloc(8), targetInfo: serverInfo });
  expect(() => new NtlmInitiator({ account, targetName: 'HTTP/host' }).authenticate(challenge)).toThrow(/does not grant seal/);
});

it('what one end seals the other unseals, in both directions and in order', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 })), { maxLength: 12 }), (messages) => {
    const [client, server] = sessions();
    for (const [fromClient, bytes] of messages) {
      const [from, to] = fromClient ? [client, server] : [server, client];
      expect(to.unseal(from.seal(bytes)).equals(bytes)).toBe(true);
    }
  }), { numRuns: 50 });
});

it('a changed, repeated or reordered message has a wrong signature', () => {
  const [client, server] = sessions();
  const [first, second] = [client.seal(Buffer.from('first')), client.seal(Buffer.from('second'))];
  expect(() => server.unseal(second)).toThrow(/wrong NTLM signature/);
  const [client2, server2] = sessions();
  const sealed = client2.seal(Buffer.from('first'));
  expect(server2.unseal(sealed).toString()).toBe('first');
  expect(() => server2.unseal(sealed)).toThrow(/wrong NTLM signature/);
  const [client3, server3] = sessions();
  const changed = client3.seal(Buffer.from('first'));
  changed.ciphertext[0] = (changed.ciphertext[0] as number) ^ 1;
  expect(() => server3.unseal(changed)).toThrow(/wrong NTLM signature/);
  expect(first.signature.equals(second.signature)).toBe(false);
});

it('the signed mechanism list takes a sequence number and leaves the keystream at its start', () => {
  const [client, server] = sessions();
  const list = Buffer.from('list');
  server.verifyMechList(list, client.signMechList(list));
  expect(server.unseal(client.seal(Buffer.from('x'))).toString()).toBe('x');
  const [client2, server2] = sessions();
  expect(() => server2.verifyMechList(Buffer.from('other'), client2.signMechList(list))).toThrow(/wrong NTLM signature/);
});

it.each([
  ['admin', { user: 'admin', domain: '' }],
  ['corp\\admin', { user: 'admin', domain: 'corp' }],
  ['CORP.example\\a\\b', { user: 'a\\b', domain: 'CORP.example' }],
  ['admin@corp.example', { user: 'admin@corp.example', domain: '' }],
])('user name %s', (username, expected) => {
  expect(splitUsername(username)).toEqual(expected);
});

it('messages read back as they were written', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((value) => Buffer.from(value));
  const blob = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value));
  const flags = fc.nat({ max: 0xffff_ffff });
  fc.assert(fc.property(flags, (value) => {
    expect(decodeNegotiate(encodeNegotiate({ flags: value }))).toEqual({ flags: value });
  }));
  fc.assert(fc.property(fc.record({ flags, targetName: fc.string(), serverChallenge: bytes(8), targetInfo: blob }), (message) => {
    expect(decodeChallenge(encodeChallenge(message))).toEqual(message);
  }));
  fc.assert(fc.property(fc.record({
    flags, lmResponse: blob, ntResponse: blob, domain: fc.string(), user: fc.string(), workstation: fc.string(), encryptedSessionKey: blob, mic: bytes(16),
  }), (message) => {
    expect(decodeAuthenticate(encodeAuthenticate(message))).toEqual(message);
  }));
});

it('bytes that are no message give a protocol error, nothing else', () => {
  const whole = encodeAuthenticate({
    flags: FLAGS, lmResponse: Buffer.alloc(24), ntResponse: Buffer.alloc(60), domain: 'd', user: 'u', workstation: '', encryptedSessionKey: Buffer.alloc(16), mic: Buffer.alloc(16),
  });
  fc.assert(fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: whole.length }), (at, value, length) => {
    const broken = Buffer.from(whole);
    broken[at] = value;
    for (const decode of [decodeAuthenticate, decodeChallenge, decodeNegotiate]) {
      try {
        decode(broken.subarray(0, length));
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'WinRmError', code: 'protocol' });
      }
    }
  }));
});
