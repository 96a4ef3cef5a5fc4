import { randomBytes } from 'node:crypto';
import {
  AV_ID, decodeAuthenticate, decodeNegotiate, decodeNegTokenInit, decodeNegTokenResp, encodeAvPairs, encodeChallenge, encodeNegTokenResp, fileTime, flagsOf, isNtlm, NEG_STATE, verifyAuthenticate, type AvPair, type NtlmSession,
} from '@opsmesh/winrm/protocol';

/** Who may log in. */
export interface NtlmAccounts {
  readonly hostname: string;
  readonly domain: string;
  readonly dnsDomain: string | undefined;
  /** Password of an account as the client names it; undefined when there is none. */
  passwordOf(user: string, domain: string): string | undefined;
  /** Of the server's certificate, over TLS: clients must be bound to it. */
  readonly channelBinding: Buffer | undefined;
}

export type AcceptorStep =
  | { readonly kind: 'continue'; readonly token: Buffer }
  | { readonly kind: 'accepted'; readonly user: string; readonly session: NtlmSession; readonly token: Buffer | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

const OFFERED = flagsOf('unicode', 'requestTarget', 'sign', 'seal', 'ntlm', 'alwaysSign', 'extendedSessionSecurity', 'version', 'key128', 'keyExchange', 'key56');
const ALWAYS = flagsOf('unicode', 'targetInfo', 'targetTypeServer', 'version');
/** NTLMSSP_NEGOTIATE_OEM, given back to who sends it; names are Unicode all the same (python3-ntlm-auth asks for OEM in its first message only). */
const OEM = 0x2;
const RAW = Buffer.from('NTLMSSP\0', 'latin1');

/** The server's side of one log-in over one connection: NTLM as it is, or wrapped in SPNEGO (RFC 4178, MS-SPNG). */
export class NtlmAcceptor {
  private negotiate: Buffer | undefined;
  private challenge: Buffer | undefined;
  /** The client's mechanism list when it speaks SPNEGO. */
  private mechList: Buffer | undefined;

  constructor(private readonly accounts: NtlmAccounts) {}

  /** @throws Error for bytes that are no token */
  step(token: Buffer): AcceptorStep {
    if (token.subarray(0, RAW.length).equals(RAW)) return this.challenge === undefined ? { kind: 'continue', token: this.challenged(token) } : this.verified(token);
    if (this.mechList === undefined) {
      const init = decodeNegTokenInit(token);
      this.mechList = init.mechList;
      if (!init.mechanisms.some(isNtlm)) return { kind: 'refused', reason: 'NTLM is not among the mechanisms' };
      // The first mechanism's token came along; another's is thrown away and asked for.
      const ours = init.token !== undefined && isNtlm(init.mechanisms[0] ?? '') ? this.challenged(init.token) : undefined;
      return { kind: 'continue', token: encodeNegTokenResp({ state: NEG_STATE.acceptIncomplete, namesNtlm: true, token: ours }) };
    }
    const response = decodeNegTokenResp(token);
    if (response.token === undefined) return { kind: 'refused', reason: 'the SPNEGO answer has no token' };
    if (this.challenge === undefined) return { kind: 'continue', token: encodeNegTokenResp({ state: NEG_STATE.acceptIncomplete, token: this.challenged(response.token) }) };
    const step = this.verified(response.token);
    if (step.kind !== 'accepted') return step;
    if (response.mechListMic === undefined) return { ...step, token: encodeNegTokenResp({ state: NEG_STATE.acceptCompleted }) };
    step.session.verifyMechList(this.mechList, response.mechListMic);
    return { ...step, token: encodeNegTokenResp({ state: NEG_STATE.acceptCompleted, mechListMic: step.session.signMechList(this.mechList) }) };
  }

  private challenged(negotiate: Buffer): Buffer {
    const { hostname, domain, dnsDomain } = this.accounts;
    const text = (id: number, value: string): AvPair => ({ id, value: Buffer.from(value, 'utf16le') });
    const dnsName = dnsDomain === undefined ? hostname.toLowerCase() : `${hostname.toLowerCase()}.${dnsDomain}`;
    const pairs = [
      text(AV_ID.nbDomainName, domain), text(AV_ID.nbComputerName, hostname.toUpperCase()), text(AV_ID.dnsDomainName, dnsDomain ?? dnsName), text(AV_ID.dnsComputerName, dnsName),
      { id: AV_ID.timestamp, value: fileTime(Date.now()) },
    ];
    const flags = ((decodeNegotiate(negotiate).flags & (OFFERED | OEM)) | ALWAYS) >>> 0;
    this.negotiate = negotiate;
    this.challenge = encodeChallenge({ flags, targetName: domain, serverChallenge: randomBytes(8), targetInfo: encodeAvPairs(pairs) });
    return this.challenge;
  }

  private verified(authenticate: Buffer): AcceptorStep {
    const { user, domain } = decodeAuthenticate(authenticate);
    const password = this.accounts.passwordOf(user, domain);
    if (password === undefined) return { kind: 'refused', reason: 'there is no such account' };
    const { channelBinding } = this.accounts;
    const result = verifyAuthenticate({ negotiate: this.negotiate!, challenge: this.challenge!, authenticate, password, ...(channelBinding ? { channelBinding } : {}) });
    return result.kind === 'accepted' ? { kind: 'accepted', user: result.user, session: result.session, token: undefined } : result;
  }
}
