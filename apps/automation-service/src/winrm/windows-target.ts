import { isIP } from 'node:net';
import { ToolFailure, type ConnectionDto, type WinrmCredential } from '@opsmesh/contracts';
import type { ConnectOptions, TlsTrust, WinRmCredential } from '@opsmesh/winrm';

/** WinRM's own port without TLS. */
const PLAIN_PORT = 5985;

/** Whose credential for which host. */
export interface WindowsTarget {
  readonly tenantId: string;
  readonly connection: ConnectionDto;
  readonly credential: WinrmCredential;
}

/**
 * How to reach the host of a connection. TLS unless the connection says otherwise or names the port that WinRM has for plain HTTP; there NTLM seals every message.
 * @throws ToolFailure `credential-unavailable` for a credential that can't be used there
 */
export function connectOptionsOf({ connection, credential }: WindowsTarget, connectMs: number): ConnectOptions {
  const tls = connection.tls ?? connection.port !== PLAIN_PORT;
  const auth = authOf(credential);
  if (!tls && auth.kind === 'certificate') throw new ToolFailure('credential-unavailable', 'a client certificate needs a connection over TLS');
  return {
    host: connection.address, port: connection.port, transport: tls ? 'https' : 'http', auth, connectTimeoutMs: connectMs,
    ...(tls ? { tls: trustOf(connection) } : {}),
  };
}

function trustOf({ address, hostname, tlsCa, tlsFingerprint }: ConnectionDto): TlsTrust {
  return {
    // Certificates are made for names: an asset that is reached by its address shows the certificate of its name.
    servername: isIP(address) === 0 ? address : hostname,
    ...(tlsCa === undefined ? {} : { ca: tlsCa }),
    ...(tlsFingerprint === undefined ? {} : { fingerprint256: tlsFingerprint }),
  };
}

function authOf({ username, password, certificate, privateKey, passphrase }: WinrmCredential): WinRmCredential {
  if (certificate !== undefined && privateKey !== undefined) return { kind: 'certificate', cert: certificate, key: privateKey, ...(passphrase === undefined ? {} : { passphrase }) };
  if (password !== undefined) return { kind: 'ntlm', username, password };
  throw new ToolFailure('credential-unavailable', 'the credential has neither a password nor a certificate with its key');
}

/** What must appear in no output. User name and certificate are no secrets. */
export function windowsSecretsOf({ password, privateKey, passphrase }: WinrmCredential): string[] {
  return [password, privateKey, passphrase].filter((s) => s !== undefined);
}
