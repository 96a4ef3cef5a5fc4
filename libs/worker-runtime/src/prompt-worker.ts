import { setTimeout as pause } from 'node:timers/promises';
import { Worker, type Job, type Processor, type WorkerOptions } from 'bullmq';

/** Most jobs that are asked for at once. What is asked for in vain costs Redis a call. */
const MOST_AT_ONCE = 8;

export interface PromptWorkerOptions extends WorkerOptions {
  /** Pause before a failed call to Redis is tried again, in milliseconds. */
  readonly runRetryDelay: number;
  /** Attempts in a job; one when left out. */
  readonly attemptsOf?: (job: Job) => number;
  /** Most attempts in a job; default 1. */
  readonly together?: number;
  /** Called before several commands are given in one turn. */
  readonly onBurst?: () => void;
}

/**
 * A BullMQ worker that begins each job as soon as it has it, and asks for more at once while there are any. BullMQ's own loop takes as many as it may hold,
 * one after the other, before it begins the first: fifty jobs that come together would all wait for fifty round trips.
 * Its `concurrency` is that of attempts, of which a job may have several: it takes a job while it has a place for one of them, so that no place stays empty,
 * and so may have one job's attempts, less one, over that number.
 * Everything else (locks, stalled jobs, finishing and closing) is BullMQ's.
 */
export class PromptWorker extends Worker {
  /** Attempts in hand. */
  private inHand = 0;
  /** Jobs that were asked for and have not come. */
  private asked = 0;
  /** Those of each job that have not ended. */
  private readonly open = new Map<Job, number>();
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
      const count = Math.min(wanted, this.room(0));
      if (count === 0) {
        await this.freed();
        continue;
      }
      if (count > 1) this.options.onBurst?.();
      const took = await Promise.all(Array.from({ length: count }, () => this.take(count === 1)));
      wanted = took.every(Boolean) ? Math.min(wanted * 2, MOST_AT_ONCE) : 1;
    }
    while (this.inHand > 0) await this.freed();
  }

  /** Takes one job and begins it. With `block` it waits for one when there is none. @returns whether there was one */
  private async take(block: boolean): Promise<boolean> {
    const token = `${this.id}:${this.tokens++}`;
    this.asked++;
    let job: Job | undefined;
    try {
      job = await this.getNextJob(token, { block }) as Job | undefined;
      this.asked--;
      if (!job) return false;
      // Asked for before the end was: it is left to others.
      if (this.closing) await job.moveToWait(token);
      else void this.carryOut(this.begin(job), token);
      return true;
    } catch (e) {
      if (!job) this.asked--;
      if (this.closing) return false;
      this.emit('error', e as Error);
      await pause(this.options.runRetryDelay);
      return false;
    }
  }

  /** One of several attempts of a job has ended: others may begin in its place. The last one ends with its job. */
  release(job: Job): void {
    const left = this.open.get(job);
    if (left === undefined || left === 1) return;
    this.open.set(job, left - 1);
    this.inHand--;
    // Should all of them end in this turn, the next job comes with the end of theirs, which saves a call.
    setImmediate(() => { this.look(); });
  }

  /** Carries out a job, and those that come with the end of the one before. */
  private async carryOut(first: Job, token: string): Promise<void> {
    try {
      for (let job: Job | undefined = first; job;) job = await this.carryOutOne(job, token);
    } catch (e) {
      if (!this.closing) this.emit('error', e as Error);
    }
  }

  /** @returns the job that came with the end of this one, begun already: nobody else takes its place */
  private async carryOutOne(job: Job, token: string): Promise<Job | undefined> {
    let asks = 0;
    // BullMQ asks again each time that it tries to finish the job again.
    const asksForNext = (): boolean => {
      if (asks === 0) {
        asks = Math.min(1, this.room(this.open.get(job)!));
        this.asked += asks;
      }
      return asks > 0;
    };
    try {
      const next = await this.processJob(job, token, asksForNext);
      return next ? this.begin(next) : undefined;
    } finally {
      this.asked -= asks;
      this.end(job);
    }
  }

  /** Jobs that may be asked for, once so many attempts more have ended: all but the last one that come will have places for all their attempts. */
  private room(ended: number): number {
    const { together = 1 } = this.options;
    return Math.max(0, Math.ceil((this.concurrency - this.inHand + ended) / together) - this.asked);
  }

  private begin(job: Job): Job {
    const attempts = this.options.attemptsOf?.(job) ?? 1;
    this.open.set(job, attempts);
    this.inHand += attempts;
    return job;
  }

  private end(job: Job): void {
    this.inHand -= this.open.get(job)!;
    this.open.delete(job);
    this.look();
  }

  /** There may be room, or nothing in hand any more. */
  private look(): void {
    if (this.inHand === 0 || this.room(0) > 0) this.wake?.();
  }

  private freed(): Promise<void> {
    return new Promise((ok) => { this.wake = ok; });
  }
}
