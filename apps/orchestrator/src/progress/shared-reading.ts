/** One reading for all who ask while it is made, and for a while after. */
export class SharedReading<T> {
  private reading: Promise<T> | undefined;
  private madeAt = -Infinity;

  constructor(private readonly read: () => Promise<T>, private readonly maxAgeMs: number) {}

  get(): Promise<T> {
    if (this.reading && performance.now() - this.madeAt < this.maxAgeMs) return this.reading;
    this.madeAt = performance.now();
    const made = this.read();
    this.reading = made;
    // A reading that failed is not kept.
    made.catch(() => { if (this.reading === made) this.reading = undefined; });
    return made;
  }
}
