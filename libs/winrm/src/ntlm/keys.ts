// Programs that compile this file from its source have to find the types too.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./js-md4.d.ts" />
import { createHash, createHmac } from 'node:crypto';
import md4 from 'js-md4';

export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

export function md5(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Upper case one UTF-16 unit at a time, as Windows does: a letter whose upper case is longer (ß) stays as it is. */
export function ntlmUpperCase(text: string): string {
  return text.split('').map((unit) => {
    const upper = unit.toUpperCase();
    return upper.length === 1 ? upper : unit;
  }).join('');
}

/** The key of a password in a domain: the user's name is upper-cased, the domain stays as typed (MS-NLMP 3.3.2, NTOWFv2). */
export function ntowfV2({ user, domain, password }: { user: string; domain: string; password: string }): Buffer {
  const passwordHash = Buffer.from(md4.arrayBuffer(Buffer.from(password, 'utf16le')));
  return hmacMd5(passwordHash, Buffer.from(ntlmUpperCase(user) + domain, 'utf16le'));
}

/** What is proved beside the password (MS-NLMP 2.2.2.7, "temp" of 3.3.2). */
export interface ProofInput {
  readonly responseKey: Buffer;
  /** 8 bytes. */
  readonly serverChallenge: Buffer;
  /** 8 bytes. */
  readonly clientChallenge: Buffer;
  /** FILETIME, 8 bytes. */
  readonly time: Buffer;
  /** AV pairs with their end. */
  readonly targetInfo: Buffer;
}

export interface NtlmV2Response {
  /** NTProofStr followed by "temp": the NtChallengeResponse. */
  readonly ntResponse: Buffer;
  readonly lmResponse: Buffer;
  /** Also the key exchange key (MS-NLMP 3.4.5.1). */
  readonly sessionBaseKey: Buffer;
}

/** NTLMv2 response, LMv2 response and session base key (MS-NLMP 3.3.2). */
export function ntlmV2Response({ responseKey, serverChallenge, clientChallenge, time, targetInfo }: ProofInput): NtlmV2Response {
  const temp = Buffer.concat([Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]), time, clientChallenge, Buffer.alloc(4), targetInfo, Buffer.alloc(4)]);
  const proof = hmacMd5(responseKey, serverChallenge, temp);
  return {
    ntResponse: Buffer.concat([proof, temp]),
    lmResponse: Buffer.concat([hmacMd5(responseKey, serverChallenge, clientChallenge), clientChallenge]),
    sessionBaseKey: hmacMd5(responseKey, proof),
  };
}

/** The value of the channel binding pair for TLS (RFC 5929 tls-server-end-point in the structure of RFC 2744 3.11, as MS-NLMP 3.1.5.1.2 wants it). */
export function channelBindingHash(certificateHash: Uint8Array): Buffer {
  const data = Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), certificateHash]);
  const struct = Buffer.alloc(20);
  struct.writeUInt32LE(data.length, 16);
  return md5(struct, data);
}
