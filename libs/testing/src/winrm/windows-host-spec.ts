import type { WindowsState } from './windows-state.js';

export type WinrmAuth = 'negotiate' | 'basic' | 'certificate';

export interface WindowsTls {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** Certificates of clients that may log in without a password: SHA-256 fingerprint (`AA:BB:...`, as node:tls gives it) and the user it stands for. */
  readonly clients?: readonly { readonly fingerprint: string; readonly username: string }[];
}

/** One simulated Windows host. */
export interface WindowsHostSpec {
  readonly hostname: string;
  /** Loopback address to listen on, for example 127.0.1.21. */
  readonly address: string;
  /** 5985 by default, 5986 with `tls`; 0 takes a free one. */
  readonly port?: number;
  readonly username: string;
  readonly password: string;
  /** NetBIOS name of the domain the user is of; the host's own name by default. */
  readonly domain?: string;
  /** DNS name of that domain, for user principal names (`user@corp.example`). */
  readonly dnsDomain?: string;
  /** `['negotiate']` by default, as on Windows. */
  readonly auth?: readonly WinrmAuth[];
  /** Whether messages may come unencrypted over plain HTTP; false by default, as on Windows. Basic over plain HTTP needs it. */
  readonly allowUnencrypted?: boolean;
  readonly tls?: WindowsTls;
  /** What is on the host at first; it changes by what is run. */
  readonly state?: Partial<WindowsState>;
  /** MaxShellsPerUser; 30 by default. */
  readonly maxShells?: number;
  /** MaxConcurrentOperationsPerUser; 1500 by default. */
  readonly maxOperations?: number;
  /** Largest envelope taken, in bytes; 512000 by default. */
  readonly maxEnvelopeSize?: number;
  /** Most bytes of one piece of output, 32768 by default. Pieces end within characters where it falls so. */
  readonly chunkBytes?: number;
  /** Nothing listens there: connections are refused. */
  readonly refusesConnections?: boolean;
}
