import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Controller, Module } from '@nestjs/common';
import { CANCEL_CHANNEL, PROGRESS_CHANNEL, QUEUE_PREFIX, RESULTS_STREAM, ToolFailure, validate, ResultDto, type JobDto } from '@opsmesh/contracts';
import { createLogger, createRedis, patientRedisConnection, ProblemError, StartError } from '@opsmesh/platform';
import { testRedisUrl } from '@opsmesh/testing';
import { waitFor } from '@opsmesh/testing';
import { Queue, QueueEvents } from 'bullmq';
import { IsInt, IsOptional, IsString } from 'class-validator';
import type { Redis } from 'ioredis';
import { of } from 'rxjs';
import { startWorker, Tool, type RunningWorker, type ToolCall, type WorkerOptions } from './index.js';
import { FakeMesh } from './mesh.fixture.js';

class EchoInput { @IsOptional() @IsString() text?: string; @IsOptional() @IsInt() size?: number }
class EchoOutput { @IsString() text!: string }

const base = { version: '1.0.0', description: 'for specs', input: EchoInput, output: EchoOutput, effect: 'read', idempotent: true, timeoutMs: 1000 } as const;
/** Told when a handler that waits has begun. */
const begun = new Map<string, () => void>();
const beginning = (id: string): Promise<void> => new Promise((ok) => begun.set(id, ok));
let finish: (() => void)[] = [];

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
    return { text: 'changed' };
  }
  @Tool({ ...base, name: 'login', effect: 'write', idempotent: false, input: EchoInput, credential: { kind: 'ssh', target: '/text' } }) async login({ context }: ToolCall<EchoInput>): Promise<EchoOutput> {
    const credential = await context.credential();
    context.assertGrant();
    context.progress({ message: `as ${JSON.stringify(credential)}` });
    const password = credential.password!;
    return { text: `${context.connection!.address} ${password} ${Buffer.from(password).toString('base64')} ${encodeURIComponent(password)} ${JSON.stringify({ password })}` };
  }
}
@Module({ controllers: [EchoTools] }) class EchoModule {}

const url = testRedisUrl();
const log = createLogger('spec', { level: 'silent' });
const service = `spec-${randomBytes(4).toString('hex')}`;
let mesh: FakeMesh; let redis: Redis; let queue: Queue; let events: QueueEvents;
const workers: RunningWorker[] = [];
let lastId = '$';
const watchers: Redis[] = [];
/** A connection for subscribing, closed after the test. */
function watch(): Redis {
  const watcher = redis.duplicate();
  watchers.push(watcher);
  return watcher;
}

const options = (more: Partial<WorkerOptions> = {}): WorkerOptions => ({
  service, module: EchoModule, defaultPort: 0, ownProcess: false, log, stopping: { finishMs: 300, abortMs: 100 },
  config: { service, host: '127.0.0.1', port: 0, redisUrl: url, orchestratorUrl: mesh.url, assetServiceUrl: mesh.url, dataDir: mesh.dir, auth: 'off', logLevel: 'silent', concurrency: 20 }, ...more,
});
async function start(more: Partial<WorkerOptions> = {}): Promise<RunningWorker> {
  const worker = await startWorker(options(more));
  workers.push(worker);
  return worker;
}

beforeEach(async () => {
  mesh = new FakeMesh();
  await mesh.start();
  redis = createRedis(url, { log });
  const last = await redis.xrevrange(RESULTS_STREAM, '+', '-', 'COUNT', 1) as [string, string[]][];
  lastId = last[0]?.[0] ?? '0';
  queue = new Queue(service, { connection: patientRedisConnection(url), prefix: QUEUE_PREFIX });
  events = new QueueEvents(service, { connection: patientRedisConnection(url), prefix: QUEUE_PREFIX });
  await events.waitUntilReady();
  finish = [];
});
afterEach(async () => {
  for (const done of finish) done();
  for (const worker of workers.splice(0)) await worker.close();
  await events.close();
  await queue.obliterate({ force: true });
  await queue.close();
  for (const watcher of watchers.splice(0)) watcher.disconnect();
  redis.disconnect();
  await mesh.stop();
});

