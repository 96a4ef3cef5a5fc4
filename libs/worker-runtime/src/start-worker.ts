import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { MOST_TOGETHER, queueOf, ToolFailure } from '@opsmesh/contracts';
import { createHttpApp, createLogger, createRedis, endRedis, exitOnUncaught, onShutdown, readConfig, ServiceClient, type HttpAppOptions, type Logger } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import { BlobClient } from './blob-client.js';
import { BullmqServer } from './bullmq.server.js';
import { listenForCancels } from './cancellation.js';
import { ClaimClient } from './claim-client.js';
import { WriteGatherer } from './gather-writes.js';
import { HealthController, METRICS, READINESS, type Readiness } from './health.controller.js';
import { Heartbeat } from './heartbeat.js';
import { WorkerMetrics } from './metrics.js';
import { Presence } from './presence.js';
import { ProgressPublisher } from './progress.js';
import { Registration } from './registration.js';
import { ResultPublisher } from './result-publisher.js';
import { AttemptRunner } from './run-attempt.js';
import { discoverTools } from './tool-registry.js';
import { workerConfig, type WorkerConfig } from './worker-config.js';

/** Time that running attempts have to finish after the process was told to stop, and then to stop when aborted; in milliseconds. */
const FINISH_MS = 3000;
const ABORT_MS = 5000;
/** Time for the results of aborted attempts to be published, in milliseconds. */
const PUBLISH_MS = 500;
/** A job has no more attempts than such a part of what a worker runs at once: the last one that it takes may bring it over that by as many, less one. */
const PLACES = 6;
/** Time-outs of calls to the orchestrator, in milliseconds. */
const BEAT_MS = 2000;
const UPLOAD_MS = 60_000;

export interface WorkerOptions {
  /** Name of the service; also of its queue. */
  readonly service: string;
  readonly module: Type | DynamicModule;
  readonly defaultPort: number;
  /** Called before anything is served, for example to set up routes. */
  readonly beforeListen?: (app: NestExpressApplication) => void | Promise<void>;
  /** What the service's own HTTP routes need. */
  readonly http?: Pick<HttpAppOptions, 'body' | 'tokens' | 'contentSecurityPolicy'>;
  /** Default: read from the environment. */
  readonly config?: WorkerConfig;
  readonly log?: Logger;
  /** Whether to take charge of signals and uncaught errors; default true. False in specs, where the process is not ours. */
  readonly ownProcess?: boolean;
  /** How long running attempts may take to finish on close, and to stop when aborted, in milliseconds; defaults 3000 and 5000: for a command that ignores TERM, and what it left to be tidied up. */
  readonly stopping?: { readonly finishMs: number; readonly abortMs: number };
}

export interface RunningWorker {
  readonly app: NestExpressApplication;
  readonly port: number;
  readonly workerId: string;
  /** Stops taking jobs, lets running ones finish for 3 s, aborts the rest and waits for their word, deregisters and ends. */
  close(): Promise<void>;
}

/**
 * Runs a service: one Nest app with its HTTP routes, health, metrics and its tools as handlers of its queue. Returns when it takes jobs,
 * which is after the orchestrator has registered it; HTTP is served before that.
 * @throws StartError for what a person must mend (settings, port, tools); as the process' own main it ends the process with code 1.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { service, ownProcess = true } = options;
  if (ownProcess) exitOnUncaught(createLogger(service, { level: 'info' }));
  const config = options.config ?? readConfig((env) => workerConfig(env, { service, defaultPort: options.defaultPort }));
  const log = options.log ?? createLogger(service, { level: config.logLevel });
  const worker = new WorkerProcess(options, config, log);
  if (ownProcess) onShutdown({ log, close: () => worker.close() });
  try {
    return await worker.start();
  } catch (e) {
    await worker.close();
    throw e;
  }
}

@Module({})
class WorkerModule {}

/** Whether `work` ends within `ms` milliseconds. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const ended = new AbortController();
  const inTime = await Promise.race([work.then(() => true), pause(ms, false, { signal: ended.signal }).catch(() => true)]);
  ended.abort();
  return inTime;
}

/** The parts of a worker process and the order in which they start and stop. */
class WorkerProcess {
  private readonly workerId: string;
  /** Aborted when the process is told to stop. */
  private readonly stop = new AbortController();
  /** Aborted when the time of running attempts is over. */
  private readonly giveUp = new AbortController();
  private readonly metrics = new WorkerMetrics();
  /** Undone in reverse order. */
  private readonly undo: (() => Promise<unknown>)[] = [];
  private readiness: Readiness = () => ['the process is being started'];
  private closing: Promise<void> | undefined;

