/** Captures that may be made at the same time. Times are milliseconds of a clock that does not jump. */
export class CaptureSlots {
  /** When each running capture ends at the latest. */
  private readonly ends = new Set<{ readonly at: number }>();

  constructor(private readonly parallel: number) {}

  get idle(): boolean {
    return this.ends.size === 0;
  }

  /** @returns the function that frees the slot, or the milliseconds until one is free at the latest */
  take(now: number, longestMs: number): (() => void) | number {
    if (this.ends.size >= this.parallel) return Math.max(1, Math.min(...[...this.ends].map((end) => end.at)) - now);
    const end = { at: now + longestMs };
    this.ends.add(end);
    return () => { this.ends.delete(end); };
  }
}
