/**
 * Times between two events of the same thing, by the process' monotonic clock. What began in another process is not timed: a histogram
 * does not need every one of them. Bounded: the oldest that has not ended is forgotten.
 */
export class Stopwatch {
  private readonly begun = new Map<string, number>();

  constructor(private readonly capacity = 50_000) {}

  start(key: string): void {
    if (this.begun.has(key)) return;
    this.begun.set(key, performance.now());
    if (this.begun.size > this.capacity) this.begun.delete(this.begun.keys().next().value!);
  }

  /** Seconds since the start; undefined when it was not seen. */
  stop(key: string): number | undefined {
    const begun = this.begun.get(key);
    if (begun === undefined) return undefined;
    this.begun.delete(key);
    return (performance.now() - begun) / 1000;
  }
}