const add = (job: JobDto, name = job.tool) => queue.add(name, job, { jobId: job.attemptId, attempts: 1, removeOnComplete: true, removeOnFail: true });
/** The results of a run that come to the stream, `count` of them. */
async function results({ runId }: JobDto, count = 1): Promise<ResultDto[]> {
  const found: ResultDto[] = [];
  const reader = redis.duplicate();
  try {
    for (let from = lastId; found.length < count;) {
      const reply = await reader.xread('COUNT', 100, 'BLOCK', 10_000, 'STREAMS', RESULTS_STREAM, from) as [string, [string, string[]][]][] | null;
      if (!reply) throw new Error(`only ${found.length} of ${count} results came`);
      for (const [id, [field, json]] of reply[0]![1] as [string, [string, string]][]) {
        from = id;
        expect(field).toBe('result');
        const result = validate(ResultDto, JSON.parse(json));
        if (result.runId === runId) found.push(result);
      }
    }
  } finally {
    reader.disconnect();
  }
  return found;
}
/** Runs a job to its one result. */
async function run(job: JobDto): Promise<ResultDto> {
  await add(job);
  return (await results(job))[0]!;
}

describe('a job', () => {
  it('becomes a result on the stream before it is finished in the queue', async () => {
    await start();
    const job = mesh.job('echo', { input: { text: 'hi' } });
    const finished = new Promise<boolean>((ok) => {
      events.on('completed', ({ jobId }) => {
        if (jobId === job.attemptId) void redis.xrange(RESULTS_STREAM, `(${lastId}`, '+').then((entries) => { ok(JSON.stringify(entries).includes(job.attemptId)); });
      });
    });
    await add(job);
    const [result] = await results(job);
    expect(result).toMatchObject({ attemptId: job.attemptId, status: 'succeeded', output: { text: 'hi' }, tenantId: 'default', workerId: workers[0]!.workerId });
    await expect(finished).resolves.toBe(true);
    expect(await queue.getJobCounts('completed', 'failed')).toEqual({ completed: 0, failed: 0 });
  });

  it.each<[string, string, Partial<JobDto>, object]>([
    ['of a handler that gives an observable: its last value', 'stream', {}, { status: 'succeeded', output: { text: 'last' } }],
    ['of a handler that fails with a code', 'fail', {}, { status: 'failed', failure: { code: 'unreachable', message: 'nobody there', retryable: true, cause: 'EHOSTUNREACH' }, output: { text: 'so far' } }],
    ['whose input does not fit', 'echo', { input: { text: 7 } }, { status: 'failed', failure: { code: 'input-invalid' } }],
    ['whose output does not fit', 'misfit', {}, { status: 'failed', failure: { code: 'output-invalid' } }],
    ['of a tool that is not here', 'nowhere', {}, { status: 'failed', failure: { code: 'tool-unavailable' } }],
    ['of another major version', 'echo', { toolVersion: '2.0.0' }, { status: 'failed', failure: { code: 'tool-unavailable' } }],
    ['of a newer minor version', 'echo', { toolVersion: '1.7.0' }, { status: 'succeeded' }],
    ['that should have been claimed', 'change', {}, { status: 'failed', failure: { code: 'grant-refused' } }],
    ['that takes too long', 'wait', { timeoutMs: 50 }, { status: 'failed', failure: { code: 'timed-out', message: 'the attempt took longer than 50 ms' } }],
  ])('%s', async (_what, tool, more, expected) => {
    await start();
    expect(await run(mesh.job(tool, more))).toMatchObject(expected);
  });

  it.each<[string, (job: JobDto) => unknown]>([
    ['that is no job', () => ({ hello: 'world' })],
    ['of another version', (job) => ({ ...job, v: 2 })],
    ['with a foreign id', (job) => ({ ...job, item: 5 })],
  ])('%s is set aside and logged, and the next one runs', async (_what, change) => {
    const lines: string[] = [];
    await start({ log: createLogger('spec', { level: 'error', destination: { write: (line) => { lines.push(line); } } }) });
    const bad = mesh.job('echo');
    const failed = new Promise((ok) => events.on('failed', ({ jobId }) => { if (jobId === 'bad') ok(undefined); }));
    await queue.add('echo', change(bad), { jobId: 'bad', removeOnFail: true });
    await failed;
    expect(lines.map((l) => JSON.parse(l) as object)).toEqual([expect.objectContaining({ jobId: 'bad', msg: 'a job that can not be read was set aside' })]);
    expect(await run(mesh.job('echo'))).toMatchObject({ status: 'succeeded' });
  });

  it('with a large output leaves it as a blob', async () => {
    await start();
    const result = await run(mesh.job('echo', { input: { text: 'é', size: 40_000 } }));
    expect(result).toMatchObject({ status: 'succeeded', blob: { bytes: 80_011 } });
    expect(result).not.toHaveProperty('output');
    expect(mesh.seen.find((s) => s.route === 'PUT /internal/blobs')!.body.toString()).toBe(JSON.stringify({ text: 'é'.repeat(40_000) }));
  });
});

