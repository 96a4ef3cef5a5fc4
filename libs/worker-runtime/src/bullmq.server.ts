import { setImmediate as nextTurn } from 'node:timers/promises';
import { BaseRpcContext, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { attemptsIn, InvalidMessage, QUEUE_PREFIX } from '@opsmesh/contracts';
import { limitedErrorLog, StartError, type Logger } from '@opsmesh/platform';
import type { Job, RedisQueueBackend, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { isObservable, lastValueFrom } from 'rxjs';
import type { WriteGatherer } from './gather-writes.js';
import type { WorkerMetrics } from './metrics.js';
import { PromptWorker } from './prompt-worker.js';
import type { AttemptRunner, Invoke } from './run-attempt.js';
import type { ToolRegistry } from './tool-registry.js';

/** Life of a job's lock, in milliseconds; renewed at half of it. */
const LOCK_MS = 60_000;
/** Time between two looks for jobs whose lock ran out, in milliseconds. */
const STALLED_MS = 30_000;
/** Pause before BullMQ tries a failed call to Redis again, in milliseconds; its default of 15 s would outlast locks. */
const RETRY_MS = 1000;

export interface BullmqServerOptions {
  readonly queue: string;
  /** Shared with the results, so that both leave together; its commands wait for the server. Not closed here. */
  readonly redis: Redis;
  readonly writes: WriteGatherer;
  /** Attempts that run when no more jobs are taken. */
  readonly concurrency: number;
  /** Attempts that are taken in one job. */
  readonly together: number;
  readonly tools: ToolRegistry;
  readonly runner: Pick<AttemptRunner, 'run'>;
  readonly metrics: Pick<WorkerMetrics, 'taken'>;
  readonly log: Logger;
  /** Default QUEUE_PREFIX. */
  readonly prefix?: string;
}

type Events = Record<string, (...args: unknown[]) => void>;

/**
 * Nest transport on one BullMQ queue: the job's name is the message pattern. BullMQ neither retries nor recovers: a job that was lost is
 * declared failed, and the orchestrator decides what that means.
 */
export class BullmqServer extends Server<Events> implements CustomTransportStrategy {
  private worker: PromptWorker | undefined;
  private closing: Promise<void> | undefined;
  /** Jobs that were begun and not yet handed back to BullMQ. */
  private inHand = 0;
  private readonly context = new BaseRpcContext<unknown[]>([]);

  constructor(private readonly options: BullmqServerOptions) {
    super();
  }

  /** @throws StartError (to `callback`) when a tool has no handler. */
  listen(callback: (err?: unknown) => void): void {
    const { queue, redis, concurrency, together, log, prefix = QUEUE_PREFIX } = this.options;
    const missing = [...this.options.tools.keys()].filter((name) => !this.messageHandlers.has(name));
    if (missing.length > 0) {
      callback(new StartError(`no handler is bound for ${missing.join(', ')}: is the class a controller of the service's module?`));
      return;
    }
    // Two parameters on purpose: with a third BullMQ makes an AbortController for each job, and attempts are aborted by the runner.
    const worker = new PromptWorker(queue, (job: Job) => this.process(job), {
      connection: redis, prefix, concurrency, together, attemptsOf: (job) => attemptsIn(job.data).length, onBurst: () => { this.options.writes.gather(); },
      lockDuration: LOCK_MS, stalledInterval: STALLED_MS, maxStalledCount: 0, runRetryDelay: RETRY_MS,
      removeOnComplete: { count: 0 }, removeOnFail: { count: 1000 },
    });
    this.worker = worker;
    worker.on('error', limitedErrorLog(log, 'BullMQ')); // without a listener it would end the process
    worker.on('stalled', (jobId) => { log.warn({ jobId }, 'a job of this queue lost its worker'); });
    worker.waitUntilReady().then(() => {
      worker.run().catch((err: unknown) => { log.error({ err }, 'the worker ended'); });
      callback();
    }, callback);
  }

  /** Stops taking jobs at once; resolves when those in hand are finished. */
  close(): Promise<void> {
    return (this.closing ??= this.worker ? closeWorker(this.worker) : Promise.resolve());
  }

  /** Events of the worker are logged here; nobody else needs them. */
  override on(): void {}

  override unwrap<T>(): T {
    if (!this.worker) throw new Error('listen() was not called yet');
    return this.worker as T;
  }

  /** The attempts of a job run beside each other; it ends with the last of them, and fails when one ended without a result. */
  private async process(job: Job): Promise<void> {
    this.inHand++;
    const attempts = attemptsIn(job.data);
    try {
      if (attempts.length === 1) await this.runOne(job, attempts[0]);
      else await this.runAll(job, attempts);
      // BullMQ now finishes the job; others that ended in this turn follow.
      if (this.inHand > 1) this.options.writes.gather();
    } finally {
      this.inHand--;
    }
  }

  private async runAll(job: Job, attempts: readonly unknown[]): Promise<void> {
    const ends = await Promise.allSettled(attempts.map((a) => this.runOne(job, a).finally(() => { this.worker!.release(job); })));
    const failed = ends.find((e) => e.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async runOne(job: Job, data: unknown): Promise<void> {
    // The name comes from outside: only that of a tool becomes a label.
    if (this.options.tools.has(job.name)) this.options.metrics.taken(job.name, job.timestamp);
    try {
      await this.options.runner.run(job.name, data, this.invoke);
    } catch (e) {
      if (e instanceof InvalidMessage) this.options.log.error({ jobId: job.id, tool: job.name, errors: e.errors }, 'a job that can not be read was set aside');
      else this.options.log.error({ err: e, jobId: job.id, tool: job.name }, 'a job ended without a result');
      throw e;
    }
  }

  /** Handlers may return a value, a promise or an observable; of the last its last value counts. */
  private readonly invoke: Invoke = async (tool, call) => {
    const handler = this.messageHandlers.get(tool);
    if (!handler) throw new Error(`no handler for ${tool}`);
    const output: unknown = await handler(call, this.context);
    return isObservable(output) ? lastValueFrom(output, { defaultValue: undefined }) : output;
  };
}

async function closeWorker(worker: Worker): Promise<void> {
  const closing = worker.close();
  const client = await (worker.getBackend() as RedisQueueBackend).blockingClient;
  await nextTurn();
  // BullMQ has told its blocking connection to disconnect and waits for its 'end', which ioredis never says when it was about to reconnect: one
  // more attempt makes it speak.
  if (client?.status === 'reconnecting') client.connect().then(() => { client.disconnect(); }, () => undefined);
  await closing;
}
