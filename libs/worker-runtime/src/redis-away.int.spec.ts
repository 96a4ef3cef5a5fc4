import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { QUEUE_PREFIX, RESULTS_STREAM, type JobDto } from '@opsmesh/contracts';
import { createLogger, createRedis, patientRedisConnection } from '@opsmesh/platform';
import { Queue } from 'bullmq';
import { startWorker, Tool, type RunningWorker } from './index.js';
import { FakeMesh } from './mesh.fixture.js';

interface TestRedis { readonly url: string; readonly port: number; stop(): Promise<void> }
const { startRedis } = await import(new URL('../../../tools/redis.mjs', import.meta.url).href) as { startRedis(options: { dir: string; port?: number; persist: boolean }): Promise<TestRedis> };

class Empty {}
const release = new Map<string, () => void>();
let begun: () => void = () => undefined;

@Controller()
class GateTool {
  @Tool({ name: 'gate', version: '1.0.0', description: 'waits', input: Empty, output: Empty, effect: 'read', idempotent: true, timeoutMs: 60_000 })
  async gate({ context }: { context: { attempt: { id: string } } }): Promise<object> {
    await new Promise<void>((ok) => {
      release.set(context.attempt.id, ok);
      begun();
    });
    return {};
  }
}
@Module({ controllers: [GateTool] }) class GateModule {}

const service = 'spec-gate';
const log = createLogger('spec', { level: 'silent' });
const dir = mkdtempSync(join(tmpdir(), 'opsmesh-away-'));
let server: TestRedis; let mesh: FakeMesh; let worker: RunningWorker;
beforeEach(async () => {
  server = await startRedis({ dir: join(dir, 'redis'), persist: false });
  mesh = new FakeMesh();
  await mesh.start();
  worker = await startWorker({
    service, module: GateModule, defaultPort: 0, ownProcess: false, log, stopping: { finishMs: 100, abortMs: 100 },
    config: { service, host: '127.0.0.1', port: 0, redisUrl: server.url, orchestratorUrl: mesh.url, assetServiceUrl: mesh.url, dataDir: mesh.dir, auth: 'off', logLevel: 'silent', concurrency: 5 },
  });
});
afterEach(async () => {
  await worker.close();
  await server.stop().catch(() => undefined);
  await mesh.stop();
});
afterAll(() => { rmSync(dir, { recursive: true }); });

/** Puts a job on the queue and resolves when its handler runs. */
async function run(job: JobDto): Promise<void> {
  const running = new Promise<void>((ok) => { begun = ok; });
  const queue = new Queue(service, { connection: patientRedisConnection(server.url), prefix: QUEUE_PREFIX });
  queue.on('error', () => undefined);
  await queue.add(job.tool, job, { jobId: job.attemptId, attempts: 1, removeOnComplete: true });
  await running;
  await queue.close();
}
async function resultOf(job: JobDto): Promise<void> {
  const redis = createRedis(server.url, { log, extra: { maxRetriesPerRequest: null } });
  for (let from = '0', found = false; !found;) {
    const reply = await redis.xread('BLOCK', 20_000, 'STREAMS', RESULTS_STREAM, from) as [string, [string, string[]][]][] | null;
    if (!reply) throw new Error('no result came');
    from = reply[0]![1].at(-1)![0];
    found = JSON.stringify(reply).includes(job.attemptId);
  }
  redis.disconnect();
}

it('a result that is ready while Redis is away is written when it is back, empty as it may be, and work goes on', async () => {
  const job = mesh.job('gate');
  await run(job);
  await server.stop();
  release.get(job.attemptId)!();
  server = await startRedis({ dir: join(dir, 'redis'), persist: false, port: server.port });
  await resultOf(job);
  const next = mesh.job('gate');
  await run(next);
  release.get(next.attemptId)!();
  await resultOf(next);
});

it('the process ends in time although Redis is away', async () => {
  const job = mesh.job('gate');
  await run(job);
  await server.stop();
  release.get(job.attemptId)!();
  const begin = performance.now();
  await worker.close();
  expect(performance.now() - begin).toBeLessThan(3000);
});
