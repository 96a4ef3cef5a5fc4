import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Controller, Module } from '@nestjs/common';
import { jobDataOf, jobIdOf, QUEUE_PREFIX, RESULTS_STREAM, ResultDto, resultsIn, ToolFailure, validate, type JobDto } from '@opsmesh/contracts';
import { createLogger, createRedis, patientRedisConnection } from '@opsmesh/platform';
import { Queue, QueueEvents } from 'bullmq';
import { IsInt, IsOptional, IsString } from 'class-validator';
import type { Redis } from 'ioredis';
import { of } from 'rxjs';
import { startWorker, Tool, type RunningWorker, type ToolCall, type WorkerOptions } from './index.js';
import { FakeMesh } from './mesh.fixture.js';

class EchoInput { @IsOptional() @IsString() text?: string; @IsOptional() @IsInt() size?: number }
class EchoOutput { @IsString() text!: string }

const base = { version: '1.0.0', description: 'for specs', input: EchoInput, output: EchoOutput, effect: 'read', idempotent: true, timeoutMs: 1000 } as const;
/** Told when a handler that waits has begun, by its attempt. */
const begun = new Map<string, () => void>();
const finish: (() => void)[] = [];
/** Lets the handlers that wait go on. */
export function finishAll(): void {
  for (const done of finish.splice(0)) done();
}

@Controller()
class EchoTools {
  @Tool({ ...base, name: 'echo', examples: [{ text: 'hi' }] }) echo({ input }: ToolCall<EchoInput>): EchoOutput {
    return { text: (input.text ?? 'none').repeat(input.size ?? 1) };
  }
  @Tool({ ...base, name: 'stream' }) stream() { return of({ text: 'one' }, { text: 'last' }); }
  @Tool({ ...base, name: 'fail' }) fail(): never { throw new ToolFailure('unreachable', 'nobody there', { cause: 'EHOSTUNREACH', output: { text: 'so far' } }); }
  @Tool({ ...base, name: 'misfit' }) misfit(): object { return { text: 7 }; }
  @Tool({ ...base, name: 'news' }) async news({ context }: ToolCall<EchoInput>): Promise<EchoOutput> {
    for (let i = 0; i <= 1000; i++) context.progress({ percent: i / 10, message: `at ${i}` });
    return { text: 'done' };
  }
  @Tool({ ...base, name: 'wait' }) async wait({ context }: ToolCall<EchoInput>): Promise<EchoOutput> {
    begun.get(context.attempt.id)?.();
    await Promise.race([once(context.signal, 'abort'), new Promise<void>((ok) => finish.push(ok))]);
    context.signal.throwIfAborted();
    return { text: 'waited' };
  }
  @Tool({ ...base, name: 'change', effect: 'write', idempotent: false }) async change({ context }: ToolCall<EchoInput>): Promise<EchoOutput> {
    begun.get(context.attempt.id)?.();
    await new Promise<void>((ok) => finish.push(ok));
    await context.assertGrant();
    return { text: 'changed' };
  }
  @Tool({ ...base, name: 'login', effect: 'write', idempotent: false, input: EchoInput, credential: { kind: 'ssh', target: '/text' } }) async login({ context }: ToolCall<EchoInput>): Promise<EchoOutput> {
    const credential = await context.credential();
    await context.assertGrant();
    context.progress({ message: `as ${JSON.stringify(credential)}` });
    const password = credential.password!;
    return { text: `${context.connection!.address} ${password} ${Buffer.from(password).toString('base64')} ${encodeURIComponent(password)} ${JSON.stringify({ password })}` };
  }
}
@Module({ controllers: [EchoTools] }) class EchoModule {}

const log = createLogger('spec', { level: 'silent' });

/** A worker service of the tools above over a real Redis, with the rest of the mesh faked; new for each spec. */
export class WorkerRig {
  readonly service = `spec-${randomBytes(4).toString('hex')}`;
  readonly mesh = new FakeMesh();
  readonly redis: Redis;
  readonly queue: Queue;
  readonly events: QueueEvents;
  /** The workers that were started; those left at the end of the spec are closed. */
  readonly workers: RunningWorker[] = [];
  private readonly watchers: Redis[] = [];
  private lastId = '0';

