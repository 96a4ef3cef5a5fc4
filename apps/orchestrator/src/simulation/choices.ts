/**
 * Where everything comes from that a schedule leaves to chance: drawn from a seed, or taken from a list that an earlier schedule left or that fast-check made.
 * 0 is always the tamest choice, so a list shrinks towards a schedule in which nothing happens; behind its end all choices are 0.
 */
export class Choices {
  /** What was chosen, in order. */
  readonly taken: number[] = [];
  private state: number;

  private constructor(seed: number, private readonly given: readonly number[] | undefined) {
    this.state = seed | 0;
  }

  static fromSeed(seed: number): Choices {
    // Neighbouring seeds must not begin alike.
    return new Choices(Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995, undefined);
  }

  static fromList(given: readonly number[]): Choices {
    return new Choices(0, given);
  }

  /** A whole number from 0 to `n - 1`. */
  below(n: number): number {
    const chosen = this.given ? (this.given[this.taken.length] ?? 0) % n : this.draw() % n;
    this.taken.push(chosen);
    return chosen;
  }

  /** True once in `n` times; never when `n` is 0 or 1. */
  oneIn(n: number): boolean {
    return n > 1 && this.below(n) === n - 1;
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  /** Mulberry32, a public-domain generator by T. Ettinger. */
  private draw(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
}
