import type { Logger } from 'pino';
import type { ResultCacheStore } from '../store/result-cache.js';
import { Loop } from './loop.js';

const IDLE_MS = 30_000;

/** Forgets again and again what can answer no more. */
export class CacheSweeper {
  private readonly loop: Loop;

  constructor(store: ResultCacheStore, log: Logger) {
    this.loop = new Loop({ name: 'cache sweeper', idleMs: IDLE_MS, log, turn: () => store.sweep() });
  }

  start(): void { this.loop.start(); }
  async stop(): Promise<void> { await this.loop.stop(); }
}
