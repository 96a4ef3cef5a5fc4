import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { Client } from 'ssh2';
import { setTimeout as wait } from 'node:timers/promises';
import type { KnownKey } from '@opsmesh/platform';
import { unlessAborted } from '../host/unless-aborted.js';
import { connect, type ConnectTimes, type Hop } from './connect.js';
import { ConnectFailure } from './connect-failure.js';
import type { ConnectionLease } from './connection-lease.js';
import { secretsOf } from './credential-secrets.js';
import { openTunnel, type Tunnel } from './tunnel.js';
import { hangUp } from './hang-up.js';
import type { HostLimits } from './host-limits.js';

export interface PoolOptions extends ConnectTimes {
  /** Most connections kept; beyond it the longest unused goes. Those in use are never closed for room. */
  readonly maxConnections: number;
  /** A connection nobody used for this long is closed, in milliseconds. */
  readonly idleMs: number;
  /** A connection older than this is not given out any more, in milliseconds. */
  readonly maxAgeMs: number;
  /** Most tries to connect; only failures before authentication are tried again. */
  readonly connectTries: number;
  /** Socket of the SSH agent that credentials may use; none when left out. */
  readonly agent?: string | undefined;
}

export const DEFAULT_POOL: PoolOptions = { maxConnections: 256, idleMs: 60_000, maxAgeMs: 900_000, connectMs: 10_000, keepaliveMs: 10_000, connectTries: 5 };

/** Whose connection to which host. */
export interface PoolTarget extends Hop {
  readonly tenantId: string;
  /** Jump hosts on the way, nearest to us first. */
  readonly via?: readonly Hop[] | undefined;
}

/** The place in the network that a target is: its address, seen from its last jump host. */
export function placeOf({ connection, via = [] }: Pick<PoolTarget, 'connection' | 'via'>): string {
  return [...via.map((h) => h.connection), connection].map((c) => `${c.address}:${c.port}`).join('>');
}

interface Entry {
  readonly client: Client;
  readonly secrets: readonly string[];
  readonly born: number;
  users: number;
  lastUsed: number;
  alive: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Authenticated connections, kept for reuse.
 * 1. A connection is reused only for the same tenant, asset, address, credential (id and content) and host key rules, of itself and of each jump host.
 * 2. Those who ask for the same connection while it is made share the one try, and its failure: a wrong password is sent once, not fifty times.
 * 3. A connection that ends leaves the pool at once.
 * 4. A jump host's connection is one of the pool's own, shared by the targets behind it, and in use as long as one of their connections lives.
 */
export class ConnectionPool {
  private readonly entries = new Map<string, Entry>();
  private readonly connecting = new Map<string, Promise<Entry>>();
  private readonly learned = new Map<string, KnownKey>();
  /** Keys hold a digest of the secret, useless outside this process. */
  private readonly digestKey = createSecretKey(randomBytes(32));
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
      secrets: entry.secrets,
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
    if (entry.users === 0) hangUp(entry.client);
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
    for (let n = 1; ; n++) {
      try {
        return await this.connectOnce(key, target);
      } catch (error) {
        if (!(error instanceof ConnectFailure) || !error.again || n >= this.options.connectTries) throw error;
      }
      await wait(Math.random() * Math.min(2000, 100 * 2 ** n), undefined, { signal: this.stopped.signal }).catch(() => { throw this.stopped.signal.reason as Error; });
    }
  }

  private async connectOnce(key: string, target: PoolTarget): Promise<Entry> {
    const { connection, credential } = target;
    const host = placeOf(target);
    const learnedAt = `${target.tenantId}|${connection.assetId}|${host}`;
    // Before a place for the handshake is taken: nobody holds one while waiting for another.
    const tunnel = await this.tunnelTo(target);
    const release = await this.limits.handshake(host, this.stopped.signal).catch((error: unknown) => { tunnel?.close(); throw error; });
    try {
      const { client, learned } = await connect({ connection, credential, learned: this.learned.get(learnedAt), through: tunnel?.stream, agent: this.options.agent }, this.options);
      if (this.stopped.signal.aborted) {
        hangUp(client);
        throw this.stopped.signal.reason;
      }
      if (learned) this.learned.set(learnedAt, learned);
      if (tunnel) client.on('close', () => tunnel.close());
      return this.keep(key, client, this.listOf(secretsOf([...(target.via ?? []), target])));
    } catch (error) {
      tunnel?.close();
      throw error;
    } finally {
      release();
    }
  }

  /** @throws ConnectFailure that names the jump host which failed */
  private async tunnelTo({ tenantId, connection, via = [] }: PoolTarget): Promise<Tunnel | undefined> {
    const last = via.at(-1);
    if (!last) return undefined;
    const lease = await this.acquire({ ...last, tenantId, via: via.slice(0, -1) }, this.stopped.signal).catch((error: unknown) => {
      // Its own connection was tried often enough.
      throw error instanceof ConnectFailure ? new ConnectFailure(error.kind, `jump host ${last.connection.hostname}: ${error.message}`) : error;
    });
    return openTunnel(lease, { hop: last.connection, to: connection, timeoutMs: this.options.connectMs });
  }

  /** The list of a connection that has the same secrets, if there is one. */
  private listOf(secrets: readonly string[]): readonly string[] {
    for (const { secrets: list } of this.entries.values()) {
      if (list.length === secrets.length && list.every((s, i) => s === secrets[i])) return list;
    }
    return secrets;
  }

  private keep(key: string, client: Client, secrets: readonly string[]): Entry {
    const entry: Entry = { client, secrets, born: performance.now(), users: 0, lastUsed: performance.now(), alive: true, timer: undefined };
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
    if (this.entries.size <= this.options.maxConnections) return;
    const idle = [...this.entries].filter(([, e]) => e.users === 0 && e !== newest).sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key, entry] of idle.slice(0, this.entries.size - this.options.maxConnections)) this.drop(key, entry);
  }

  /** Lets an unused connection expire. */
  private rest(key: string, entry: Entry): void {
    if (entry.users > 0) return;
    if (this.entries.get(key) !== entry) hangUp(entry.client);
    else {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => this.drop(key, entry), this.options.idleMs).unref();
    }
  }

  private drop(key: string, entry: Entry): void {
    clearTimeout(entry.timer);
    entry.alive = false;
    if (this.entries.get(key) === entry) this.entries.delete(key);
    if (entry.users === 0) hangUp(entry.client);
  }

  private keyOf({ tenantId, connection, credential, via = [] }: PoolTarget): string {
    const hops = [...via, { connection, credential }].map(({ connection: c, credential: secret }) => {
      const content = createHmac('sha256', this.digestKey).update(JSON.stringify([secret, c.hostKey ?? '', c.hostKeyPolicy ?? '', c.hostname])).digest('base64');
      return [c.assetId, c.address, c.port, c.credentialId ?? '', content];
    });
    return JSON.stringify([tenantId, ...hops]);
  }
}
