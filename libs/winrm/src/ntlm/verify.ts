import { timingSafeEqual } from 'node:crypto';
import { AV_FLAG_MIC, AV_ID, decodeAvPairs, findAvPair } from './av-pairs.js';
import { hasFlag } from './flags.js';
import { hmacMd5, ntowfV2 } from './keys.js';
import { decodeAuthenticate, decodeChallenge, MIC_LENGTH, MIC_OFFSET } from './messages.js';
import { Rc4 } from './rc4.js';
import { NtlmSession } from './sealing.js';

export interface VerifyInput {
  /** The three messages as they were on the wire, out of SPNEGO. */
  readonly negotiate: Buffer;
  readonly challenge: Buffer;
  readonly authenticate: Buffer;
  /** The password that the account has. */
  readonly password: string;
  /** From channelBindingHash; when given, the client must have sent the same. */
  readonly channelBinding?: Buffer;
}

export type VerifyResult =
  | { readonly kind: 'accepted'; readonly user: string; readonly domain: string; readonly flags: number; readonly session: NtlmSession }
  | { readonly kind: 'refused'; readonly reason: 'not-ntlmv2' | 'wrong-proof' | 'wrong-mic' | 'wrong-channel-binding' };

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** The server's side of an NTLMv2 log-in (MS-NLMP 3.2.5.1.2). @throws WinRmError `protocol` for messages that are none. */
export function verifyAuthenticate({ negotiate, challenge, authenticate, password, channelBinding }: VerifyInput): VerifyResult {
  const { flags, ntResponse, user, domain, encryptedSessionKey, mic } = decodeAuthenticate(authenticate);
  if (ntResponse.length < 16 + 28 + 4) return { kind: 'refused', reason: 'not-ntlmv2' };
  const responseKey = ntowfV2({ user, domain, password });
  const proof = ntResponse.subarray(0, 16);
  const temp = ntResponse.subarray(16);
  if (!equal(hmacMd5(responseKey, decodeChallenge(challenge).serverChallenge, temp), proof)) return { kind: 'refused', reason: 'wrong-proof' };
  const sessionBaseKey = hmacMd5(responseKey, proof);
  const exportedSessionKey = hasFlag(flags, 'keyExchange') ? new Rc4(sessionBaseKey).update(encryptedSessionKey) : sessionBaseKey;

  const pairs = decodeAvPairs(temp.subarray(28));
  const avFlags = findAvPair(pairs, AV_ID.flags);
  if (avFlags?.length === 4 && (avFlags.readUInt32LE() & AV_FLAG_MIC) !== 0) {
    const blank = Buffer.from(authenticate);
    blank.fill(0, MIC_OFFSET, MIC_OFFSET + MIC_LENGTH);
    if (!equal(hmacMd5(exportedSessionKey, negotiate, challenge, blank), mic)) return { kind: 'refused', reason: 'wrong-mic' };
  }
  if (channelBinding && !equal(findAvPair(pairs, AV_ID.channelBindings) ?? Buffer.alloc(0), channelBinding)) {
    return { kind: 'refused', reason: 'wrong-channel-binding' };
  }
  return { kind: 'accepted', user, domain, flags, session: new NtlmSession({ exportedSessionKey, flags, role: 'server' }) };
}
