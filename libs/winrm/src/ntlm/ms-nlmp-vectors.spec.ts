import { AV_ID, decodeAvPairs, encodeAvPairs } from './av-pairs.js';
import { hasFlag } from './flags.js';
import { ntlmUpperCase, ntlmV2Response, ntowfV2 } from './keys.js';
import { decodeChallenge } from './messages.js';
import { Rc4 } from './rc4.js';
import { NtlmSession, sealingKey, signingKey } from './sealing.js';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

/** MS-NLMP 4.2.1 and 4.2.4. */
const SERVER_CHALLENGE = hex('0123456789abcdef');
const CLIENT_CHALLENGE = hex('aaaaaaaaaaaaaaaa');
const RANDOM_SESSION_KEY = hex('55555555555555555555555555555555');
const TARGET_INFO = hex('02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000');
const PLAINTEXT = Buffer.from('Plaintext', 'utf16le');

const responseKey = ntowfV2({ user: 'User', domain: 'Domain', password: 'Password' });
const response = ntlmV2Response({ responseKey, serverChallenge: SERVER_CHALLENGE, clientChallenge: CLIENT_CHALLENGE, time: Buffer.alloc(8), targetInfo: TARGET_INFO });

describe('NTLMv2 authentication (MS-NLMP 4.2.4)', () => {
  it('4.2.4.1.1: derives the response key', () => {
    expect(responseKey.toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
  });

  it('4.2.4.1.2: derives the session base key', () => {
    expect(response.sessionBaseKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
  });

  it('4.2.4.2.1: makes the LMv2 response', () => {
    expect(response.lmResponse.toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa');
  });

  it('4.2.4.2.2: makes the NTLMv2 response', () => {
    expect(response.ntResponse.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c');
    expect(response.ntResponse.subarray(16).toString('hex')).toBe(`0101000000000000${'00'.repeat(8)}${'aa'.repeat(8)}00000000${TARGET_INFO.toString('hex')}00000000`);
  });

  it('4.2.4.2.3: encrypts the session key', () => {
    expect(new Rc4(response.sessionBaseKey).update(RANDOM_SESSION_KEY).toString('hex')).toBe('c5dad2544fc9799094ce1ce90bc9d03e');
  });

  it('4.2.4.3: reads the challenge message', () => {
    const challenge = decodeChallenge(hex(`4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000
      060070170000000f 530065007200760065007200 ${TARGET_INFO.toString('hex')}`));
    expect(challenge).toMatchObject({ flags: 0xe28a8233, targetName: 'Server' });
    expect(challenge.serverChallenge.equals(SERVER_CHALLENGE)).toBe(true);
    expect(decodeAvPairs(challenge.targetInfo)).toEqual([
      { id: AV_ID.nbDomainName, value: Buffer.from('Domain', 'utf16le') },
      { id: AV_ID.nbComputerName, value: Buffer.from('Server', 'utf16le') },
    ]);
    expect(encodeAvPairs(decodeAvPairs(challenge.targetInfo)).equals(challenge.targetInfo)).toBe(true);
  });

  it('4.2.4.4: seals with a key exchange and 128 bits', () => {
    const flags = 0xe28a8233;
    expect(hasFlag(flags, 'keyExchange')).toBe(true);
    expect(sealingKey(RANDOM_SESSION_KEY, flags, 'client-to-server').toString('hex')).toBe('59f600973cc4960a25480a7c196e4c58');
    expect(signingKey(RANDOM_SESSION_KEY, 'client-to-server').toString('hex')).toBe('4788dc861b4782f35d43fd98fe1a2d39');
    const sealed = new NtlmSession({ exportedSessionKey: RANDOM_SESSION_KEY, flags, role: 'client' }).seal(PLAINTEXT);
    expect(sealed.ciphertext.toString('hex')).toBe('54e50165bf1936dc996020c1811b0f06fb5f');
    expect(sealed.signature.toString('hex')).toBe('010000007fb38ec5c55d497600000000');
  });
});

it('4.2.3.4: seals without a key exchange and with 56 bits', () => {
  const flags = 0x820a8233;
  const exportedSessionKey = hex('eb93429a8bd952f8b89c55b87f475edc');
  expect(hasFlag(flags, 'keyExchange')).toBe(false);
  expect(sealingKey(exportedSessionKey, flags, 'client-to-server').toString('hex')).toBe('04dd7f014d8504d265a25cc86a3a7c06');
  expect(signingKey(exportedSessionKey, 'client-to-server').toString('hex')).toBe('60e799be5c72fc92922ae8ebe961fb8d');
  const sealed = new NtlmSession({ exportedSessionKey, flags, role: 'client' }).seal(PLAINTEXT);
  expect(sealed.ciphertext.toString('hex')).toBe('a02372f6530273f3aa1eb90190ce5200c99d');
  expect(sealed.signature.toString('hex')).toBe('01000000ff2aeb52f681793a00000000');
});

it.each([
  ['Key', 'Plaintext', 'bbf316e8d940af0ad3'],
  ['Wiki', 'pedia', '1021bf0420'],
])('RC4 with key %s', (key, plain, cipher) => {
  expect(new Rc4(Buffer.from(key)).update(Buffer.from(plain)).toString('hex')).toBe(cipher);
});

it('upper-cases letter by letter, and the user only', () => {
  expect(ntlmUpperCase('straße-ümlaut')).toBe('STRAßE-ÜMLAUT');
  const key = (user: string, domain: string): string => ntowfV2({ user, domain, password: 'p' }).toString('hex');
  expect(key('admin', 'corp')).toBe(key('ADMIN', 'corp'));
  expect(key('admin', 'corp')).not.toBe(key('admin', 'CORP'));
});
