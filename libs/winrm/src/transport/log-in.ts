import type { ConnectOptions, NtlmCredential } from '../connect-options.js';
import { NtlmInitiator, splitUsername } from '../ntlm/initiator.js';
import type { NtlmSession } from '../ntlm/sealing.js';
import { SOAP_CONTENT_TYPE } from '../sealing/encrypted-body.js';
import { decodeNegTokenResp, encodeNegTokenInit, encodeNegTokenResp, NEG_STATE, NTLM_MECH_LIST } from '../spnego/tokens.js';
import { WinRmError } from '../winrm-error.js';
import type { HttpAnswer, HttpSocket } from './http-socket.js';

/** What every request after the log-in needs. */
export interface LoggedIn {
  readonly headers: Readonly<Record<string, string>>;
  /** Seals and unseals bodies; undefined over TLS. */
  readonly session: NtlmSession | undefined;
}

export interface LogInInput {
  readonly http: HttpSocket;
  readonly options: ConnectOptions;
  readonly channelBinding: Buffer | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type Scheme = 'Negotiate' | 'NTLM';

const MUTUAL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

/**
 * Logs in with empty requests, so that a refused credential is known before anything is asked for.
 * @throws WinRmError `auth-failed`, `protocol`, `connection-lost`; the signal's reason when it is aborted.
 */
export async function logIn(input: LogInInput): Promise<LoggedIn> {
  const { auth } = input.options;
  switch (auth.kind) {
    case 'ntlm': return ntlm(input, auth);
    case 'basic': return withHeader(input, `Basic ${Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64')}`);
    case 'certificate': return withHeader(input, MUTUAL);
  }
}

async function withHeader(input: LogInInput, authorization: string): Promise<LoggedIn> {
  const headers = { Authorization: authorization };
  accepted(await knock(input, headers));
  return { headers, session: undefined };
}

function knock({ http, timeoutMs, signal }: LogInInput, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
  return http.post({ body: Buffer.alloc(0), headers: { ...headers, 'Content-Type': SOAP_CONTENT_TYPE }, timeoutMs, signal });
}

async function ntlm(input: LogInInput, auth: NtlmCredential): Promise<LoggedIn> {
  const wrapped = auth.wrapping === 'spnego';
  const initiator = new NtlmInitiator({
    account: { ...splitUsername(auth.username), password: auth.password },
    targetName: `HTTP/${input.options.host}`,
    ...(input.channelBinding && { channelBinding: input.channelBinding }),
  });
  const { scheme, token } = await challenge(input, wrapped ? encodeNegTokenInit(initiator.negotiate) : initiator.negotiate);
  const { message, session } = initiator.authenticate(wrapped ? innerToken(token) : token);
  const last = wrapped ? encodeNegTokenResp({ token: message, mechListMic: session.signMechList(NTLM_MECH_LIST) }) : message;
  const answer = await knock(input, { Authorization: `${scheme} ${last.toString('base64')}` });
  accepted(answer);
  if (wrapped) completed(tokenOf(answer, scheme), session);
  return { headers: {}, session: input.options.transport === 'http' ? session : undefined };
}

/** Offers the first token under Negotiate; under NTLM when that is all the host takes. */
async function challenge(input: LogInInput, first: Buffer): Promise<{ scheme: Scheme; token: Buffer }> {
  let scheme: Scheme = 'Negotiate';
  let answer = await knock(input, { Authorization: `${scheme} ${first.toString('base64')}` });
  const offered = offers(answer);
  if (answer.status === 401 && !offered.includes('negotiate') && offered.includes('ntlm')) {
    scheme = 'NTLM';
    answer = await knock(input, { Authorization: `${scheme} ${first.toString('base64')}` });
  }
  const token = tokenOf(answer, scheme);
  if (answer.status === 401 && token) return { scheme, token };
  if (answer.status === 401) throw new WinRmError('auth-failed', `the host does not take NTLM; it offers ${offers(answer).join(', ') || 'nothing'}`);
  throw new WinRmError('protocol', `the host answered the log-in with HTTP ${answer.status}: no WinRM listener here?`);
}

/** Names of the schemes in the answer, in lower case. */
function offers({ challenges }: HttpAnswer): string[] {
  return challenges.flatMap((header) => /^\s*([a-z0-9-]{1,40})/i.exec(header)?.[1]?.toLowerCase() ?? []);
}

function tokenOf({ challenges }: HttpAnswer, scheme: Scheme): Buffer | undefined {
  const pattern = new RegExp(`^\\s*${scheme}\\s+([A-Za-z0-9+/=]+)\\s*$`, 'i');
  const found = challenges.flatMap((header) => pattern.exec(header)?.[1] ?? [])[0];
  return found === undefined ? undefined : Buffer.from(found, 'base64');
}

function innerToken(token: Buffer): Buffer {
  const answer = decodeNegTokenResp(token);
  if (answer.state === NEG_STATE.reject) throw new WinRmError('auth-failed', 'the host refused NTLM in SPNEGO');
  if (!answer.token) throw new WinRmError('protocol', "the host's SPNEGO answer holds no NTLM challenge");
  return answer.token;
}

/** The host's last word in SPNEGO; its signature over the mechanism list counts when it is there (RFC 4178 section 5). */
function completed(token: Buffer | undefined, session: NtlmSession): void {
  if (!token) return;
  const { state, mechListMic } = decodeNegTokenResp(token);
  if (state !== NEG_STATE.acceptCompleted) throw new WinRmError('auth-failed', 'the host did not complete the SPNEGO log-in');
  if (mechListMic) session.verifyMechList(NTLM_MECH_LIST, mechListMic);
}

/** An empty request is no SOAP: a host may answer it with 400, 411 or 500, but only after it took the credential. */
function accepted({ status }: HttpAnswer): void {
  if (status === 401 || status === 403) throw new WinRmError('auth-failed', `the host refused the credential (HTTP ${status})`);
  if ((status < 200 || status > 299) && ![400, 411, 500].includes(status)) {
    throw new WinRmError('protocol', `the host answered the log-in with HTTP ${status}: no WinRM listener here?`);
  }
}
