import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { Loop } from '../../transport/loop.js';
import type { RetentionLimits } from './limits.js';
import { PURGES, purgeOld } from './purge-old.js';
import { purgeRows } from './purge-rows.js';
import { BEGINNING, purgeRuns, type EndedAt } from './purge-runs.js';

/** Time between two rounds, in milliseconds. */
const IDLE_MS = 10 * 60_000;
/** Longest rest after a batch, in milliseconds; it rests for as long as the batch took. */
const LONGEST_REST_MS = 1000;
/** SQL of the advisory lock of whoever does it. */
const LOCK = `hashtextextended('opsmesh retention', 0)`;

export interface RetentionParts {
  readonly pool: Pool;
  readonly limits: RetentionLimits;
  readonly log: Logger;
  /** Told how many runs were deleted, after that was committed. */
  readonly purged: (runs: number) => void;
}

/**
 * Deletes what is kept no longer, again and again, a batch a transaction. Of several orchestrators one does it at a time; the others leave the round to it.
 * It is at work half of the time at most, and what it deletes nobody writes to, so that commits do not wait for it.
 */
export class RetentionSweeper {
  private readonly loop: Loop;
  private readonly stopping = new AbortController();

  constructor(private readonly parts: RetentionParts) {
    this.loop = new Loop({ name: 'retention', idleMs: IDLE_MS, log: parts.log, turn: async () => { await this.round(); return false; } });
  }

  start(): void { this.loop.start(); }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop.stop();
  }

  /** Everything that may go now. @returns how many runs that were; none when another process is at it */
  async round(): Promise<number> {
    const client = await this.parts.pool.connect();
    // The lock ends with its connection, so that one that fails is thrown away.
    let isBroken = true;
    try {
      const { rows: [lock] } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${LOCK}) as taken`);
      const runs = lock!.taken ? await this.purge(client) : 0;
      if (lock!.taken) await client.query(`select pg_advisory_unlock(${LOCK})`);
      isBroken = false;
      return runs;
    } finally {
      client.release(isBroken);
    }
  }

  private async purge(client: PoolClient): Promise<number> {
    const { limits, log, purged } = this.parts;
    let runs = 0;
    let next: EndedAt | null = BEGINNING;
    while (next) {
      const from: EndedAt = next;
      const batch = await this.batch(client, () => purgeRuns(client, limits, from));
      if (batch && batch.purged > 0) purged(batch.purged);
      runs += batch?.purged ?? 0;
      next = batch?.next ?? null;
    }
    while (await this.batch(client, () => purgeRows(client))) { /* more */ }
    for (const purge of PURGES) {
      const days = limits[purge.limit];
      while (days !== null && await this.batch(client, () => purgeOld(client, purge, days))) { /* more */ }
    }
    if (runs > 0) log.info({ runs }, 'runs that were kept for long enough were deleted');
    return runs;
  }

  /** One transaction, and a rest. @returns undefined when this process stops */
  private async batch<T>(client: PoolClient, work: () => Promise<T>): Promise<T | undefined> {
    if (this.stopping.signal.aborted) return undefined;
    const began = performance.now();
    await client.query('begin');
    const result = await work();
    await client.query('commit');
    await pause(Math.min(LONGEST_REST_MS, performance.now() - began), undefined, { signal: this.stopping.signal }).catch(() => undefined);
    return result;
  }
}
