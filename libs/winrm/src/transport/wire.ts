import type { ConnectOptions } from '../connect-options.js';
import { decodeEncryptedBody, ENCRYPTED_CONTENT_TYPE, encodeEncryptedBody, isEncryptedType, SOAP_CONTENT_TYPE } from '../sealing/encrypted-body.js';
import { WinRmError } from '../winrm-error.js';
import { HttpSocket } from './http-socket.js';
import { type LoggedIn, logIn } from './log-in.js';
import { openSocket } from './open-socket.js';

export interface Exchange {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One authenticated socket that carries envelopes, one at a time; sealed when it is not TLS. */
export class Wire {
  readonly #http: HttpSocket;
  /** May hold a credential: not shown when the object is printed. */
  readonly #loggedIn: LoggedIn;

  constructor(http: HttpSocket, loggedIn: LoggedIn) {
    this.#http = http;
    this.#loggedIn = loggedIn;
  }

  /** False for ever after an exchange that failed, or once the host has closed. */
  get isOpen(): boolean {
    return this.#http.isOpen;
  }

  /** Open, and no exchange is under way. */
  get isUsable(): boolean {
    return this.#http.isUsable;
  }

  close(): void {
    this.#http.destroy();
  }

  /** The envelope that answers ours, which may hold a fault. @throws WinRmError `connection-lost`, `protocol`; the signal's reason when it is aborted. */
  async exchange(envelope: string, { timeoutMs, signal }: Exchange): Promise<string> {
    const plain = Buffer.from(envelope, 'utf8');
    const { session, headers } = this.#loggedIn;
    const body = session ? encodeEncryptedBody({ sealed: session.seal(plain), originalLength: plain.length, originalType: SOAP_CONTENT_TYPE }) : plain;
    const contentType = session ? ENCRYPTED_CONTENT_TYPE : SOAP_CONTENT_TYPE;
    const answer = await this.#http.post({ body, headers: { ...headers, 'Content-Type': contentType }, timeoutMs, signal });
    try {
      if (answer.status === 401) throw new WinRmError('connection-lost', 'the host ended the log-in of this connection');
      if (answer.status !== 200 && (answer.body.length === 0 || !/soap\+xml|multipart\/encrypted/i.test(answer.contentType ?? ''))) {
        throw new WinRmError('protocol', `the host answered with HTTP ${answer.status} and no SOAP`);
      }
      if (!session) return answer.body.toString('utf8');
      if (!isEncryptedType(answer.contentType)) throw new WinRmError('protocol', 'the host answered unsealed on a sealed connection');
      return session.unseal(decodeEncryptedBody(answer.body, answer.contentType ?? '').sealed).toString('utf8');
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** The default of the oldest Windows that has WinRM 2; newer ones take more. */
export const DEFAULT_ENVELOPE_BYTES = 153_600;
/** What newer hosts send at most where nothing else is set for them: an answer of this size is taken, though less was asked for. */
const HOST_ENVELOPE_BYTES = 512_000;
/** What sealing and its parts add to an envelope, at most. */
const ENVELOPE_SLACK_BYTES = 65_536;

function portOf({ port, transport }: ConnectOptions): number {
  return port ?? (transport === 'http' ? 5985 : 5986);
}

/** `host:port` for URLs and headers. */
export function authority(options: ConnectOptions): string {
  const { host } = options;
  return `${host.includes(':') ? `[${host}]` : host}:${portOf(options)}`;
}

/**
 * A new authenticated socket, within the connect deadline.
 * @throws WinRmError `unreachable`, `tls-untrusted`, `auth-failed`, `protocol`, `connection-lost`, `cancelled`.
 */
export async function dial(options: ConnectOptions, cancel?: AbortSignal): Promise<Wire> {
  const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(new WinRmError('unreachable', `no log-in within ${timeoutMs} ms`)), timeoutMs);
  // A signal of our own: many calls may follow one of the caller's.
  const caller = cancel && AbortSignal.any([cancel]);
  const cancelled = (): void => ended.abort(cancellation(caller));
  try {
    if (caller?.aborted) cancelled();
    caller?.addEventListener('abort', cancelled, { once: true });
    const { socket, channelBinding } = await openSocket(options, portOf(options), ended.signal);
    const http = new HttpSocket(socket, authority(options), Math.max(options.maxEnvelopeBytes ?? DEFAULT_ENVELOPE_BYTES, HOST_ENVELOPE_BYTES) + ENVELOPE_SLACK_BYTES);
    try {
      return new Wire(http, await logIn({ http, options, channelBinding, timeoutMs, signal: ended.signal }));
    } catch (thrown) {
      http.destroy();
      throw thrown;
    }
  } finally {
    clearTimeout(timer);
    caller?.removeEventListener('abort', cancelled);
  }
}

/** A deadline of ours keeps its own error; a caller's signal becomes `cancelled`. */
export function cancellation(signal: AbortSignal | undefined): WinRmError {
  return signal?.reason instanceof WinRmError ? signal.reason : new WinRmError('cancelled', 'cancelled by the caller', { cause: signal?.reason });
}
