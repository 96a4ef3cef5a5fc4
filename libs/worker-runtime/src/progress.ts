import { performance } from 'node:perf_hooks';
import { MESSAGE_VERSION, PROGRESS_CHANNEL, type ProgressDto } from '@opsmesh/contracts';
import type { Redis } from 'ioredis';
import type { Attempt } from './attempt.js';

/** Shortest time between two messages of one attempt, in milliseconds. */
const EVERY_MS = 100;
const MESSAGE_CHARACTERS = 16_384;

export interface News {
  readonly percent?: number;
  readonly message?: string;
}

interface Told {
  at: number;
  next: News | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Tells the watchers what attempts say of themselves: at most ten times a second each, the newest wins. Nobody waits for it, and it may be lost. */
export class ProgressPublisher {
  private readonly told = new Map<Attempt, Told>();

  constructor(private readonly redis: Pick<Redis, 'status' | 'publish'>) {}

  tell(attempt: Attempt, news: News): void {
    const now = performance.now();
    const told = this.told.get(attempt);
    if (!told) {
      this.told.set(attempt, { at: now, next: undefined, timer: undefined });
      this.send(attempt, news);
      return;
    }
    told.next = { ...told.next, ...news };
    told.timer ??= setTimeout(() => { this.flush(attempt, told); }, Math.max(0, told.at + EVERY_MS - now));
  }

  /** Sends what is still held back of an attempt that has ended, and forgets the attempt. */
  end(attempt: Attempt): void {
    const told = this.told.get(attempt);
    if (!told) return;
    this.told.delete(attempt);
    this.flush(attempt, told);
  }

  private flush(attempt: Attempt, told: Told): void {
    clearTimeout(told.timer);
    told.timer = undefined;
    if (!told.next) return;
    this.send(attempt, told.next);
    told.next = undefined;
    told.at = performance.now();
  }

  private send({ job }: Attempt, { percent, message }: News): void {
    // While Redis is away messages would pile up; they are news, not a record.
    if (this.redis.status !== 'ready') return;
    const progress: ProgressDto = {
      v: MESSAGE_VERSION, runId: job.runId, stepId: job.stepId, item: job.item, attempt: job.attempt,
      ...(percent === undefined || Number.isNaN(percent) ? {} : { percent: Math.round(Math.min(100, Math.max(0, percent))) }),
      ...(message === undefined ? {} : { message: message.slice(0, MESSAGE_CHARACTERS) }),
    };
    this.redis.publish(PROGRESS_CHANNEL, JSON.stringify(progress)).catch(() => undefined);
  }
}
