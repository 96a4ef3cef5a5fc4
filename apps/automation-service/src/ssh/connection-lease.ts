import type { Client } from 'ssh2';

/** The right to use a connection until `release`. */
export interface ConnectionLease {
  readonly client: Client;
  /** Secrets of the credentials on the way: one list for all connections with the same, so that what finds them in an output is made once. */
  readonly secrets: readonly string[];
  /** False once the connection has ended. */
  alive(): boolean;
  /** Gives the connection back; with `broken` it is closed instead of kept. */
  release(fate: 'keep' | 'broken'): void;
}