describe('a claimed job', () => {
  it('goes with the others that wait: few requests for many attempts, each with its own answer', async () => {
    await start();
    const jobs = Array.from({ length: 10 }, () => mesh.job('login', { claim: true, input: { text: 'web1' } }));
    const answer = mesh.routes['POST /internal/claims']!;
    mesh.routes['POST /internal/claims'] = async (seen) => {
      await waitFor(async () => (await queue.getActiveCount()) === jobs.length, { what: 'all jobs in hand' });
      if (seen.body.includes(jobs[4]!.attemptId)) throw new ProblemError(409, 'manifest-mismatch', 'not approved');
      return answer(seen);
    };
    await Promise.all(jobs.map((job) => add(job)));
    const ended = await Promise.all(jobs.map(async (job) => (await results(job))[0]!));
    expect(ended.map((r) => r.failure?.code ?? r.status)).toEqual(jobs.map((_, i) => (i === 4 ? 'manifest-mismatch' : 'succeeded')));
    const claims = mesh.batches.filter((b) => b.route === 'POST /internal/claims');
    expect(claims.reduce((sum, b) => sum + b.calls, 0)).toBe(jobs.length);
    expect(claims.length).toBeLessThan(jobs.length / 2);
  });

  it('runs with a grant and a leased credential, which never leaves', async () => {
    await start();
    const watcher = watch();
    await watcher.subscribe(PROGRESS_CHANNEL);
    const said = once(watcher, 'message') as Promise<[string, string]>;
    const result = await run(mesh.job('login', { claim: true, input: { text: 'web1' } }));
    expect(result).toMatchObject({ status: 'succeeded', output: { text: '10.0.0.1 [redacted] [redacted] [redacted] {"password":"[redacted]"}' } });
    const [, news] = await said;
    expect(news).toContain('[redacted]');
    expect(news).not.toContain('hunter2');
    expect(mesh.seen.filter((s) => s.route === 'POST /internal/leases').map((s) => s.caller)).toEqual([service]);
  });

  it.each<[string, Partial<FakeMesh['forge']>]>([
    ['tenant', { tenant: 'evil' }], ['attempt', { attempt: 'other' }], ['worker', { worker: 'other' }], ['tool', { tool: 'echo' }], ['input', { inputSha256: '0'.repeat(64) }], ['key', { keyThumbprint: 'x'.repeat(43) }], ['time', { iat: 1000, exp: 1060 }], ['manifest', { manifestSha256: 'f'.repeat(64) }],
  ])('does nothing with a grant for another %s', async (_what, forge) => {
    await start();
    mesh.forge = forge;
    expect(await run(mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ status: 'failed', failure: { code: 'grant-refused' } });
    expect(mesh.bodies('POST /internal/leases')).toEqual([]);
  });

  it('of an approved run is done with a grant for what was approved only', async () => {
    await start();
    const manifestSha256 = 'a'.repeat(64);
    const job = (): JobDto => ({ ...mesh.job('login', { claim: true, input: { text: 'web1' } }), manifestSha256 });
    for (const forged of [null, 'f'.repeat(64)]) {
      mesh.forge = { manifestSha256: forged };
      expect(await run(job())).toMatchObject({ status: 'failed', failure: { code: 'grant-refused' } });
    }
    expect(mesh.bodies('POST /internal/leases')).toEqual([]);
    mesh.forge = { manifestSha256 };
    expect(await run(job())).toMatchObject({ status: 'succeeded' });
  });

  it('that its manifest does not hold fails and says so', async () => {
    await start();
    mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(409, 'manifest-mismatch', 'the approved manifest does not allow it'); };
    expect(await run(mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ status: 'failed', failure: { code: 'manifest-mismatch' } });
  });

  it('that is refused is dropped without a word', async () => {
    await start();
    mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(409, 'claim-refused', 'taken'); };
    const job = mesh.job('login', { claim: true, input: { text: 'web1' } });
    const completed = new Promise((ok) => events.on('completed', ({ jobId }) => { if (jobId === job.attemptId) ok(undefined); }));
    await add(job);
    await completed;
    expect(JSON.stringify(await redis.xrange(RESULTS_STREAM, `(${lastId}`, '+'))).not.toContain(job.attemptId);
  });

  it.each([[404, 'target-unknown', 'target-unknown'], [422, 'target-refused', 'target-refused'], [409, 'target-ambiguous', 'target-refused']])('that is answered %i %s fails as %s', async (status, code, expected) => {
    await start();
    mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(status, code, 'no'); };
    expect(await run(mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ failure: { code: expected, message: 'no' } });
  });

  it('is asked for again while the orchestrator is away, with the same key', async () => {
    await start();
    const answer = mesh.routes['POST /internal/claims']!;
    let asked = 0;
    mesh.routes['POST /internal/claims'] = (seen) => {
      if (++asked < 3) throw new ProblemError(503, 'service-unavailable', 'starting');
      return answer(seen);
    };
    expect(await run(mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ status: 'succeeded' });
    const bodies = mesh.bodies('POST /internal/claims') as { keyThumbprint: string }[];
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies.map((b) => b.keyThumbprint)).size).toBe(1);
  });

  it('fails as service-unavailable when that takes all its time', async () => {
    await start();
    mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(503, 'service-unavailable', 'starting'); };
    expect(await run(mesh.job('login', { claim: true, timeoutMs: 300, input: { text: 'web1' } }))).toMatchObject({ failure: { code: 'service-unavailable', retryable: true } });
  });

  it.each([['credential-unavailable', 404, 'credential-unavailable'], ['grant-used', 409, 'credential-unavailable'], ['grant-refused', 403, 'grant-refused'], ['service-unavailable', 503, 'service-unavailable']])('whose lease is answered %s fails', async (code, status, expected) => {
    await start();
    mesh.routes['POST /internal/leases'] = () => { throw new ProblemError(status, code, 'no lease'); };
    expect(await run(mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ failure: { code: expected } });
  });

  it('that does not stop when cancelled is in doubt', async () => {
    await start({ stopping: { finishMs: 0, abortMs: 50 } });
    const job = mesh.job('change', { claim: true });
    const running = beginning(job.attemptId);
    await add(job);
    await running;
    await workers.pop()!.close();
    expect((await results(job))[0]).toMatchObject({ failure: { code: 'stop-unconfirmed' } });
  });
});

