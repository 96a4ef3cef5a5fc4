/** Batches of the outbox whose attempts the relay has put into BullMQ, by their ids. Their rows are deleted by the next commit along the way, or by the relay when none comes. */
export class SentBatches {
  private ids: string[] = [];
  private since = 0;

  add(ids: readonly string[]): void {
    if (this.ids.length === 0) this.since = performance.now();
    this.ids.push(...ids);
  }

  /** All of them; they are the caller's from now on. */
  take(): readonly string[] {
    const taken = this.ids;
    this.ids = [];
    return taken;
  }

  /** For how long the oldest of them waits, in milliseconds; 0 when there is none. */
  get waitingMs(): number {
    return this.ids.length === 0 ? 0 : performance.now() - this.since;
  }
}
