import type { Logger } from 'pino';

export interface LoopOptions {
  readonly name: string;
  /** Longest time between two turns when nothing wakes the loop, in milliseconds; asked after every turn when it is a function. */
  readonly idleMs: number | (() => number);
  readonly log: Logger;
  /** One turn; true when there may be more to do at once. */
  readonly turn: () => Promise<boolean>;
}

/** Wait after a failed turn, in milliseconds; doubled up to the longest. */
export const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/**
 * Runs turns one after another until stopped: at once when woken or when there is more, else after the idle time.
 * A failed turn is logged and tried again after a pause that nothing shortens: what wakes the loop says nothing of what failed.
 */
export class Loop {
  private running: Promise<void> | undefined;
  private stopping = false;
  private woken = false;
  private endRest: () => void = () => undefined;
  private endPause: () => void = () => undefined;

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  wake(): void {
    this.woken = true;
    this.endRest();
  }

  /** Resolves when the turn in hand is over. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endRest();
    this.endPause();
    await this.running;
  }

  private async run(): Promise<void> {
    const { idleMs } = this.options;
    let pause = 0;
    while (!this.stopping) {
      this.woken = false;
      try {
        const more = await this.options.turn();
        pause = 0;
        if (!more && !this.woken) await this.sleep(typeof idleMs === 'number' ? idleMs : idleMs(), (end) => { this.endRest = end; });
      } catch (e) {
        pause = Math.min(LONGEST_PAUSE_MS, pause === 0 ? FIRST_PAUSE_MS : pause * 2);
        if (!this.stopping) this.options.log.warn({ err: e }, `${this.options.name}: turn failed, again in ${pause} ms`);
        await this.sleep(pause, (end) => { this.endPause = end; });
      }
    }
  }

  private sleep(ms: number, endedBy: (end: () => void) => void): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      endedBy(() => { clearTimeout(timer); resolve(); });
    });
  }
}