  private constructor(private readonly url: string) {
    this.redis = createRedis(url, { log });
    this.queue = new Queue(this.service, { connection: patientRedisConnection(url), prefix: QUEUE_PREFIX });
    this.events = new QueueEvents(this.service, { connection: patientRedisConnection(url), prefix: QUEUE_PREFIX });
  }

  static async open(url: string): Promise<WorkerRig> {
    const rig = new WorkerRig(url);
    await rig.mesh.start();
    const last = await rig.redis.xrevrange(RESULTS_STREAM, '+', '-', 'COUNT', 1) as [string, string[]][];
    rig.lastId = last[0]?.[0] ?? '0';
    await rig.events.waitUntilReady();
    return rig;
  }

  async close(): Promise<void> {
    finishAll();
    for (const worker of this.workers.splice(0)) await worker.close();
    await this.events.close();
    await this.queue.obliterate({ force: true });
    await this.queue.close();
    for (const watcher of this.watchers.splice(0)) watcher.disconnect();
    this.redis.disconnect();
    await this.mesh.stop();
  }

  options(more: Partial<WorkerOptions> = {}): WorkerOptions {
    const { service, mesh } = this;
    return {
      service, module: EchoModule, defaultPort: 0, ownProcess: false, log, stopping: { finishMs: 300, abortMs: 100 },
      config: { service, host: '127.0.0.1', port: 0, redisUrl: this.url, orchestratorUrl: mesh.url, assetServiceUrl: mesh.url, dataDir: mesh.dir, auth: 'off', logLevel: 'silent', concurrency: 20 }, ...more,
    };
  }

  async start(more: Partial<WorkerOptions> = {}): Promise<RunningWorker> {
    const worker = await startWorker(this.options(more));
    this.workers.push(worker);
    return worker;
  }

  /** A connection for subscribing. */
  watch(): Redis {
    const watcher = this.redis.duplicate();
    this.watchers.push(watcher);
    return watcher;
  }

  async add(job: JobDto): Promise<void> {
    await this.addTogether(job);
  }

  /** Puts several attempts of one tool into the queue as one job. */
  async addTogether(...attempts: JobDto[]): Promise<void> {
    await this.queue.add(attempts[0]!.tool, jobDataOf(attempts), { jobId: jobIdOf(attempts), attempts: 1, removeOnComplete: true, removeOnFail: true });
  }

  /** Puts a job of a tool that waits into the queue; its handler has begun then. */
  async begin(job: JobDto): Promise<void> {
    const running = new Promise<void>((ok) => begun.set(job.attemptId, ok));
    await this.add(job);
    await running;
  }

  /** Runs a job to its one result. */
  async run(job: JobDto): Promise<ResultDto> {
    await this.add(job);
    return (await this.results(job))[0]!;
  }

  /** What this spec has put on the stream of results so far. */
  published(): Promise<[string, string[]][]> {
    return this.redis.xrange(RESULTS_STREAM, `(${this.lastId}`, '+');
  }

  /** The results of a run that come to the stream, `count` of them. */
  async results({ runId }: JobDto, count = 1): Promise<ResultDto[]> {
    const found: ResultDto[] = [];
    const reader = this.redis.duplicate();
    try {
      for (let from = this.lastId; found.length < count;) {
        const reply = await reader.xread('COUNT', 100, 'BLOCK', 10_000, 'STREAMS', RESULTS_STREAM, from) as [string, [string, string[]][]][] | null;
        if (!reply) throw new Error(`only ${found.length} of ${count} results came`);
        for (const [id, fields] of reply[0]![1]) {
          from = id;
          const results = resultsIn(fields).map((json) => validate(ResultDto, JSON.parse(json)));
          expect(fields).toHaveLength(2 * results.length);
          found.push(...results.filter((r) => r.runId === runId));
        }
      }
    } finally {
      reader.disconnect();
    }
    return found;
  }
}

/** Gives every spec of the file a rig of its own, over the Redis at `url`. */
export function useWorker(url: string, opened: (rig: WorkerRig) => void): void {
  let rig: WorkerRig;
  beforeEach(async () => {
    rig = await WorkerRig.open(url);
    opened(rig);
  });
  afterEach(() => rig.close());
}
