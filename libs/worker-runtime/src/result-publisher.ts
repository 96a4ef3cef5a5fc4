import { setTimeout as pause } from 'node:timers/promises';
import { RESULTS_STREAM } from '@opsmesh/contracts';
import { limitedErrorLog, type Logger } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { WriteGatherer } from './gather-writes.js';
import { RecentResults } from './recent-results.js';

/** Pauses between attempts to write: doubling from the first to the second, in milliseconds. */
const BACKOFF_MS = [50, 1000] as const;

/**
 * Writes results to the stream.
 * 1. `publish` returns only after Redis confirmed that very entry, and a job returns only after that: so a job never ends without its result.
 * 2. It never gives up while the process lives. An entry may be written twice (its confirmation was lost); readers know results by their attempt.
 * 3. Entries of one turn of the event loop leave in one write, but an entry that finds nothing under way leaves at once.
 */
export class ResultPublisher {
  readonly recent = new RecentResults();
  private underWay = 0;
  private readonly complain: (err: Error) => void;

  /** @param redis a connection whose commands wait for the server (`maxRetriesPerRequest: null`). */
  constructor(private readonly redis: Pick<Redis, 'status' | 'xadd'>, private readonly writes: Pick<WriteGatherer, 'gather'>, log: Logger) {
    this.complain = limitedErrorLog(log, 'a result could not be written and is tried again');
  }

  async publish(attemptId: string, json: string): Promise<void> {
    let wait: number = BACKOFF_MS[0];
    for (;;) {
      try {
        await this.write(json);
        break;
      } catch (e) {
        // The connection was closed for good: the process is ending.
        if (this.redis.status === 'end') throw e;
        this.complain(e as Error);
      }
      await pause(wait);
      wait = Math.min(wait * 2, BACKOFF_MS[1]);
    }
    this.recent.add(attemptId, json);
  }

  /** Writes a result once more. @returns false when it is not known any more. */
  async resend(attemptId: string): Promise<boolean> {
    const json = this.recent.get(attemptId);
    if (json === undefined) return false;
    await this.publish(attemptId, json);
    return true;
  }

  private async write(json: string): Promise<void> {
    if (this.underWay > 0) this.writes.gather();
    this.underWay++;
    try {
      await this.redis.xadd(RESULTS_STREAM, '*', 'result', json);
    } finally {
      this.underWay--;
    }
  }
}
