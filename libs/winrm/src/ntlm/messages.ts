import { WinRmError } from '../winrm-error.js';

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
/** Windows 10, NTLM revision 15 (MS-NLMP 2.2.2.10); only informative. */
const VERSION = Buffer.from([10, 0, 0x61, 0x4a, 0, 0, 0, 15]);
/** Offset of the MIC in an AUTHENTICATE message that has a version (MS-NLMP 2.2.1.3). */
export const MIC_OFFSET = 72;
export const MIC_LENGTH = 16;

/** NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1); domain and workstation are never sent. */
export interface NegotiateMessage {
  readonly flags: number;
}

/** CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2). */
export interface ChallengeMessage {
  readonly flags: number;
  readonly targetName: string;
  /** 8 bytes. */
  readonly serverChallenge: Buffer;
  /** AV pairs as bytes; see av-pairs.ts. */
  readonly targetInfo: Buffer;
}

/** AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3). */
export interface AuthenticateMessage {
  readonly flags: number;
  readonly lmResponse: Buffer;
  readonly ntResponse: Buffer;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly encryptedSessionKey: Buffer;
  /** 16 bytes; zeros while it is being computed. */
  readonly mic: Buffer;
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

function header(type: number, length: number): Buffer {
  const message = Buffer.alloc(length);
  SIGNATURE.copy(message);
  message.writeUInt32LE(type, 8);
  return message;
}

/** Writes length, maximal length and offset of each payload field into the head, and gives the whole message. */
function withPayload(head: Buffer, fields: readonly (readonly [at: number, value: Buffer])[]): Buffer {
  let offset = head.length;
  for (const [at, value] of fields) {
    head.writeUInt16LE(value.length, at);
    head.writeUInt16LE(value.length, at + 2);
    head.writeUInt32LE(offset, at + 4);
    offset += value.length;
  }
  return Buffer.concat([head, ...fields.map(([, value]) => value)]);
}

function check(message: Buffer, type: number, minimum: number): void {
  if (message.length < minimum || !message.subarray(0, 8).equals(SIGNATURE) || message.readUInt32LE(8) !== type) {
    throw new WinRmError('protocol', `not an NTLM message of type ${type}`);
  }
}

function field(message: Buffer, at: number): Buffer {
  const length = message.readUInt16LE(at);
  const offset = message.readUInt32LE(at + 4);
  if (offset + length > message.length) throw new WinRmError('protocol', 'a field of an NTLM message lies outside of it');
  return message.subarray(offset, offset + length);
}

export function encodeNegotiate({ flags }: NegotiateMessage): Buffer {
  const head = header(1, 40);
  head.writeUInt32LE(flags, 12);
  VERSION.copy(head, 32);
  return withPayload(head, [[16, Buffer.alloc(0)], [24, Buffer.alloc(0)]]);
}

/** @throws WinRmError `protocol` */
export function decodeNegotiate(message: Buffer): NegotiateMessage {
  check(message, 1, 16);
  return { flags: message.readUInt32LE(12) };
}

export function encodeChallenge({ flags, targetName, serverChallenge, targetInfo }: ChallengeMessage): Buffer {
  const head = header(2, 56);
  head.writeUInt32LE(flags, 20);
  serverChallenge.copy(head, 24);
  VERSION.copy(head, 48);
  return withPayload(head, [[12, utf16(targetName)], [40, targetInfo]]);
}

/** @throws WinRmError `protocol` */
export function decodeChallenge(message: Buffer): ChallengeMessage {
  check(message, 2, 48);
  return {
    flags: message.readUInt32LE(20),
    targetName: field(message, 12).toString('utf16le'),
    serverChallenge: message.subarray(24, 32),
    targetInfo: field(message, 40),
  };
}

export function encodeAuthenticate(message: AuthenticateMessage): Buffer {
  const head = header(3, MIC_OFFSET + MIC_LENGTH);
  head.writeUInt32LE(message.flags, 60);
  VERSION.copy(head, 64);
  message.mic.copy(head, MIC_OFFSET);
  return withPayload(head, [
    [28, utf16(message.domain)],
    [36, utf16(message.user)],
    [44, utf16(message.workstation)],
    [12, message.lmResponse],
    [20, message.ntResponse],
    [52, message.encryptedSessionKey],
  ]);
}

/** Takes messages without room for a MIC too; theirs is zeros. @throws WinRmError `protocol` */
export function decodeAuthenticate(message: Buffer): AuthenticateMessage {
  check(message, 3, 64);
  return {
    lmResponse: field(message, 12),
    ntResponse: field(message, 20),
    domain: field(message, 28).toString('utf16le'),
    user: field(message, 36).toString('utf16le'),
    workstation: field(message, 44).toString('utf16le'),
    encryptedSessionKey: field(message, 52),
    flags: message.readUInt32LE(60),
    mic: message.length >= MIC_OFFSET + MIC_LENGTH ? message.subarray(MIC_OFFSET, MIC_OFFSET + MIC_LENGTH) : Buffer.alloc(MIC_LENGTH),
  };
}
