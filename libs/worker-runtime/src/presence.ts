import { performance } from 'node:perf_hooks';
import { WORKER_LOST_MS } from '@opsmesh/contracts';

/**
 * What a worker knows of its being heard: a process that stood still, or could not reach an orchestrator, may have been given up, and what it had not begun
 * may be somebody else's by now. Measured by its own clock from the sending of one heartbeat to the answer of the next, which is never shorter than what the record saw.
 */
export class Presence {
  private heardAt: number;
  private backAt = -Infinity;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.heardAt = now();
  }

  /** A heartbeat that was sent at that time (`performance.now()`) was answered now. */
  heard(sentAt: number): void {
    const now = this.now();
    if (now - this.heardAt >= WORKER_LOST_MS) this.backAt = now;
    this.heardAt = sentAt;
  }

  /** Whether it may have been given up at any time since then (`performance.now()`). */
  mayBeGivenUpSince(then: number): boolean {
    return this.backAt >= then || this.now() - this.heardAt >= WORKER_LOST_MS;
  }
}
