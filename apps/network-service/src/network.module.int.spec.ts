import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptId, DEFAULT_PORTS, type JobDto, QUEUE_PREFIX, queueOf, RESULTS_STREAM, type ResultDto, ToolDeclarationDto, validate, WorkerRegistrationDto } from '@opsmesh/contracts';
import { type RunningWorker, startWorker } from '@opsmesh/worker-runtime';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { NetworkModule } from './network.module.js';

const runId = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
const jobOf = (tool: string, input: Record<string, unknown>): JobDto => ({
  v: 1, attemptId: attemptId({ runId, stepId: tool, item: 0, attempt: 1 }), runId, stepId: tool, item: 0, attempt: 1,
  tenantId: 'default', actorId: 'ann', tool, toolVersion: '1.0.0', input, timeoutMs: 20_000, claim: false,
});

/** The service as a worker process, with an orchestrator that only registers it. */
describe('the service', () => {
  let orchestrator: Server;
  let registration: WorkerRegistrationDto;
  let worker: RunningWorker;
  let queue: Queue;
  let redis: Redis;
  let folder: string;

  beforeAll(async () => {
    // Results go to one stream, so this spec has a database of Redis for itself.
    const redisUrl = `${process.env['TEST_REDIS_URL']}/13`;
    redis = new Redis(redisUrl);
    await redis.flushdb();
    folder = await mkdtemp(join(tmpdir(), 'network-service-'));
    orchestrator = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
      request.on('end', () => {
        if (request.method === 'POST' && request.url === '/internal/workers') registration = validate(WorkerRegistrationDto, JSON.parse(body));
        if (request.url?.endsWith('/heartbeat')) response.setHeader('Content-Type', 'application/json').end('{"cancel":[],"resend":[]}');
        else response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => orchestrator.listen(0, '127.0.0.1', resolve));
    const orchestratorUrl = `http://127.0.0.1:${(orchestrator.address() as AddressInfo).port}`;
    worker = await startWorker({
      service: 'network-service', module: NetworkModule, defaultPort: DEFAULT_PORTS['network-service'], ownProcess: false,
      config: { service: 'network-service', host: '127.0.0.1', port: 0, redisUrl, orchestratorUrl, assetServiceUrl: orchestratorUrl, dataDir: folder, auth: 'off', logLevel: 'silent', concurrency: 5 },
    });
    queue = new Queue(queueOf('network-service'), { prefix: QUEUE_PREFIX, connection: { url: redisUrl } });
  });
  afterAll(async () => {
    await worker.close();
    await queue.close();
    redis.disconnect();
    await new Promise((resolve) => orchestrator.close(resolve));
    await rm(folder, { recursive: true });
  });

  const declared = (name: string): ToolDeclarationDto => registration.tools.find((tool) => tool.name === name)!;

  it('registers its tools, none of which needs a claim', () => {
    expect(registration.tools.map(({ name, effect, idempotent, credential }) => ({ name, effect, idempotent, credential }))).toEqual(
      ['ping', 'dns-lookup', 'nmap'].map((name) => ({ name, effect: 'read', idempotent: true, credential: undefined })),
    );
  });

  it.each([
    ['ping', { target_host: '10.0.0.1', count: 2 }, true],
    ['ping', { target_host: '10.0.0.1', count: 99 }, false],
    ['ping', {}, false],
    ['dns-lookup', { name: 'a.org', type: 'SRV', server: 'fd00::1' }, true],
    ['dns-lookup', { name: 'a.org', server: '10.0.0.1' }, true],
    ['dns-lookup', { name: 'a.org', server: 'dns.a.org' }, false],
    ['nmap', { targets: '10.0.0.0/24', ports: '22,8000-8100' }, true],
    ['nmap', { targets: ['10.0.0.1', 'web-1'] }, true],
    ['nmap', { targets: [] }, false],
    ['nmap', { targets: 7 }, false],
    ['nmap', { targets: '10.0.0.1', ports: '0' }, false],
    ['nmap', { targets: '10.0.0.1', flags: '-A' }, false],
  ])("the schema of %s's input judges %j as %p, as the service does", (tool, input, good) => {
    expect(addFormats.default(new Ajv({ strict: false })).compile(declared(tool).inputSchema)(input)).toBe(good);
  });

  it('answers jobs with results that fit the declared outputs', async () => {
    const inputs: [string, Record<string, unknown>][] = [['ping', { target_host: '127.0.0.1', count: 1 }], ['nmap', { targets: '127.0.0.1', ports: '9' }], ['nmap-refused', { targets: '8.8.8.8' }]];
    for (const [step, input] of inputs) {
      const job = { ...jobOf(step.replace('-refused', ''), input), stepId: step, attemptId: attemptId({ runId, stepId: step, item: 0, attempt: 1 }) };
      await queue.add(job.tool, job, { jobId: job.attemptId, removeOnComplete: true, removeOnFail: true });
    }
    const results = new Map<string, ResultDto>();
    let last = '0';
    while (results.size < inputs.length) {
      const read = await redis.xread('COUNT', 10, 'BLOCK', 20_000, 'STREAMS', RESULTS_STREAM, last);
      if (!read) throw new Error('no result came');
      for (const [id, [, json]] of read[0]![1] as [string, [string, string]][]) {
        last = id;
        const result = JSON.parse(json) as ResultDto;
        results.set(result.stepId, result);
      }
    }
    for (const tool of ['ping', 'nmap']) {
      const { status, output } = results.get(tool)!;
      expect(status).toBe('succeeded');
      const check = addFormats.default(new Ajv({ strict: false })).compile(declared(tool).outputSchema);
      expect([check(output), check.errors]).toEqual([true, null]);
    }
    expect(results.get('nmap-refused')).toMatchObject({ status: 'failed', failure: { code: 'target-refused', retryable: false } });
  });
});