describe('cancelling', () => {
  it.each([['a whole run', false], ['one attempt by its id', true]])('%s over the channel aborts at once', async (_what, named) => {
    await start();
    const job = mesh.job('wait');
    const running = beginning(job.attemptId);
    await add(job);
    await running;
    await redis.publish(CANCEL_CHANNEL, 'nonsense');
    await redis.publish(CANCEL_CHANNEL, JSON.stringify({ v: 1, runId: job.runId, ...(named ? { attemptIds: [job.attemptId] } : {}) }));
    expect((await results(job))[0]).toMatchObject({ status: 'failed', failure: { code: 'cancelled' } });
  });

  it('of another attempt of the run leaves this one alone', async () => {
    await start();
    const job = mesh.job('wait');
    const running = beginning(job.attemptId);
    await add(job);
    await running;
    await redis.publish(CANCEL_CHANNEL, JSON.stringify({ v: 1, runId: job.runId, attemptIds: ['another'] }));
    // A beat that begins later than the message: it was heard by then.
    const beats = mesh.bodies('POST /internal/workers/:id/heartbeat').length;
    await mesh.until(() => mesh.bodies('POST /internal/workers/:id/heartbeat').length > beats + 1);
    for (const done of finish) done();
    expect((await results(job))[0]).toMatchObject({ status: 'succeeded' });
  });

  it('comes with the heartbeat as well', async () => {
    await start();
    const job = mesh.job('wait');
    const running = beginning(job.attemptId);
    await add(job);
    await running;
    mesh.routes['POST /internal/workers/:id/heartbeat'] = ({ body }) => ({ cancel: (JSON.parse(body.toString()) as { active: string[] }).active, resend: [] });
    expect((await results(job))[0]).toMatchObject({ status: 'failed', failure: { code: 'cancelled' } });
  });
});

describe('progress', () => {
  it('is told at most ten times a second, the newest last', async () => {
    await start();
    const watcher = watch();
    await watcher.subscribe(PROGRESS_CHANNEL);
    const said: { runId: string; percent: number; message: string }[] = [];
    const job = mesh.job('news');
    const last = new Promise((ok) => watcher.on('message', (_channel, text: string) => {
      const news = JSON.parse(text) as (typeof said)[number];
      if (news.runId !== job.runId) return;
      said.push(news);
      if (news.percent === 100) ok(undefined);
    }));
    await add(job);
    await last;
    expect(said.map((n) => n.message)).toEqual(['at 0', 'at 1000']);
  });
});

