import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MESSAGE_VERSION, QUEUE_PREFIX, RESULTS_STREAM, resultsIn, type ResultDto, type ToolDeclarationDto, type WorkerRegistrationDto } from '@opsmesh/contracts';
import { testRedisUrl } from '@opsmesh/testing';
import { startWorker, type RunningWorker } from '@opsmesh/worker-runtime';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { AssetServiceModule } from './asset-service.module.js';
import { assetServiceConfig, BODY_LIMITS, DEFAULT_PORT, SERVICE } from './config.js';
import { testStore, type TestStore } from './testing/database.js';

const RUN = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
let store: TestStore;
let worker: RunningWorker;
let orchestrator: Server;
let redis: Redis;
let queue: Queue;
let url: string;
const registered: WorkerRegistrationDto[] = [];

/** Registers every worker and answers every heartbeat, and grants nothing. */
function startOrchestrator(): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (d: Buffer) => { body += d.toString(); });
    request.on('end', () => {
      if (request.url === '/internal/workers') registered.push(JSON.parse(body) as WorkerRegistrationDto);
      const beat = request.url?.endsWith('/heartbeat') ?? false;
      response.writeHead(beat ? 200 : 204, { 'content-type': 'application/json' }).end(beat ? '{"cancel":[],"resend":[]}' : undefined);
    });
  });
  return new Promise((ok) => { server.listen(0, '127.0.0.1', () => { ok(server); }); });
}

beforeAll(async () => {
  store = await testStore();
  orchestrator = await startOrchestrator();
  const redisUrl = testRedisUrl();
  redis = new Redis(redisUrl);
  await redis.flushdb();
  queue = new Queue(SERVICE, { connection: { url: redisUrl }, prefix: QUEUE_PREFIX });
  const config = assetServiceConfig({ DATABASE_URL: store.url, REDIS_URL: redisUrl, OPSMESH_DATA: store.dataDir, PORT: '0', ORCHESTRATOR_URL: `http://127.0.0.1:${(orchestrator.address() as AddressInfo).port}` });
  worker = await startWorker({ service: SERVICE, module: AssetServiceModule.over(store), defaultPort: DEFAULT_PORT, http: { body: BODY_LIMITS }, config, log: store.log, ownProcess: false });
  url = `http://127.0.0.1:${worker.port}`;
});
afterAll(async () => {
  await worker.close();
  await queue.close();
  redis.disconnect();
  orchestrator.close();
  orchestrator.closeAllConnections();
  await store.drop();
});

/** Puts a job on the queue and waits for its result on the stream. */
async function run(tool: string, input: object): Promise<ResultDto> {
  const attempt = registered.length + Math.floor(performance.now());
  const attemptId = `${RUN}.s.0.${attempt}`;
  await queue.add(tool, { v: MESSAGE_VERSION, attemptId, runId: RUN, stepId: 's', item: 0, attempt, tenantId: 'default', actorId: 'ann', tool, toolVersion: '1.0.0', input, timeoutMs: 10_000, claim: false }, { jobId: attemptId, removeOnComplete: true, removeOnFail: true });
  const reader = redis.duplicate();
  try {
    for (let from = '0'; ;) {
      const found = await reader.xread('BLOCK', 10_000, 'STREAMS', RESULTS_STREAM, from);
      if (!found) throw new Error(`no result of ${tool}`);
      for (const [id, fields] of found[0]![1]) {
        from = id;
        const result = resultsIn(fields).map((json) => JSON.parse(json) as ResultDto).find((r) => r.attemptId === attemptId);
        if (result) return result;
      }
    }
  } finally {
    reader.disconnect();
  }
}

it('registers its five tools with schemas', () => {
  const tools: ToolDeclarationDto[] = registered[0]!.tools;
  expect(tools.map((t) => [t.name, t.effect, t.idempotent]).sort()).toEqual([
    ['asset-create', 'write', false], ['asset-delete', 'destructive', true], ['asset-list', 'read', true], ['asset-query', 'read', true], ['asset-update', 'write', false],
  ]);
});

it('routes and tools are one: what HTTP creates, a job finds', async () => {
  const made = await fetch(`${url}/assets`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ hostname: 'web-01', ip_address: '10.0.0.5', tags: ['Win10'] }) });
  expect(made.status).toBe(201);
  expect(await run('asset-query', { filters: { tags: 'win10' }, fields: ['ip_address', 'hostname'] })).toMatchObject({
    status: 'succeeded', output: { assets: [{ ip_address: '10.0.0.5', hostname: 'web-01' }], asset_count: 1, hostnames: ['web-01'], ip_addresses: ['10.0.0.5'], total: 1, truncated: false },
  });
  expect(await run('asset-list', {})).toMatchObject({ status: 'succeeded', output: { asset_count: 1, total: 1 } });
});

it('input that breaks the rules fails before anything is asked', async () => {
  expect(await run('asset-query', { filters: { colour: 'red' } })).toMatchObject({ status: 'failed', failure: { code: 'input-invalid' } });
  expect(await run('asset-query', { filters: { ip_address: '10.0.0.0/99' } })).toMatchObject({ status: 'failed', failure: { code: 'input-invalid' } });
});

it('a job that changes something does nothing without a claim', async () => {
  expect(await run('asset-create', { hostname: 'unclaimed' })).toMatchObject({ status: 'failed' });
  expect((await fetch(`${url}/assets/unclaimed`)).status).toBe(404);
});

it('is live and ready', async () => {
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
});
