import { EventEmitter, once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { WORKER_LOST_MS } from '@opsmesh/contracts';

/** A moment by both clocks of the machine, in milliseconds. `steady` stands still while the machine is suspended; `wall` may be set, so only their larger distance is believed. */
export interface Moment { readonly steady: number; readonly wall: number }

/**
 * What a worker knows of its being heard: a process that stood still, or could not reach an orchestrator, may have been given up, and what it had not begun
 * may be somebody else's by now. Measured by its own clocks from the sending of one heartbeat to the answer of the next, which is never shorter than what the record saw.
 */
export class Presence {
  private heardAt: Moment;
  private backAt = -Infinity;
  private readonly events = new EventEmitter().setMaxListeners(0);

  constructor(private readonly clock: () => Moment = () => ({ steady: performance.now(), wall: Date.now() })) {
    this.heardAt = clock();
  }

  /** For {@link heard}: when the heartbeat is sent. */
  now(): Moment {
    return this.clock();
  }

  /** A heartbeat that was sent then was answered now. */
  heard(sentAt: Moment): void {
    const now = this.clock();
    if (between(this.heardAt, now) >= WORKER_LOST_MS) this.backAt = now.steady;
    this.heardAt = sentAt;
    this.events.emit('heard');
  }

  /**
   * Resolves when it was heard lately, mostly at once: so a claim that is made then does not meet the end of a silence, after which nothing may begin.
   * @throws AbortError
   */
  async untilHeard(signal: AbortSignal): Promise<void> {
    while (between(this.heardAt, this.clock()) >= WORKER_LOST_MS / 2) await once(this.events, 'heard', { signal });
  }

  /** Whether it may have been given up at any time since then (`performance.now()`). */
  mayBeGivenUpSince(then: number): boolean {
    return this.backAt >= then || between(this.heardAt, this.clock()) >= WORKER_LOST_MS;
  }
}

function between(from: Moment, to: Moment): number {
  return Math.max(to.steady - from.steady, to.wall - from.wall);
}
