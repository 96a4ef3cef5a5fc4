import { randomBytes } from 'node:crypto';
import { WinRmError } from '../winrm-error.js';
import { AV_FLAG_MIC, AV_ID, type AvPair, decodeAvPairs, encodeAvPairs, findAvPair } from './av-pairs.js';
import { flagsOf, hasFlag, type NtlmFlag } from './flags.js';
import { hmacMd5, ntlmV2Response, ntowfV2 } from './keys.js';
import { type ChallengeMessage, decodeChallenge, encodeAuthenticate, encodeNegotiate, MIC_LENGTH, MIC_OFFSET } from './messages.js';
import { Rc4 } from './rc4.js';
import { NtlmSession } from './sealing.js';

/** What the host has to grant: NTLMv2 sessions, and a fresh 128-bit key for signing and sealing. */
const NEEDED: readonly NtlmFlag[] = ['unicode', 'extendedSessionSecurity', 'key128', 'keyExchange', 'sign', 'seal'];
const WANTED = flagsOf(...NEEDED, 'requestTarget', 'ntlm', 'alwaysSign', 'version', 'key56');

export interface NtlmAccount {
  readonly user: string;
  /** Used as it is; empty for a UPN or a plain user. */
  readonly domain: string;
  readonly password: string;
}

/** `DOMAIN\user`, `user@realm` or `user` as NTLM wants it (MS-NLMP 3.1.5.1.2: a UPN goes whole into the user, with an empty domain). */
export function splitUsername(username: string): { user: string; domain: string } {
  const at = username.indexOf('\\');
  return at < 0 ? { user: username, domain: '' } : { user: username.slice(at + 1), domain: username.slice(0, at) };
}

/** Milliseconds since 1970 as a FILETIME: 100 ns since 1601, little endian. */
export function fileTime(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Math.trunc(milliseconds)) * 10_000n + 116_444_736_000_000_000n);
  return bytes;
}

/** What makes two log-ins different; given by tests, random and the clock otherwise. */
export interface NtlmEntropy {
  /** 8 bytes. */
  readonly clientChallenge: Buffer;
  /** 16 bytes. */
  readonly exportedSessionKey: Buffer;
  /** FILETIME; used when the host sends none. */
  readonly time: Buffer;
}

export interface InitiatorOptions {
  readonly account: NtlmAccount;
  /** The service's name as the client typed it, such as `HTTP/host`. */
  readonly targetName: string;
  /** From channelBindingHash; zeros are sent without. */
  readonly channelBinding?: Buffer;
  readonly entropy?: NtlmEntropy;
}

/** The client's side of one NTLMv2 log-in (MS-NLMP 3.1.5.1), always with a MIC and a key exchange. */
export class NtlmInitiator {
  readonly negotiate: Buffer = encodeNegotiate({ flags: WANTED });
  /** Hold password and keys: not shown when the object is printed. */
  readonly #options: InitiatorOptions;
  readonly #entropy: NtlmEntropy;

  constructor(options: InitiatorOptions) {
    this.#options = options;
    this.#entropy = options.entropy ?? { clientChallenge: randomBytes(8), exportedSessionKey: randomBytes(16), time: fileTime(Date.now()) };
  }

  /** Answers the challenge. @throws WinRmError `protocol` when the host grants less than we need. */
  authenticate(challengeBytes: Buffer): { message: Buffer; session: NtlmSession } {
    const challenge = decodeChallenge(challengeBytes);
    const missing = NEEDED.filter((flag) => !hasFlag(challenge.flags, flag));
    if (missing.length > 0) throw new WinRmError('protocol', `the host's NTLM challenge does not grant ${missing.join(', ')}`);
    const { account } = this.#options;
    const { clientChallenge, exportedSessionKey } = this.#entropy;
    const { targetInfo, time, timed } = this.targetInfo(challenge);
    const responseKey = ntowfV2(account);
    const response = ntlmV2Response({ responseKey, serverChallenge: challenge.serverChallenge, clientChallenge, time, targetInfo });
    const flags = (challenge.flags & WANTED) >>> 0;
    const message = encodeAuthenticate({
      flags,
      ntResponse: response.ntResponse,
      lmResponse: timed ? Buffer.alloc(24) : response.lmResponse,
      domain: account.domain,
      user: account.user,
      workstation: '',
      encryptedSessionKey: new Rc4(response.sessionBaseKey).update(exportedSessionKey),
      mic: Buffer.alloc(MIC_LENGTH),
    });
    hmacMd5(exportedSessionKey, this.negotiate, challengeBytes, message).copy(message, MIC_OFFSET);
    return { message, session: new NtlmSession({ exportedSessionKey, flags, role: 'client' }) };
  }

  /** The host's target information with what the client adds: MIC flag, channel binding, target name (MS-NLMP 3.1.5.1.2). */
  private targetInfo(challenge: ChallengeMessage): { targetInfo: Buffer; time: Buffer; timed: boolean } {
    const theirs = challenge.targetInfo.length > 0 ? decodeAvPairs(challenge.targetInfo) : [];
    const timestamp = findAvPair(theirs, AV_ID.timestamp);
    const flags = Buffer.alloc(4);
    const sent = findAvPair(theirs, AV_ID.flags);
    flags.writeUInt32LE(((sent?.length === 4 ? sent.readUInt32LE() : 0) | AV_FLAG_MIC) >>> 0);
    const ours: AvPair[] = [
      { id: AV_ID.flags, value: flags },
      { id: AV_ID.channelBindings, value: this.#options.channelBinding ?? Buffer.alloc(16) },
      { id: AV_ID.targetName, value: Buffer.from(this.#options.targetName, 'utf16le') },
    ];
    const kept = theirs.filter(({ id }) => !ours.some((pair) => pair.id === id));
    return { targetInfo: encodeAvPairs([...kept, ...ours]), time: timestamp ?? this.#entropy.time, timed: timestamp !== undefined };
  }
}
