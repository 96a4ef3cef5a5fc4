import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { ToolFailure } from '@opsmesh/contracts';
import { WinRmError, type WinRmClient, type WinRmConnection } from '@opsmesh/winrm';
import { unlessAborted } from '../host/unless-aborted.js';
import type { HostLimits } from '../ssh/host-limits.js';
import { connectOptionsOf, type WindowsTarget } from './windows-target.js';

export interface WindowsPoolOptions {
  /** Most unused connections kept; beyond it the longest unused goes. */
  readonly maxIdle: number;
  /** A connection nobody used for this long is closed, in milliseconds; less than the 120 s after which Windows closes it. */
  readonly idleMs: number;
  /** A connection older than this is not used again, in milliseconds. */
  readonly maxAgeMs: number;
  /** Time for connecting, TLS and log-in together, in milliseconds. */
  readonly connectMs: number;
}

export const DEFAULT_WINDOWS_POOL: WindowsPoolOptions = { maxIdle: 256, idleMs: 60_000, maxAgeMs: 900_000, connectMs: 10_000 };

/** An authenticated connection for one user at a time, until `release`. */
export interface WindowsLease {
  readonly connection: WinRmConnection;
  /** It had been used before: it may have died while nobody looked. */
  readonly reused: boolean;
  /** Gives the connection back; one that has ended is forgotten. */
  readonly release: () => void;
}

interface Idle {
  readonly key: string;
  readonly connection: WinRmConnection;
  readonly born: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Authenticated connections to Windows hosts, kept for reuse.
 * 1. A connection has one user at a time: WinRM's messages are sealed in order, so each shell has a connection of its own.
 * 2. It is reused only for the same tenant, asset, address, credential (id and content) and TLS rules.
 * 3. Until a credential has worked once, one connection at a time is made with it, and those who wait share its refusal: a wrong password is sent once,
 *    not fifty times, and locks no account.
 */
export class WindowsConnectionPool {
  /** Oldest first. */
  private readonly idle = new Set<Idle>();
  private readonly proving = new Map<string, Promise<boolean>>();
  private readonly proven = new Set<string>();
  /** Keys hold a digest of the secret, useless outside this process. */
  private readonly digestKey = createSecretKey(randomBytes(32));
  private closed = false;

  constructor(private readonly client: Pick<WinRmClient, 'connect'>, private readonly limits: HostLimits, private readonly options: WindowsPoolOptions = DEFAULT_WINDOWS_POOL) {}

  get size(): number {
    return this.idle.size;
  }

  /** @throws WinRmError; ToolFailure for a credential that can't be used there; the signal's reason when that is aborted first */
  async acquire(target: WindowsTarget, signal: AbortSignal): Promise<WindowsLease> {
    signal.throwIfAborted();
    const key = this.keyOf(target);
    const kept = this.take(key);
    if (kept) return this.lease(key, kept.connection, kept.born, true);
    const connection = await this.connectProven(key, target, signal);
    return this.lease(key, connection, performance.now(), false);
  }

  /** Closes every unused connection and keeps none any more. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.idle].map((entry) => this.drop(entry)));
  }

  private take(key: string): Idle | undefined {
    for (const entry of [...this.idle].reverse()) {
      if (entry.key !== key) continue;
      if (entry.connection.isOpen && performance.now() - entry.born < this.options.maxAgeMs) {
        this.forget(entry);
        return entry;
      }
      void this.drop(entry);
    }
    return undefined;
  }

  /** Invariant 3. */
  private async connectProven(key: string, target: WindowsTarget, signal: AbortSignal): Promise<WinRmConnection> {
    while (!this.proven.has(key)) {
      const other = this.proving.get(key);
      if (!other) return await this.prove(key, target, signal);
      if (!await unlessAborted(other, signal)) continue;
    }
    return await this.connect(key, target, signal);
  }

  private prove(key: string, target: WindowsTarget, signal: AbortSignal): Promise<WinRmConnection> {
    const attempt = this.connect(key, target, signal);
    const proof = attempt.then(() => { this.proven.add(key); return true; }, (error: unknown) => {
      if (isRefusal(error)) throw error;
      // It says nothing about the credential: the next one tries.
      return false;
    }).finally(() => this.proving.delete(key));
    proof.catch(() => undefined);
    this.proving.set(key, proof);
    return attempt;
  }

  private async connect(key: string, target: WindowsTarget, signal: AbortSignal): Promise<WinRmConnection> {
    const { address, port } = target.connection;
    const release = await this.limits.handshake(`${address}:${port}`, signal);
    try {
      return await this.client.connect({ ...connectOptionsOf(target, this.options.connectMs), signal });
    } catch (error) {
      if (isRefusal(error)) this.proven.delete(key);
      if (signal.aborted && error instanceof WinRmError && error.code === 'cancelled') throw signal.reason;
      // Its messages name what is wrong, and never hold a value.
      if (error instanceof TypeError || error instanceof RangeError) throw new ToolFailure('target-refused', `the asset or its credential cannot be used: ${error.message}`);
      throw error;
    } finally {
      release();
    }
  }

  private lease(key: string, connection: WinRmConnection, born: number, reused: boolean): WindowsLease {
    let open = true;
    return {
      connection,
      reused,
      release: () => {
        if (!open) return;
        open = false;
        this.keep(key, connection, born);
      },
    };
  }

  private keep(key: string, connection: WinRmConnection, born: number): void {
    if (!connection.isOpen) return;
    if (this.closed) {
      void connection.close();
      return;
    }
    const entry: Idle = { key, connection, born, timer: setTimeout(() => { void this.drop(entry); }, this.options.idleMs).unref() };
    this.idle.add(entry);
    const [oldest] = this.idle;
    if (this.idle.size > this.options.maxIdle && oldest) void this.drop(oldest);
  }

  private forget(entry: Idle): void {
    clearTimeout(entry.timer);
    this.idle.delete(entry);
  }

  private async drop(entry: Idle): Promise<void> {
    this.forget(entry);
    await entry.connection.close();
  }

  private keyOf({ tenantId, connection: c, credential }: WindowsTarget): string {
    const content = createHmac('sha256', this.digestKey).update(JSON.stringify([credential, c.hostname, c.tls ?? null, c.tlsCa ?? '', c.tlsFingerprint ?? ''])).digest('base64');
    return JSON.stringify([tenantId, c.assetId, c.address, c.port, c.credentialId ?? '', content]);
  }
}

/** The host or its certificate was not what the credential is for; nobody should try the same again at once. */
function isRefusal(error: unknown): boolean {
  return error instanceof WinRmError && (error.code === 'auth-failed' || error.code === 'tls-untrusted');
}
