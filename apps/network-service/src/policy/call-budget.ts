/**
 * Calls a minute, as a bucket that is full at first and fills again evenly.
 * Time is given in milliseconds of a clock that does not jump.
 */
export class CallBudget {
  private left: number;

  constructor(private readonly perMinute: number, private at: number) {
    this.left = perMinute;
  }

  /** Takes one call. @returns 0 when there was one, else the milliseconds until there is */
  take(now: number): number {
    const perMs = this.perMinute / 60_000;
    this.left = Math.min(this.perMinute, this.left + (now - this.at) * perMs);
    this.at = now;
    // Sums of fractions may miss a whole call by a hair.
    if (this.left > 1 - 1e-9) {
      this.left -= 1;
      return 0;
    }
    return (1 - this.left) / perMs;
  }

  /** Whether nothing was taken lately, so that a new one would be the same. */
  isFull(now: number): boolean {
    return this.left + (now - this.at) * (this.perMinute / 60_000) >= this.perMinute;
  }
}
