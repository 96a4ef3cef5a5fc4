import { X509Certificate, createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { channelBindingHash, type NtlmSession } from '@opsmesh/winrm/protocol';
import type { WindowsFaults } from './host-faults.js';
import { NtlmAcceptor } from './ntlm-acceptor.js';
import type { WindowsHostSpec, WinrmAuth } from './windows-host-spec.js';

/** Value of the header Authorization that says: by the certificate of this connection (MS-WSMV 2.2.1.3). */
const BY_CERTIFICATE = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

export type Login =
  | { readonly kind: 'in'; readonly user: string; /** For the answer's header. */ readonly token: Buffer | undefined }
  | { readonly kind: 'continue'; readonly token: Buffer }
  | { readonly kind: 'out' };

/**
 * Who a connection is. Negotiate logs the connection in for good; Basic and certificates are looked at with each request.
 * 1. A password that came over plain HTTP counts only where the host takes unencrypted messages.
 * 2. One wrong credential logs the connection out.
 */
export class ConnectionLogin {
  /** For the sealed messages of this connection. */
  session: NtlmSession | undefined;
  private user: string | undefined;
  private acceptor: NtlmAcceptor | undefined;

  constructor(private readonly socket: Socket, private readonly spec: WindowsHostSpec, private readonly faults: WindowsFaults) {}

  /** Values of WWW-Authenticate that say what may be tried. */
  get offers(): string[] {
    return [...(this.takes('negotiate') ? ['Negotiate'] : []), ...(this.takes('basic') ? ['Basic realm="WSMAN"'] : [])];
  }

  logOut(): void {
    this.user = this.session = this.acceptor = undefined;
  }

  /** @throws Error when a token cannot be read */
  see(header: string | undefined): Login {
    const login = header === undefined ? this.already() : this.try(header);
    if (login.kind === 'out') this.logOut();
    return login;
  }

  private already(): Login {
    return this.user === undefined ? { kind: 'out' } : { kind: 'in', user: this.user, token: undefined };
  }

  private try(header: string): Login {
    if (this.faults.refuseAuth) return { kind: 'out' };
    if (header === BY_CERTIFICATE) return this.byCertificate();
    const [scheme = '', value = ''] = header.split(/ +/, 2);
    switch (scheme.toLowerCase()) {
      case 'basic': return this.takes('basic') ? this.byPassword(Buffer.from(value, 'base64').toString('utf8')) : { kind: 'out' };
      case 'negotiate': return this.takes('negotiate') ? this.negotiate(Buffer.from(value, 'base64')) : { kind: 'out' };
      default: return { kind: 'out' };
    }
  }

  private takes(auth: WinrmAuth): boolean {
    const { auth: enabled = ['negotiate'], allowUnencrypted = false } = this.spec;
    return enabled.includes(auth) && (auth === 'negotiate' || this.socket instanceof TLSSocket || (auth === 'basic' && allowUnencrypted));
  }

  private byCertificate(): Login {
    if (!this.takes('certificate') || !(this.socket instanceof TLSSocket)) return { kind: 'out' };
    const { fingerprint256 } = this.socket.getPeerCertificate();
    const client = this.spec.tls?.clients?.find((c) => c.fingerprint === fingerprint256);
    return client ? { kind: 'in', user: client.username, token: undefined } : { kind: 'out' };
  }

  private byPassword(text: string): Login {
    const colon = text.indexOf(':');
    const { username, password } = this.spec;
    const good = text.slice(0, colon).toLowerCase() === username.toLowerCase() && sameSecret(text.slice(colon + 1), password);
    return good ? { kind: 'in', user: username, token: undefined } : { kind: 'out' };
  }

  private negotiate(token: Buffer): Login {
    if (this.user !== undefined) this.logOut();
    this.acceptor ??= new NtlmAcceptor({
      hostname: this.spec.hostname, domain: domainOf(this.spec), dnsDomain: this.spec.dnsDomain,
      passwordOf: (user, domain) => (isAccount(this.spec, user, domain) ? this.spec.password : undefined),
      channelBinding: this.spec.tls && channelBindingHash(certificateHash(this.spec.tls.certificate)),
    });
    const step = this.acceptor.step(token);
    if (step.kind === 'refused') return { kind: 'out' };
    if (step.kind === 'continue') return step;
    this.acceptor = undefined;
    this.session = step.session;
    this.user = this.spec.username;
    return { kind: 'in', user: this.user, token: step.token };
  }
}

/** NetBIOS name of the domain of a host's user, upper case. */
export function domainOf({ domain, hostname }: Pick<WindowsHostSpec, 'domain' | 'hostname'>): string {
  return (domain ?? hostname).toUpperCase();
}

/** `user` with no domain, the host's or the user's domain in any case; or a user principal name. */
function isAccount(spec: WindowsHostSpec, user: string, domain: string): boolean {
  const names = [domainOf(spec), spec.hostname, spec.dnsDomain ?? '', '.', ''].map((n) => n.toLowerCase());
  const plain = user.toLowerCase() === spec.username.toLowerCase() && names.includes(domain.toLowerCase());
  const principal = domain === '' && spec.dnsDomain !== undefined && user.toLowerCase() === `${spec.username}@${spec.dnsDomain}`.toLowerCase();
  return plain || principal;
}

/** Hash of a certificate for tls-server-end-point: SHA-256 in place of MD5 and SHA-1, else the certificate's own; ours are all SHA-256 (RFC 5929 4.1). */
function certificateHash(pem: string): Buffer {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest();
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
