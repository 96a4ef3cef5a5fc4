/** A number of places, given in the order they were asked for. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly places: number) {}

  /** True when nobody has a place or waits for one. */
  get idle(): boolean {
    return this.taken === 0 && this.waiting.length === 0;
  }

  /**
   * Waits for a place; the function given gives it back (calling it again does nothing).
   * Rejects with the signal's reason when that is aborted first.
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.taken < this.places) this.taken++;
    else {
      await new Promise<void>((ok, bad) => {
        const granted = () => {
          signal.removeEventListener('abort', aborted);
          ok();
        };
        const aborted = () => {
          this.waiting.splice(this.waiting.indexOf(granted), 1);
          bad(signal.reason as Error);
        };
        this.waiting.push(granted);
        signal.addEventListener('abort', aborted, { once: true });
      });
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.waiting.shift();
      if (next) next();
      else this.taken--;
    };
  }
}