  constructor(private readonly options: WorkerOptions, private readonly config: WorkerConfig, private readonly log: Logger) {
    this.workerId = `${config.service}-${process.pid}-${randomBytes(4).toString('hex')}`;
  }

  async start(): Promise<RunningWorker> {
    const { config, log, workerId } = this;
    const { app, keys, listen } = await createHttpApp(this.module(), { config, log, ...this.options.http });
    this.undo.push(() => app.close());
    const tools = discoverTools(app.get(ModulesContainer));
    const client = (to: string, url: string, timeoutMs?: number): ServiceClient => new ServiceClient({ keys, from: config.service, to, url, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    const orchestrator = client('orchestrator', config.orchestratorUrl);

    const redis = createRedis(config.redisUrl, { log, extra: { maxRetriesPerRequest: null } });
    const subscriber = createRedis(config.redisUrl, { log, extra: { maxRetriesPerRequest: null } });
    this.undo.push(async () => {
      endRedis(redis);
      endRedis(subscriber);
    });

    const writes = new WriteGatherer(redis);
    const results = new ResultPublisher(redis, log);
    const presence = new Presence();
    const runner = new AttemptRunner({
      workerId, tools, results, presence, log, metrics: this.metrics,
      claims: new ClaimClient({ workerId, keys, presence, orchestrator, assetService: client('asset-service', config.assetServiceUrl) }),
      blobs: new BlobClient(client('orchestrator', config.orchestratorUrl, UPLOAD_MS), this.giveUp.signal),
      progress: new ProgressPublisher(redis),
    });
    const queue = queueOf(config.service);
    const together = Math.max(1, Math.min(MOST_TOGETHER, Math.floor(config.concurrency / PLACES)));
    const server = new BullmqServer({ queue, redis, writes, concurrency: config.concurrency, together, tools, runner, metrics: this.metrics, log });
    app.connectMicroservice({ strategy: server });
    const registration = new Registration({ orchestrator, log, stopped: this.stop.signal, worker: { workerId, service: config.service, queue, concurrency: config.concurrency, together, tools: [...tools.values()].map((t) => t.declaration) } });
    const heartbeat = new Heartbeat({ workerId, orchestrator: client('orchestrator', config.orchestratorUrl, BEAT_MS), registration, presence, runner, results, log, onRefused: (e) => { queueMicrotask(() => { throw e; }); } });
    this.readiness = () => [
      ...(redis.status === 'ready' ? [] : ['redis does not answer']),
      ...(registration.registered ? [] : ['the orchestrator has not registered the worker']),
      ...(this.stop.signal.aborted ? ['the process is being stopped'] : []),
    ];

    await this.options.beforeListen?.(app);
    const port = await listen();
    await listenForCancels({ redis: subscriber, runner, log });
    await registration.register();
    this.undo.push(() => registration.deregister());
    heartbeat.start();
    this.undo.push(() => heartbeat.stop());
    if (!this.stop.signal.aborted) {
      await app.startAllMicroservices();
      this.undo.push(() => this.drain({ server, runner, redis }));
      log.info({ port, host: config.host, queue, concurrency: config.concurrency, tools: [...tools.keys()] }, 'ready for jobs');
    }
    return { app, port, workerId, close: () => this.close() };
  }

  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    this.stop.abort();
    for (const step of this.undo.reverse()) await step().catch((err: unknown) => { this.log.error({ err }, 'a part did not stop in order'); });
  }

  private async drain({ server, runner, redis }: { server: BullmqServer; runner: AttemptRunner; redis: Redis }): Promise<void> {
    const { finishMs, abortMs } = this.options.stopping ?? { finishMs: FINISH_MS, abortMs: ABORT_MS };
    const closed = server.close();
    if (await within(finishMs, closed)) return;
    this.log.warn({ active: [...runner.active.keys()] }, 'these attempts did not finish in time and are aborted');
    runner.graceMs = abortMs;
    runner.abort([...runner.active.keys()], () => new ToolFailure('worker-lost', 'the worker was stopped'));
    if (await within(abortMs + PUBLISH_MS, closed)) return;
    this.log.error({ active: [...runner.active.keys()] }, 'the results of these attempts could not be published');
    this.giveUp.abort();
    endRedis(redis);
    await closed;
  }

  private module(): DynamicModule {
    const readiness: Readiness = () => this.readiness();
    return { module: WorkerModule, imports: [this.options.module], controllers: [HealthController], providers: [{ provide: READINESS, useValue: readiness }, { provide: METRICS, useValue: this.metrics }] };
  }
}
