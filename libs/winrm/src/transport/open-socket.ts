import { timingSafeEqual } from 'node:crypto';
import { isIP, type Socket, connect as connectTcp } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { ConnectOptions, TlsTrust } from '../connect-options.js';
import { channelBindingHash } from '../ntlm/keys.js';
import { WinRmError } from '../winrm-error.js';
import { endPointHash } from './certificate-hash.js';

export interface OpenSocket {
  readonly socket: Socket;
  /** Binds a log-in to this TLS channel; undefined over plain HTTP. */
  readonly channelBinding: Buffer | undefined;
}

/**
 * Connects, and over HTTPS checks whom we reached before anything is sent.
 * @throws WinRmError `unreachable`, `tls-untrusted`, `protocol`; the signal's reason when it is aborted; TypeError for PEM that cannot be read.
 */
export async function openSocket(options: ConnectOptions, port: number, signal: AbortSignal): Promise<OpenSocket> {
  const { host, tls = {} } = options;
  if (options.transport === 'http') return { socket: await settled(connectTcp({ host, port }), 'connect', signal), channelBinding: undefined };
  const socket = startTls({ host, port, ALPNProtocols: ['http/1.1'], ...identity(options), ...verification(host, tls) });
  await settled(socket, 'secureConnect', signal);
  const problem = distrust(socket, tls);
  if (problem === undefined) return { socket, channelBinding: channelBindingHash(endPointHash(socket.getPeerCertificate().raw)) };
  socket.destroy();
  throw new WinRmError('tls-untrusted', problem);
}

/** Node throws for PEM that it cannot read: the caller's mistake, said without the key's text. */
function startTls(options: ConnectionOptions): TLSSocket {
  try {
    return connectTls(options);
  } catch (thrown) {
    throw new TypeError(`a certificate, key or CA cannot be read (${(thrown as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function identity({ auth }: ConnectOptions): ConnectionOptions {
  return auth.kind === 'certificate' ? { cert: auth.cert, key: auth.key, ...(auth.passphrase === undefined ? {} : { passphrase: auth.passphrase }) } : {};
}

/** The handshake is let through so that `distrust` can judge, and say why, in one place. */
function verification(host: string, { ca, servername = host }: TlsTrust): ConnectionOptions {
  return {
    rejectUnauthorized: false,
    servername: isIP(servername) === 0 ? servername : '',
    checkServerIdentity: (_name, certificate) => checkServerIdentity(servername, certificate),
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
  };
}

/** Why the host is not to be trusted. A pin replaces the check of issuer and name, unless a CA is given too. */
function distrust(socket: TLSSocket, { ca, fingerprint256 }: TlsTrust): string | undefined {
  if ((fingerprint256 === undefined || ca !== undefined) && !socket.authorized) {
    return `the host's certificate is not trusted: ${String(socket.authorizationError)}`;
  }
  if (fingerprint256 === undefined) return undefined;
  const pinned = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex');
  const shown = Buffer.from(socket.getPeerCertificate().fingerprint256.replaceAll(':', ''), 'hex');
  return pinned.length === shown.length && timingSafeEqual(pinned, shown) ? undefined : 'the host showed another certificate than the pinned one';
}

/** The socket once it is ready. An error listener stays on it for its whole life. */
function settled<S extends Socket>(socket: S, ready: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', aborted);
      reject(connectFailure(error));
    });
    socket.once('close', () => {
      signal.removeEventListener('abort', aborted);
      reject(new WinRmError('unreachable', 'the connection was closed while it was being made'));
    });
    socket.once(ready, () => {
      signal.removeEventListener('abort', aborted);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      resolve(socket);
    });
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}

function connectFailure(error: NodeJS.ErrnoException): WinRmError {
  const code = error.code ?? 'unknown';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return new WinRmError('protocol', `no TLS connection could be made (${code})`, { cause: error });
  return new WinRmError('unreachable', `no connection could be made (${code})`, { cause: error });
}
