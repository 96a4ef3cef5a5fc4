import { setTimeout as pause } from 'node:timers/promises';
import { Worker, type Job, type Processor, type WorkerOptions } from 'bullmq';

/** Most jobs that are asked for at once. What is asked for in vain costs Redis a call. */
const MOST_AT_ONCE = 8;

export interface PromptWorkerOptions extends WorkerOptions {
  /** Pause before a failed call to Redis is tried again, in milliseconds. */
  readonly runRetryDelay: number;
  /** Called before several commands are given in one turn. */
  readonly onBurst?: () => void;
}

/**
 * A BullMQ worker that begins each job as soon as it has it, and asks for more at once while there are any. BullMQ's own loop takes as many as it may hold,
 * one after the other, before it begins the first: fifty jobs that come together would all wait for fifty round trips.
 * Everything else (locks, stalled jobs, finishing and closing) is BullMQ's.
 */
export class PromptWorker extends Worker {
  private inHand = 0;
  private tokens = 0;
  private wake: (() => void) | undefined;

  constructor(queue: string, processor: Processor, private readonly options: PromptWorkerOptions) {
    super(queue, processor, { ...options, autorun: false });
  }

  override async run(): Promise<void> {
    if (this.closing) return;
    this.running = true;
    try {
      await this.startStalledCheckTimer();
      this.lockManager.start();
      this.mainLoopRunning = this.work();
      await this.mainLoopRunning;
    } finally {
      this.running = false;
    }
  }

  private async work(): Promise<void> {
    let wanted = 1;
    while (!this.closing) {
      if (this.inHand >= this.concurrency) {
        await this.freed();
        continue;
      }
      const count = Math.min(wanted, this.concurrency - this.inHand);
      if (count > 1) this.options.onBurst?.();
      const took = await Promise.all(Array.from({ length: count }, () => this.take(count === 1)));
      wanted = took.every(Boolean) ? Math.min(wanted * 2, MOST_AT_ONCE) : 1;
    }
    while (this.inHand > 0) await this.freed();
  }

  /** Takes one job and begins it. With `block` it waits for one when there is none. @returns whether there was one */
  private async take(block: boolean): Promise<boolean> {
    const token = `${this.id}:${this.tokens++}`;
    try {
      const job = await this.getNextJob(token, { block }) as Job | undefined;
      if (!job) return false;
      // Asked for before the end was: it is left to others.
      if (this.closing) await job.moveToWait(token);
      else void this.carryOut(job, token);
      return true;
    } catch (e) {
      if (this.closing) return false;
      this.emit('error', e as Error);
      await pause(this.options.runRetryDelay);
      return false;
    }
  }

  /** Carries out a job, and those that come with the end of the one before. */
  private async carryOut(first: Job, token: string): Promise<void> {
    this.inHand++;
    try {
      let job: Job | undefined = first;
      while (job) job = (await this.processJob(job, token)) ?? undefined;
    } catch (e) {
      if (!this.closing) this.emit('error', e as Error);
    } finally {
      this.inHand--;
      this.wake?.();
    }
  }

  private freed(): Promise<void> {
    return new Promise((ok) => { this.wake = ok; });
  }
}
