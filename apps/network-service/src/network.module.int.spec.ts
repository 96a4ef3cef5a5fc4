import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptId, DEFAULT_PORTS, type JobDto, needsClaim, needsGrant, QUEUE_PREFIX, queueOf, RESULTS_STREAM, resultsIn, type ResultDto, ToolDeclarationDto, validate, WorkerRegistrationDto } from '@opsmesh/contracts';
import { testRedisUrl } from '@opsmesh/testing';
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
  const uploads: string[] = [];

  beforeAll(async () => {
    const redisUrl = testRedisUrl();
    redis = new Redis(redisUrl);
    await redis.flushdb();
    folder = await mkdtemp(join(tmpdir(), 'network-service-'));
    orchestrator = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        if (request.method === 'POST' && request.url === '/internal/workers') registration = validate(WorkerRegistrationDto, JSON.parse(body.toString()));
        if (request.method === 'PUT') {
          uploads.push(request.url!);
          response.end(JSON.stringify({ sha256: createHash('sha256').update(body).digest('hex'), bytes: body.length }));
          return;
        }
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

  it('registers its tools: none needs a grant, and those that may take long are claimed', () => {
    expect(registration.tools.filter(needsGrant)).toEqual([]);
    expect(registration.tools.filter(needsClaim).map(({ name }) => name)).toEqual(['traceroute', 'nmap', 'tcpdump', 'tshark-summary', 'tshark-conversations', 'tshark-top-talkers', 'tshark-packets', 'tshark-packet']);
  });

  it('registers its tools', () => {
    expect(registration.tools.map(({ name, effect, idempotent, credential }) => ({ name, effect, idempotent, credential }))).toEqual(
      [
        'ping', 'dns-lookup', 'traceroute', 'port-check', 'tls-certificate', 'nmap', 'tcpdump', 'tshark-summary', 'tshark-conversations', 'tshark-top-talkers', 'tshark-packets', 'tshark-packet', 'arp-table', 'interface-list',
      ].map((name) => ({ name, effect: 'read', idempotent: true, credential: undefined })),
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
    ['traceroute', { target_host: 'web-1', method: 'tcp', port: 443 }, true],
    ['traceroute', { target_host: 'web-1', method: 'dccp' }, false],
    ['port-check', { target_host: 'web-1', ports: 443 }, true],
    ['port-check', { target_host: 'web-1', ports: [22, 443] }, true],
    ['port-check', { target_host: 'web-1', ports: [0] }, false],
    ['port-check', { target_host: 'web-1', ports: '22' }, false],
    ['tls-certificate', { target_host: 'web-1' }, true],
    ['tls-certificate', { target_host: 'web-1', port: 0 }, false],
    ['tcpdump', {}, true],
    ['tcpdump', { interface: 'eth0', hosts: '10.0.0.0/24', filter: 'tcp port 80', duration: 5 }, true],
    ['tcpdump', { interface: '-w' }, false],
    ['tcpdump', { interface: '../eth0' }, false],
    ['tcpdump', { arguments: ['-w', '/tmp/x'] }, false],
    ['tshark-conversations', { captureId: 'a'.repeat(64), layer: 'tcp' }, true],
    ['tshark-conversations', { captureId: '../../etc/passwd' }, false],
    ['tshark-packets', { captureId: 'a'.repeat(64), displayFilter: 'tcp\nudp' }, false],
    ['tshark-packet', { captureId: 'a'.repeat(64), number: 1 }, true],
    ['tshark-packet', { captureId: 'a'.repeat(64), number: 0 }, false],
    ['arp-table', { interface: 'eth0.100@lan' }, true],
    ['interface-list', { onlyUp: 'yes' }, false],
  ])("the schema of %s's input judges %j as %p, as the service does", (tool, input, good) => {
    expect(addFormats.default(new Ajv({ strict: false })).compile(declared(tool).inputSchema)(input)).toBe(good);
  });

  it('answers jobs with results that fit the declared outputs', async () => {
    const inputs: [string, Record<string, unknown>][] = [
      ['ping', { target_host: '127.0.0.1', count: 1 }], ['nmap', { targets: '127.0.0.1', ports: '9' }], ['nmap-refused', { targets: '8.8.8.8' }], ['traceroute', { target_host: '127.0.0.1' }],
      ['port-check', { target_host: '127.0.0.1', ports: [9] }], ['tcpdump', { interface: 'lo', duration: 1 }], ['arp-table', {}], ['interface-list', {}],
    ];
    for (const [step, input] of inputs) {
      const job = { ...jobOf(step.replace('-refused', ''), input), stepId: step, attemptId: attemptId({ runId, stepId: step, item: 0, attempt: 1 }) };
      await queue.add(job.tool, job, { jobId: job.attemptId, removeOnComplete: true, removeOnFail: true });
    }
    const results = new Map<string, ResultDto>();
    let last = '0';
    while (results.size < inputs.length) {
      const read = await redis.xread('COUNT', 10, 'BLOCK', 20_000, 'STREAMS', RESULTS_STREAM, last);
      if (!read) throw new Error('no result came');
      for (const [id, fields] of read[0]![1]) {
        last = id;
        for (const result of resultsIn(fields).map((json) => JSON.parse(json) as ResultDto)) results.set(result.stepId, result);
      }
    }
    for (const tool of ['ping', 'nmap', 'traceroute', 'port-check', 'tcpdump', 'arp-table', 'interface-list']) {
      const { status, output } = results.get(tool)!;
      expect(status).toBe('succeeded');
      const check = addFormats.default(new Ajv({ strict: false })).compile(declared(tool).outputSchema);
      expect([check(output), check.errors]).toEqual([true, null]);
    }
    expect(uploads).toEqual([`/internal/blobs/${attemptId({ runId, stepId: 'tcpdump', item: 0, attempt: 1 })}?media_type=${encodeURIComponent('application/vnd.tcpdump.pcap')}`]);
    expect(results.get('nmap-refused')).toMatchObject({ status: 'failed', failure: { code: 'target-refused', retryable: false } });
  });

  it('tells what may be done here', async () => {
    const answer = await (await fetch(`http://127.0.0.1:${worker.port}/health/capabilities`)).json() as { programs: Record<string, boolean>; rights: Record<string, boolean> };
    expect(Object.keys(answer.programs)).toEqual(['ping', 'nmap', 'traceroute', 'tcpdump', 'tshark', 'ip']);
    expect(answer.rights).toMatchObject({ ping: true, capture: expect.any(Boolean) });
  });
});
