import type { AttemptRef } from './change-set.js';

/** Attempts that the relay has put into BullMQ and whose outbox rows are still there. The next commit deletes them along the way, or the relay when none comes. */
export class SentAttempts {
  private attempts: AttemptRef[] = [];
  private since = 0;

  add(attempts: readonly AttemptRef[]): void {
    if (this.attempts.length === 0) this.since = performance.now();
    for (const attempt of attempts) this.attempts.push(attempt);
  }

  /** All of them; they are the caller's from now on. */
  take(): readonly AttemptRef[] {
    const taken = this.attempts;
    this.attempts = [];
    return taken;
  }

  /** For how long the oldest of them waits, in milliseconds; 0 when there is none. */
  get waitingMs(): number {
    return this.attempts.length === 0 ? 0 : performance.now() - this.since;
  }
}
