import { once } from 'node:events';
import { CANCEL_CHANNEL, MESSAGE_VERSION } from '@opsmesh/contracts';
import { createRedis, redisConnection } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.js';
import type { OutboxBatch } from '../engine/outbox.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { WorkerStore } from '../store/worker-store.js';
import { ResultCacheStore } from '../store/result-cache.js';
import { CacheSweeper } from './cache-sweeper.js';
import { takeOutPaused } from './paused-attempts.js';
import { Queues } from './queues.js';
import { Reconciler } from './reconciler.js';
import { Relay } from './relay.js';
import { ResultConsumer, type DeadLetters } from './result-consumer.js';
import { Timers } from './timers.js';

export interface TransportParts {
  readonly redisUrl: string;
  readonly pool: Pool;
  readonly engine: Engine;
  readonly facts: RunFactsCache;
  readonly workers: WorkerStore;
  readonly deadLetters: DeadLetters;
  /** Name of this process in the consumer group; unique. */
  readonly consumer: string;
  readonly log: Logger;
}

/** Time that Redis has to answer before the loops start without it, in milliseconds. */
const CONNECT_MS = 1000;

/** Everything between the record and Redis, started and stopped together. All of Redis may be lost at any moment. */
export class Transport {
  readonly queues: Queues;
  /** For short commands. */
  readonly redis: Redis;
  private readonly relay: Relay;
  private readonly timers: Timers;
  private readonly consumer: ResultConsumer;
  private readonly reconciler: Reconciler;
  private readonly cacheSweeper: CacheSweeper;

  constructor(private readonly parts: TransportParts) {
    const { redisUrl, pool, engine, facts, workers, deadLetters, consumer, log } = parts;
    this.redis = createRedis(redisUrl, { log, extra: { enableOfflineQueue: false, commandTimeout: 15_000, maxRetriesPerRequest: 1 } });
    const reader = createRedis(redisUrl, { log, extra: { maxRetriesPerRequest: null } });
    this.queues = new Queues(redisConnection(redisUrl), log);
    this.relay = new Relay({ pool, queues: this.queues, facts, sent: engine.sent, workers, redis: this.redis, log });
    this.timers = new Timers(pool, engine, log);
    this.consumer = new ResultConsumer({ reader, redis: this.redis, engine, facts, deadLetters, consumer, log });
    this.reconciler = new Reconciler({ pool, engine, facts, queues: this.queues, workers, redis: this.redis, log });
    this.cacheSweeper = new CacheSweeper(new ResultCacheStore(pool), log);
  }

  /** Begins when Redis is there, or does not come at once: then the loops go on trying, and say so. */
  async start(): Promise<void> {
    if (this.redis.status !== 'ready') await once(this.redis, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) }).catch(() => undefined);
    this.relay.start();
    this.timers.start();
    this.consumer.start();
    this.reconciler.start();
    this.cacheSweeper.start();
  }

  outboxFilled(batches: readonly OutboxBatch[]): void { this.relay.hand(batches); }
  gateMayOpen(): void { this.relay.look(); }
  timersSet(): void { this.timers.wake(); }

  /** Takes what waits of paused runs out of the queues; what a worker has already, or what Redis does not give back now, is refused when it is claimed. */
  paused(runIds: readonly string[]): void {
    takeOutPaused({ ...this.parts, queues: this.queues }, runIds).catch((err: unknown) => { this.parts.log.warn({ err }, 'attempts of a paused run are left in their queues'); });
  }

  /** Tells the workers to abort what they run of the run; one that does not hear it learns it from its heartbeat. */
  abort(runId: string): void {
    this.redis.publish(CANCEL_CHANNEL, JSON.stringify({ v: MESSAGE_VERSION, runId })).catch(() => undefined);
  }

  async stop(): Promise<void> {
    await Promise.all([this.consumer.stop(), this.relay.stop(), this.timers.stop(), this.reconciler.stop(), this.cacheSweeper.stop()]);
    await this.queues.close();
    this.redis.disconnect();
  }
}