describe('the process', () => {
  it('registers its tools, then beats with what is running, and says good-bye', async () => {
    const worker = await start();
    expect(mesh.bodies('POST /internal/workers')).toEqual([expect.objectContaining({ workerId: worker.workerId, service, queue: service, concurrency: 20 })]);
    expect((mesh.bodies('POST /internal/workers')[0] as { tools: object[] }).tools).toContainEqual(expect.objectContaining({ name: 'echo', version: '1.0.0', effect: 'read', examples: [{ text: 'hi' }], inputSchema: expect.objectContaining({ additionalProperties: false }) }));
    const job = mesh.job('wait');
    await add(job);
    await mesh.until(() => mesh.bodies('POST /internal/workers/:id/heartbeat').some((b) => (b as { active: string[] }).active.includes(job.attemptId)));
    await worker.close();
    expect(mesh.seen.at(-1)!.route).toBe('DELETE /internal/workers/:id');
  });

  it('waits for the orchestrator, and registers again when it is not known any more', async () => {
    let tries = 0;
    mesh.routes['POST /internal/workers'] = () => { if (++tries < 3) throw new ProblemError(503, 'service-unavailable', 'starting'); };
    await start();
    expect(tries).toBe(3);
    mesh.routes['POST /internal/workers/:id/heartbeat'] = () => {
      mesh.routes['POST /internal/workers/:id/heartbeat'] = () => ({ cancel: [], resend: [] });
      throw new ProblemError(404, 'worker-unknown', 'who?');
    };
    await mesh.until(() => tries === 4);
  });

  it('does not start when another service has the tool', async () => {
    mesh.routes['POST /internal/workers'] = () => { throw new ProblemError(409, 'tool-conflict', '"echo" belongs to other-service'); };
    await expect(startWorker(options())).rejects.toThrow(new StartError(`the orchestrator refuses the tools of ${service} (tool-conflict): "echo" belongs to other-service`));
  });

  it('publishes a result again when asked, as long as it knows it', async () => {
    await start();
    const job = mesh.job('echo', { input: { text: 'again' } });
    await run(job);
    mesh.routes['POST /internal/workers/:id/heartbeat'] = () => {
      mesh.routes['POST /internal/workers/:id/heartbeat'] = () => ({ cancel: [], resend: [] });
      return { cancel: [], resend: [job.attemptId, 'unknown'] };
    };
    const [first, second] = await results(job, 2);
    expect(second).toEqual(first);
  });

  it('answers a second delivery of a finished attempt with the first result', async () => {
    await start();
    const job = mesh.job('login', { claim: true, input: { text: 'web1' } });
    await run(job);
    await queue.getJob(job.attemptId).then((j) => j?.waitUntilFinished(events, 5000).catch(() => undefined));
    await add(job);
    expect(await results(job, 2)).toHaveLength(2);
    expect(mesh.bodies('POST /internal/claims')).toHaveLength(1);
  });

  it('finishes what is in hand before it ends, and takes nothing new', async () => {
    const worker = await start({ stopping: { finishMs: 5000, abortMs: 100 } });
    const job = mesh.job('wait');
    const running = beginning(job.attemptId);
    await add(job);
    await running;
    const closed = worker.close();
    const later = mesh.job('echo');
    await add(later);
    for (const done of finish) done();
    await closed;
    expect((await results(job))[0]).toMatchObject({ status: 'succeeded', output: { text: 'waited' } });
    expect(await queue.getWaitingCount()).toBe(1);
  });

  it('aborts what does not finish: a read is lost, to be done elsewhere', async () => {
    const worker = await start({ stopping: { finishMs: 0, abortMs: 100 } });
    const job = mesh.job('wait');
    const running = beginning(job.attemptId);
    await add(job);
    await running;
    await worker.close();
    expect((await results(job))[0]).toMatchObject({ failure: { code: 'worker-lost' } });
  });

  it('tells its health and figures', async () => {
    const { port } = await start();
    await run(mesh.job('echo'));
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get('/health/live')).json()).toEqual({ status: 'ok' });
    expect(await (await get('/health/ready')).json()).toEqual({ status: 'ok', checks: { started: true, redis: true, registered: true, running: true } });
    const metrics = await get('/metrics');
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toMatch(/opsmesh_attempts_total\{tool="echo",outcome="succeeded"\} 1/);
  });

  it('is not ready before it is registered', async () => {
    mesh.routes['POST /internal/workers'] = () => { throw new ProblemError(503, 'service-unavailable', 'starting'); };
    let port = 0;
    const starting = startWorker(options({ beforeListen: (app) => { app.getHttpServer().on('listening', () => { port = (app.getHttpServer().address() as { port: number }).port; }); } }));
    await mesh.until(() => mesh.bodies('POST /internal/workers').length > 0);
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ status: 'unavailable', checks: { registered: false } });
    mesh.routes['POST /internal/workers'] = () => undefined;
    workers.push(await starting);
  });
});
