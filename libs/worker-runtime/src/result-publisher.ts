import { setTimeout as pause } from 'node:timers/promises';
import { entryOf, RESULTS_STREAM } from '@opsmesh/contracts';
import { limitedErrorLog, type Logger } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import { RecentResults } from './recent-results.js';

/** Pauses between attempts to write: doubling from the first to the second, in milliseconds. */
const BACKOFF_MS = [50, 1000] as const;
/** Most results in one entry of the stream, and most characters of JSON of all but the last of them. */
const MOST_TOGETHER = 64;
const CHARACTERS = 256 * 1024;

interface Waiting {
  readonly json: string;
  readonly written: () => void;
  readonly failed: (reason: Error) => void;
}

/**
 * Writes results to the stream.
 * 1. `publish` returns only after Redis confirmed the very entry that holds the result, and a job returns only after that: so a job never ends without its result.
 * 2. It never gives up while the process lives. A result may be written twice (its confirmation was lost); readers know results by their attempt.
 * 3. Results that come in one turn of the event loop share an entry. None waits for another one to come.
 */
export class ResultPublisher {
  readonly recent = new RecentResults();
  private waiting: Waiting[] = [];
  private readonly complain: (err: Error) => void;

  /** @param redis a connection whose commands wait for the server (`maxRetriesPerRequest: null`). */
  constructor(private readonly redis: Pick<Redis, 'status' | 'xadd'>, log: Logger) {
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

  private write(json: string): Promise<void> {
    return new Promise((written, failed) => {
      // A tick comes after all that goes on in this turn.
      if (this.waiting.push({ json, written, failed }) === 1) process.nextTick(() => { this.flush(); });
    });
  }

  private flush(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (let from = 0; from < waiting.length;) {
      const entry: Waiting[] = [];
      for (let characters = 0; from < waiting.length && entry.length < MOST_TOGETHER && characters < CHARACTERS; from++) {
        entry.push(waiting[from]!);
        characters += waiting[from]!.json.length;
      }
      this.redis.xadd(RESULTS_STREAM, '*', ...entryOf(entry.map((r) => r.json))).then(
        () => { for (const { written } of entry) written(); },
        (e: unknown) => { for (const { failed } of entry) failed(e as Error); },
      );
    }
  }
}
