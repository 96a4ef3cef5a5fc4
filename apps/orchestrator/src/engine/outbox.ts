import type { JsonObject } from '@opsmesh/plan-model';
import type { AttemptRef } from './positions.js';

/** An attempt that is wanted in BullMQ. */
export interface WantedAttempt extends AttemptRef {
  readonly queue: string;
  /** It needs a lock, or leave by a rate limit, before it is sent. */
  readonly gated: boolean;
  /** With its inputs at hand the process that commits it can relay it without asking the record for them. */
  readonly inputs?: JsonObject;
}

/** Attempts of one queue that leave together: one row of the outbox. */
export interface OutboxBatch {
  readonly id: string;
  readonly queue: string;
  readonly attempts: readonly WantedAttempt[];
}

/** Most attempts of a row: with more PostgreSQL would keep its arrays outside of it. */
const MOST_ATTEMPTS = 64;

/** The attempts that one commit wants: in batches what may leave at once, one by one what must pass the gate. */
export class Outbox {
  readonly gated: WantedAttempt[] = [];
  private readonly filled: { readonly id: string; readonly queue: string; readonly attempts: WantedAttempt[] }[] = [];

  /** @param newId ids of batches: UUIDs, in the order of time */
  constructor(private readonly newId: () => string) {}

  get batches(): readonly OutboxBatch[] {
    return this.filled;
  }

  /** Number of all attempts. */
  get size(): number {
    return this.filled.reduce((n, { attempts }) => n + attempts.length, this.gated.length);
  }

  add(wanted: WantedAttempt): void {
    if (wanted.gated) {
      this.gated.push(wanted);
      return;
    }
    const open = this.filled.findLast(({ queue }) => queue === wanted.queue);
    if (open && open.attempts.length < MOST_ATTEMPTS) open.attempts.push(wanted);
    else this.filled.push({ id: this.newId(), queue: wanted.queue, attempts: [wanted] });
  }
}
