/** NTLMv2 with a password. Over plain HTTP every message is sealed; over TLS the channel is bound (RFC 5929) and TLS does the sealing. */
export interface NtlmCredential {
  readonly kind: 'ntlm';
  /** `user`, `DOMAIN\user` (the domain is used as typed) or `user@realm` (sent whole, with an empty domain). */
  readonly username: string;
  readonly password: string;
  /** `raw` (default) puts the NTLM messages into the header as they are; `spnego` wraps them (RFC 4178). Windows takes both. */
  readonly wrapping?: 'raw' | 'spnego';
}

/** HTTP Basic. Refused over plain HTTP, where it would show the password. */
export interface BasicCredential {
  readonly kind: 'basic';
  readonly username: string;
  readonly password: string;
}

/** A client certificate that the host maps to a local account (HTTPS only). PEM texts. */
export interface CertificateCredential {
  readonly kind: 'certificate';
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
}

/** Kerberos and CredSSP are not supported. */
export type WinRmCredential = NtlmCredential | BasicCredential | CertificateCredential;

/** Whom to trust over HTTPS. There is no way to trust everybody. */
export interface TlsTrust {
  /** PEM of the CAs to trust instead of Node's: in each text one certificate at least. */
  readonly ca?: string | readonly string[];
  /** SHA-256 of the host's certificate in hex, with or without colons. A pinned certificate is trusted whatever its issuer, name and dates. */
  readonly fingerprint256?: string;
  /** The name that the certificate must be for; default `host`. */
  readonly servername?: string;
}

export interface ConnectOptions {
  /** Host name or IP address. */
  readonly host: string;
  /** `https` (default) or `http`; http only with `ntlm`, whose messages are sealed. */
  readonly transport?: 'https' | 'http';
  /** Default 5986 for https, 5985 for http. */
  readonly port?: number;
  readonly tls?: TlsTrust;
  readonly auth: WinRmCredential;
  /** Deadline of connection, TLS and log-in together, in ms, at most 2,147,473,647; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long the host may hold one request before it answers "ask again", in ms, at most 2,147,473,647; default 20,000. */
  readonly operationTimeoutMs?: number;
  /** Largest envelope asked for, in bytes, at least 8,192; default 153,600, which every Windows takes. More makes large outputs faster. An answer that is much longer is refused. */
  readonly maxEnvelopeBytes?: number;
  /** Ends connecting with `cancelled`. What is done on the connection later has signals of its own. */
  readonly signal?: AbortSignal;
}
