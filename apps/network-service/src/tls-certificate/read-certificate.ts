import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { ToolFailure } from '@opsmesh/contracts';
import type { TlsCertificateOutput } from './tls-certificate.dto.js';

export interface TlsServer {
  readonly address: string;
  readonly port: number;
  /** Name to ask for, and that the certificate should be for; undefined asks for none. */
  readonly serverName: string | undefined;
}

/** Errors that say that nobody listens or answers there. */
const UNREACHABLE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET']);
const DAY_MS = 86_400_000;

/**
 * Makes a TLS handshake and reads the server's certificate; nothing else is sent or read. A certificate that is not trusted is read all the same, since that is what is asked.
 * @param now milliseconds since the epoch, for the days that are left
 * @throws ToolFailure `unreachable`, `timed-out`, `tool-failed` when the port speaks no TLS; the signal's reason when it was aborted
 */
export async function readCertificate(server: TlsServer, { timeoutMs, signal, now }: { timeoutMs: number; signal: AbortSignal; now: number }): Promise<Omit<TlsCertificateOutput, 'host'>> {
  const socket = await handshake(server, timeoutMs, signal);
  try {
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) throw new ToolFailure('tool-failed', `${server.address}:${server.port} showed no certificate`);
    const validTo = new Date(certificate.validTo);
    const distrust = socket.authorized ? undefined : String(socket.authorizationError);
    return {
      address: server.address, port: server.port, subject: oneLine(certificate.subject), issuer: oneLine(certificate.issuer), names: certificate.subjectAltName?.split(', ') ?? [],
      validFrom: new Date(certificate.validFrom).toISOString(), validTo: validTo.toISOString(), daysLeft: Math.floor((validTo.getTime() - now) / DAY_MS), expired: validTo.getTime() < now,
      trusted: socket.authorized, ...(distrust === undefined ? {} : { distrust }), protocol: socket.getProtocol() ?? 'unknown', fingerprint256: certificate.fingerprint256,
    };
  } finally {
    socket.destroy();
  }
}

function handshake({ address, port, serverName }: TlsServer, timeoutMs: number, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const named = serverName !== undefined && isIP(serverName) === 0 ? { servername: serverName } : {};
    const socket = connect({ host: address, port, ...named, rejectUnauthorized: false });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const fail = (error: Error): void => end(() => {
      socket.destroy();
      reject(error);
    });
    const onAbort = (): void => fail(signal.reason as Error);
    const timer = setTimeout(() => fail(new ToolFailure('timed-out', `${address}:${port} made no TLS handshake within ${timeoutMs} ms`)), timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('secureConnect', () => end(() => resolve(socket)));
    // Stays for the socket's whole life: a reset after the handshake must not end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => fail(failureOf(error, `${address}:${port}`)));
    socket.once('close', () => fail(new ToolFailure('unreachable', `${address}:${port} closed the connection before the handshake was over`)));
  });
}

function failureOf({ code = 'unknown', message }: NodeJS.ErrnoException, where: string): ToolFailure {
  if (UNREACHABLE.has(code)) return new ToolFailure('unreachable', `no connection to ${where}: ${code}`);
  return new ToolFailure('tool-failed', `${where} does not speak TLS, or none that this worker speaks: ${code === 'unknown' ? message : code}`);
}

/** A distinguished name, which Node gives with one attribute a line. */
function oneLine(name: string): string {
  return name.split('\n').join(', ');
}
