import type { JobDto } from '@opsmesh/contracts';
import { redisConnection } from '@opsmesh/platform';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { NewRun } from '../engine/run.js';
import { SentBatches } from '../engine/sent-batches.js';
import { WorkerStore } from '../store/worker-store.js';
import { Queues } from '../transport/queues.js';
import { Relay } from '../transport/relay.js';
import { newEngine, openRedis, outboxOf, releaseOutbox, SILENT, useRecord } from './rig.js';
import { create } from './submissions.js';

/** Queues that remember what was added to them. */
export class WatchedQueues extends Queues {
  readonly added: string[] = [];
  override async add(name: string, jobs: readonly (readonly JobDto[])[]): Promise<void> {
    await super.add(name, jobs);
    this.added.push(...jobs.flat().map((a) => a.attemptId));
  }
}

/** Relays over a record and a Redis of the spec file. What a spec opens is closed after it. */
export class RelayRig {
  private readonly open: (() => Promise<unknown>)[] = [];

  constructor(readonly pool: Pool, readonly redis: Redis, readonly url: string) {}

  /** Something else to be closed after the spec. */
  closing(close: () => Promise<unknown>): void {
    this.open.push(close);
  }

  async closeAll(): Promise<void> {
    for (const close of this.open.splice(0).reverse()) await close();
  }

  queues(redisUrl = this.url): WatchedQueues {
    const queues = new WatchedQueues(redisConnection(redisUrl), SILENT);
    this.closing(() => queues.close());
    return queues;
  }

  relay(queues: Queues, { from = this.pool, by = this.redis, log = SILENT }: { from?: Pool; by?: Redis; log?: Logger } = {}): Relay {
    const relay = new Relay({ pool: from, queues, facts: newEngine(this.pool).facts, sent: new SentBatches(), workers: new WorkerStore(this.pool), redis: by, log });
    this.closing(() => relay.stop());
    return relay;
  }

  /** Commits runs in a process that ends right afterwards: their rows are for any relay to take. */
  async commit(...runs: NewRun[]): Promise<void> {
    await newEngine(this.pool).engine.submit(runs.map(create));
    await releaseOutbox(this.pool);
  }

  async allSent(): Promise<void> {
    await waitFor(async () => (await outboxOf(this.pool)).length === 0, { what: 'the outbox to be empty' });
  }
}

/** Opens a rig before the specs of the file; its outbox, its workers and its Redis are empty before each. */
export function useRelays(opened: (rig: RelayRig) => void): void {
  let rig: RelayRig; let pool: Pool;
  useRecord((database) => { ({ pool } = database); });
  beforeAll(async () => {
    const { url, redis } = await openRedis();
    rig = new RelayRig(pool, redis, url);
    opened(rig);
  });
  beforeEach(async () => {
    await pool.query('truncate orchestrator.outbox, orchestrator.gated_attempts, orchestrator.workers');
    await rig.redis.flushdb();
  });
  afterEach(() => rig.closeAll());
  afterAll(() => { rig.redis.disconnect(); });
}
