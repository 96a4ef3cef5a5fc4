import { der, only, readDer } from './der.js';

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const OID = 0x06;
const ENUMERATED = 0x0a;
const APPLICATION = 0x60;
const context = (n: number): number => 0xa0 + n;

const SPNEGO_OID = Buffer.from('2b0601050502', 'hex');
/** 1.3.6.1.4.1.311.2.2.10 */
const NTLM_OID = Buffer.from('2b06010401823702020a', 'hex');

/** The mechanism list that we offer (NTLM alone), as DER: what both ends sign as mechListMIC (RFC 4178 section 5). */
export const NTLM_MECH_LIST: Buffer = der(SEQUENCE, der(OID, NTLM_OID));

/** NegTokenInit (RFC 4178 4.2.1). */
export interface NegTokenInit {
  /** Object identifiers as their DER content in hex, in the client's order. */
  readonly mechanisms: readonly string[];
  /** The mechanism list as it was sent, for the mechListMIC. */
  readonly mechList: Buffer;
  readonly token: Buffer | undefined;
}

export const NEG_STATE = { acceptCompleted: 0, acceptIncomplete: 1, reject: 2, requestMic: 3 } as const;

/** NegTokenResp (RFC 4178 4.2.2); what is undefined is left out. */
export interface NegTokenResp {
  readonly state?: number | undefined;
  readonly token?: Buffer | undefined;
  readonly mechListMic?: Buffer | undefined;
  /** Names NTLM as the supported mechanism. */
  readonly namesNtlm?: boolean;
}

export function isNtlm(oidHex: string): boolean {
  return oidHex === NTLM_OID.toString('hex');
}

/** A first token that offers NTLM alone. */
export function encodeNegTokenInit(token: Buffer): Buffer {
  const init = der(SEQUENCE, der(context(0), NTLM_MECH_LIST), der(context(2), der(OCTETS, token)));
  return der(APPLICATION, der(OID, SPNEGO_OID), der(context(0), init));
}

/** @throws WinRmError `protocol` */
export function decodeNegTokenInit(bytes: Buffer): NegTokenInit {
  const init = readDer(only(only(only(bytes, APPLICATION), context(0)), SEQUENCE));
  const mechList = init.find(({ tag }) => tag === context(0))?.value ?? Buffer.alloc(0);
  const token = init.find(({ tag }) => tag === context(2))?.value;
  return {
    mechList,
    mechanisms: readDer(only(mechList, SEQUENCE)).map(({ value }) => value.toString('hex')),
    token: token && only(token, OCTETS),
  };
}

export function encodeNegTokenResp({ state, token, mechListMic, namesNtlm }: NegTokenResp): Buffer {
  const parts: Buffer[] = [];
  if (state !== undefined) parts.push(der(context(0), der(ENUMERATED, Buffer.from([state]))));
  if (namesNtlm) parts.push(der(context(1), der(OID, NTLM_OID)));
  if (token) parts.push(der(context(2), der(OCTETS, token)));
  if (mechListMic) parts.push(der(context(3), der(OCTETS, mechListMic)));
  return der(context(1), der(SEQUENCE, ...parts));
}

/** @throws WinRmError `protocol` */
export function decodeNegTokenResp(bytes: Buffer): NegTokenResp {
  const parts = readDer(only(only(bytes, context(1)), SEQUENCE));
  const part = (n: number, tag: number): Buffer | undefined => {
    const found = parts.find((element) => element.tag === context(n));
    return found && only(found.value, tag);
  };
  return {
    state: part(0, ENUMERATED)?.[0],
    namesNtlm: isNtlm(part(1, OID)?.toString('hex') ?? ''),
    token: part(2, OCTETS),
    mechListMic: part(3, OCTETS),
  };
}
