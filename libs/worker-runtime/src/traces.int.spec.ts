import { randomBytes } from 'node:crypto';
import { Controller, Module } from '@nestjs/common';
import { QUEUE_PREFIX, ToolFailure, type JobDto } from '@opsmesh/contracts';
import { createLogger, currentTraceparent, patientRedisConnection, stopTracing } from '@opsmesh/platform';
import { OtlpReceiver, testRedisUrl, type ReceivedSpan } from '@opsmesh/testing';
import { Queue } from 'bullmq';
import { IsOptional, IsString } from 'class-validator';
import { startWorker, Tool, type RunningWorker, type ToolCall } from './index.js';
import { FakeMesh } from './mesh.fixture.js';

class EchoInput { @IsOptional() @IsString() text?: string }
class EchoOutput { @IsOptional() @IsString() text?: string }
const base = { version: '1.0.0', description: 'for specs', input: EchoInput, output: EchoOutput, effect: 'read', idempotent: true, timeoutMs: 1000 } as const;
/** The place in a trace that the handler saw. */
let seen: string | undefined;
let called: () => void = () => undefined;

@Controller()
class EchoTools {
  @Tool({ ...base, name: 'echo' }) echo(): EchoOutput {
    seen = currentTraceparent();
    called();
    return {};
  }
  @Tool({ ...base, name: 'fail' }) fail(): never { throw new ToolFailure('unreachable', 'nobody at hunter2', { cause: 'hunter2' }); }
  @Tool({ ...base, name: 'change', effect: 'write', idempotent: false }) change({ input }: ToolCall<EchoInput>): EchoOutput { return input; }
}
@Module({ controllers: [EchoTools] }) class EchoModule {}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${PARENT}-01`;
const url = testRedisUrl();
const log = createLogger('spec', { level: 'silent' });
const service = `traced-${randomBytes(4).toString('hex')}`;
let mesh: FakeMesh; let queue: Queue; let receiver: OtlpReceiver; let worker: RunningWorker | undefined;

beforeEach(async () => {
  seen = undefined;
  mesh = new FakeMesh();
  await mesh.start();
  receiver = await OtlpReceiver.start();
  queue = new Queue(service, { connection: patientRedisConnection(url), prefix: QUEUE_PREFIX });
});
afterEach(async () => {
  await worker?.close();
  worker = undefined;
  await stopTracing();
  await queue.obliterate({ force: true });
  await queue.close();
  await receiver.stop();
  await mesh.stop();
});

async function start(traced: boolean): Promise<void> {
  worker = await startWorker({
    service, module: EchoModule, defaultPort: 0, ownProcess: false, log, stopping: { finishMs: 300, abortMs: 100 },
    config: {
      service, host: '127.0.0.1', port: 0, redisUrl: url, orchestratorUrl: mesh.url, assetServiceUrl: mesh.url, dataDir: mesh.dir, auth: 'off', logLevel: 'silent', concurrency: 5,
      ...(traced ? { traces: { url: `${receiver.url}/v1/traces`, share: 1 } } : {}),
    },
  });
}
/** Runs a job and gives the spans of its attempt and of its tool, once both have come. */
async function traceOf(job: JobDto): Promise<{ attempt: ReceivedSpan; tool: ReceivedSpan | undefined }> {
  await queue.add(job.tool, job, { jobId: job.attemptId, attempts: 1 });
  const spans = await receiver.until((all) => all.some((s) => s.attributes['opsmesh.run'] === job.runId));
  const attempt = spans.find((s) => s.attributes['opsmesh.run'] === job.runId)!;
  return { attempt, tool: spans.find((s) => s.parentSpanId === attempt.spanId && s.name.startsWith('tool ')) };
}

it('an attempt and the call of its tool are spans in the trace of the run, and the handler is inside', async () => {
  await start(true);
  const job = mesh.job('echo', { traceparent, input: { text: 'hunter2' } });
  const { attempt, tool } = await traceOf(job);
  expect(attempt).toMatchObject({ service, name: 'attempt echo', traceId: TRACE, parentSpanId: PARENT, error: undefined, attributes: { 'opsmesh.step': 'step', 'opsmesh.item': 0, 'opsmesh.attempt': 1, 'opsmesh.worker': worker!.workerId } });
  expect(tool).toMatchObject({ name: 'tool echo', traceId: TRACE });
  expect(seen).toBe(`00-${TRACE}-${tool!.spanId}-01`);
  expect(receiver.bodies.join()).not.toContain('hunter2');
});

it('a failure is its code, never its message', async () => {
  await start(true);
  const { attempt, tool } = await traceOf(mesh.job('fail', { traceparent }));
  expect([attempt.error, tool!.error]).toEqual(['unreachable', 'unreachable']);
  expect(receiver.bodies.join()).not.toContain('hunter2');
});

it('an attempt that is left to others says so, and its tool is not called', async () => {
  await start(true);
  const job = mesh.job('change', { traceparent, claim: true });
  const { attempt, tool } = await traceOf({ ...job, input: { text: 'not what was claimed' } });
  expect([attempt.error, tool]).toEqual(['claim-refused', undefined]);
});

it('a job without a trace begins one', async () => {
  await start(true);
  const { attempt } = await traceOf(mesh.job('echo'));
  expect([attempt.parentSpanId, attempt.traceId === TRACE]).toEqual(['', false]);
});

it('without traces a job with one is done like any other', async () => {
  await start(false);
  const job = mesh.job('echo', { traceparent });
  const done = new Promise<void>((ok) => { called = ok; });
  await queue.add(job.tool, job, { jobId: job.attemptId, attempts: 1 });
  await done;
  expect([seen, receiver.spans]).toEqual([undefined, []]);
});
