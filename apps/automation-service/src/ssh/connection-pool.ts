import { createHmac, randomBytes } from 'node:crypto';
import type { Client } from 'ssh2';
import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionDto } from '@opsmesh/contracts';
import { connect, ConnectFailure, type ConnectTimes, type SshCredential } from './connect.js';
import type { HostLimits } from './host-limits.js';
import type { KnownKey } from './host-keys.js';

export interface PoolOptions extends ConnectTimes {
  /** Most connections kept; beyond it the longest unused goes. Those in use are never closed for room. */
  readonly maxConnections: number;
  /** A connection nobody used for this long is closed, in milliseconds. */
  readonly idleMs: number;
  /** A connection older than this is not given out any more, in milliseconds. */
  readonly maxAgeMs: number;
  /** Most tries to connect; only failures before authentication are tried again. */
  readonly connectTries: number;
}

export const DEFAULT_POOL: PoolOptions = { maxConnections: 256, idleMs: 60_000, maxAgeMs: 900_000, connectMs: 10_000, keepaliveMs: 10_000, connectTries: 5 };

/** Whose connection to which host. */
export interface PoolTarget {
  readonly tenantId: string;
  readonly connection: ConnectionDto;
  readonly credential: SshCredential;
}

/** The right to use a connection until `release`. */
export interface ConnectionLease {
  readonly client: Client;
  /** False once the connection has ended. */
  alive(): boolean;
  /** Gives the connection back; with `broken` it is closed instead of kept. */
  release(fate: 'keep' | 'broken'): void;
}

interface Entry {
  readonly client: Client;
  readonly born: number;
  users: number;
  lastUsed: number;
  alive: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Authenticated connections, kept for reuse.
 * 1. A connection is reused only for the same tenant, asset, address, credential (id and content) and host key rules.
 * 2. Those who ask for the same connection while it is made share the one try, and its failure: a wrong password is sent once, not fifty times.
 * 3. A connection that ends leaves the pool at once.
 */
export class ConnectionPool {
  private readonly entries = new Map<string, Entry>();
  private readonly connecting = new Map<string, Promise<Entry>>();
  private readonly learned = new Map<string, KnownKey>();
  /** Keys hold a digest of the secret, useless outside this process. */
  private readonly digestKey = randomBytes(32);
  private readonly stopped = new AbortController();

  constructor(private readonly limits: HostLimits, private readonly options: PoolOptions = DEFAULT_POOL) {}

  get size(): number {
    return this.entries.size;
  }

  /** @throws ConnectFailure, or the signal's reason when that is aborted first */
  async acquire(target: PoolTarget, signal: AbortSignal): Promise<ConnectionLease> {
    signal.throwIfAborted();
    const key = this.keyOf(target);
    const entry = this.usable(key) ?? await unlessAborted(this.connectShared(key, target), signal);
    entry.users++;
    clearTimeout(entry.timer);
    let open = true;
    return {
      client: entry.client,
      alive: () => entry.alive,
      release: (fate) => {
        if (!open) return;
        open = false;
        entry.users--;
        entry.lastUsed = performance.now();
        if (fate === 'broken') this.drop(key, entry);
        else this.rest(key, entry);
      },
    };
  }

  /** Closes every connection and refuses new ones. */
  close(): void {
    this.stopped.abort(new ConnectFailure('unreachable', 'the service is shutting down'));
    for (const [key, entry] of this.entries) this.drop(key, entry);
  }

  private usable(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    if (entry.alive && performance.now() - entry.born < this.options.maxAgeMs) return entry;
    this.entries.delete(key);
    if (entry.users === 0) entry.client.end();
    return undefined;
  }

  private connectShared(key: string, target: PoolTarget): Promise<Entry> {
    const running = this.connecting.get(key);
    if (running) return running;
    const started = this.connectWithRetry(key, target).finally(() => this.connecting.delete(key));
    this.connecting.set(key, started);
    started.catch(() => undefined);
    return started;
  }

  private async connectWithRetry(key: string, target: PoolTarget): Promise<Entry> {
    const { connection, credential } = target;
    const host = `${connection.address}:${connection.port}`;
    const place = `${target.tenantId}|${connection.assetId}|${host}`;
    for (let n = 1; ; n++) {
      const release = await this.limits.handshake(host, this.stopped.signal);
      try {
        const known = this.learned.get(place);
        const { client, learned } = await connect({ connection, credential, learned: known ? [known] : [] }, this.options);
        if (learned) this.learned.set(place, learned);
        return this.keep(key, client);
      } catch (error) {
        if (!(error instanceof ConnectFailure) || !error.again || n >= this.options.connectTries) throw error;
      } finally {
        release();
      }
      await wait(Math.random() * Math.min(2000, 100 * 2 ** n), undefined, { signal: this.stopped.signal });
    }
  }

  private keep(key: string, client: Client): Entry {
    const entry: Entry = { client, born: performance.now(), users: 0, lastUsed: performance.now(), alive: true, timer: undefined };
    const gone = () => {
      entry.alive = false;
      clearTimeout(entry.timer);
      if (this.entries.get(key) === entry) this.entries.delete(key);
    };
    // Every channel in use listens too.
    client.setMaxListeners(64);
    client.on('error', gone).on('end', gone).on('close', gone);
    this.entries.set(key, entry);
    this.makeRoom(entry);
    this.rest(key, entry);
    return entry;
  }

  private makeRoom(newest: Entry): void {
    const idle = [...this.entries].filter(([, e]) => e.users === 0 && e !== newest).sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key, entry] of idle.slice(0, Math.max(0, this.entries.size - this.options.maxConnections))) this.drop(key, entry);
  }

  /** Lets an unused connection expire. */
  private rest(key: string, entry: Entry): void {
    if (entry.users > 0) return;
    if (this.entries.get(key) !== entry) entry.client.end();
    else {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => this.drop(key, entry), this.options.idleMs).unref();
    }
  }

  private drop(key: string, entry: Entry): void {
    clearTimeout(entry.timer);
    entry.alive = false;
    if (this.entries.get(key) === entry) this.entries.delete(key);
    if (entry.users === 0) entry.client.end();
  }

  private keyOf({ tenantId, connection: c, credential }: PoolTarget): string {
    const content = createHmac('sha256', this.digestKey).update(JSON.stringify([credential, c.hostKey ?? '', c.hostKeyPolicy ?? '', c.hostname])).digest('base64');
    return JSON.stringify([tenantId, c.assetId, c.address, c.port, c.credentialId ?? '', content]);
  }
}

/** The promise's outcome, or the signal's reason if that comes first; the promise itself goes on. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let off = () => {};
  const aborted = new Promise<never>((_ok, bad) => {
    const listener = () => bad(signal.reason as Error);
    signal.addEventListener('abort', listener, { once: true });
    off = () => signal.removeEventListener('abort', listener);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    off();
  }
}
