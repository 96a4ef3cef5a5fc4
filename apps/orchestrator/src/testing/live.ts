import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure, MESSAGE_VERSION, RESULTS_STREAM, type FailureCode, type ItemPageView, type ProblemDto, type ResultDto, type RunView } from '@opsmesh/contracts';
import { openKeys, type Keys, type TraceSettings } from '@opsmesh/platform';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import type { OrchestratorConfig } from '../config.js';
import { startOrchestrator } from '../start-orchestrator.js';
import { QUEUE, TOOLS } from './documents.js';
import { openRedis, SILENT } from './rig.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** @throws SyntaxError when the body is not JSON */
  json<T>(): T;
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

interface LiveOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly auth?: 'on' | 'off';
  readonly traces?: TraceSettings;
  readonly more?: Partial<OrchestratorConfig>;
}

/** An orchestrator of a spec file with the tools of the specs, over a database and a Redis that nobody else uses. */
export interface LiveRig {
  readonly api: LiveOrchestrator;
  readonly redis: Redis;
  readonly databaseUrl: string;
}

/** Opens a rig before the specs of the file and takes it down after them. */
export function useLive(opened: (rig: LiveRig) => void | Promise<void>, options: Pick<LiveOptions, 'auth'> = {}): void {
  let server: TestDatabase;
  let rig: LiveRig;
  beforeAll(async () => {
    server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
    const { url, redis } = await openRedis();
    rig = { redis, databaseUrl: server.url, api: await LiveOrchestrator.start({ databaseUrl: server.url, redisUrl: url, ...options }) };
    await rig.api.registerTools();
    await opened(rig);
  });
  afterAll(async () => {
    await rig.api.stop();
    rig.redis.disconnect();
    await server.drop();
  });
}

/** One orchestrator as it runs in production, on a port of its own, and a caller of its API. */
export class LiveOrchestrator {
  private constructor(readonly url: string, readonly keys: Keys, private readonly end: () => Promise<void>) {}

  static async start({ databaseUrl, redisUrl, auth = 'off', traces, more = {} }: LiveOptions): Promise<LiveOrchestrator> {
    const dataDir = mkdtempSync(join(tmpdir(), 'opsmesh-live-'));
    const config: OrchestratorConfig = {
      service: 'orchestrator', host: '127.0.0.1', port: 0, redisUrl, databaseUrl, databaseConnections: 8, dataDir, auth, logLevel: 'silent',
      orchestratorUrl: 'http://127.0.0.1:1', assetServiceUrl: 'http://127.0.0.1:1', chatWaitMs: 10_000, ...(traces ? { traces } : {}), ...more,
    };
    const { port, close } = await startOrchestrator(config, SILENT);
    return new LiveOrchestrator(`http://127.0.0.1:${port}`, openKeys(dataDir), async () => { await close(); rmSync(dataDir, { recursive: true }); });
  }

  stop(): Promise<void> {
    return this.end();
  }

  async ask(method: string, path: string, { body, headers = {} }: Ask = {}): Promise<Answer> {
    const content = body === undefined ? {} : { body: typeof body === 'string' || Buffer.isBuffer(body) ? body as string : JSON.stringify(body) };
    const response = await fetch(this.url + path, { method, redirect: 'manual', headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...content });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
  }

  /** Asks as a service of the mesh. */
  async askAs(service: string, method: string, path: string, { body, headers = {} }: Ask = {}): Promise<Answer> {
    return this.ask(method, path, { body, headers: { authorization: `Bearer ${await this.keys.serviceToken(service, 'orchestrator')}`, ...headers } });
  }

  /** Starts a run. @throws Error with the answer when it is not taken */
  async started(plan: object): Promise<RunView> {
    const answer = await this.ask('POST', '/runs', { body: { plan } });
    if (answer.status !== 202) throw new Error(answer.text);
    return this.view(answer.json<{ id: string }>().id);
  }

  async view(runId: string): Promise<RunView> {
    return (await this.ask('GET', `/runs/${runId}`)).json<RunView>();
  }

  /** The run when it has ended. */
  ended(runId: string): Promise<RunView> {
    return waitFor(async () => { const run = await this.view(runId); return run.finishedAt === null ? undefined : run; }, { what: 'the run to end' });
  }

  async items(runId: string, step: string, query = ''): Promise<ItemPageView> {
    return (await this.ask('GET', `/runs/${runId}/steps/${step}/items${query}`)).json<ItemPageView>();
  }

  /** Registers the tools of the specs as a worker would. */
  async registerTools(): Promise<void> {
    const answer = await this.askAs(QUEUE, 'POST', '/internal/workers', { body: { workerId: 'worker-1', service: QUEUE, queue: QUEUE, concurrency: 10, tools: TOOLS } });
    if (answer.status !== 204) throw new Error(answer.text);
  }
}

/** The problem document of an answer. @throws Error when the answer is none */
export function problemOf(answer: Answer): ProblemDto {
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) throw new Error(`no problem document: ${answer.status} ${answer.text}`);
  return answer.json<ProblemDto>();
}

interface Published { readonly step: string; readonly item?: number }

/** Publishes that an attempt succeeded, as a worker would. */
export function publishSuccess(redis: Redis, run: Pick<RunView, 'id' | 'tenant_id'>, { output = {}, ...of }: Published & { readonly output?: unknown }): Promise<void> {
  return publish(redis, run, of, { status: 'succeeded', output });
}

/** Publishes that an attempt failed, for good if no other code is given. */
export function publishFailure(redis: Redis, run: Pick<RunView, 'id' | 'tenant_id'>, { code = 'not-found', ...of }: Published & { readonly code?: FailureCode }): Promise<void> {
  return publish(redis, run, of, { status: 'failed', failure: failure(code, 'no such host') });
}

async function publish(redis: Redis, run: Pick<RunView, 'id' | 'tenant_id'>, { step, item = 0 }: Published, outcome: Pick<ResultDto, 'status' | 'output' | 'failure'>): Promise<void> {
  const result: ResultDto = { v: MESSAGE_VERSION, attemptId: `${run.id}.${step}.${item}.1`, runId: run.id, stepId: step, item, attempt: 1, tenantId: run.tenant_id, workerId: 'worker-1', durationMs: 3, ...outcome };
  await redis.xadd(RESULTS_STREAM, '*', 'result', JSON.stringify(result));
}

export interface ServerEvent { readonly id: number | null; readonly event: string; readonly data: unknown }

/** A reader of server-sent events (HTML Living Standard, 9.2). */
export class EventReader {
  readonly events: ServerEvent[] = [];
  ended = false;
  private readonly abort = new AbortController();

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const reader = new EventReader();
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: reader.abort.signal });
    if (response.status !== 200 || !response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(`${response.status} ${await response.text()}`);
    void reader.read(response.body!.pipeThrough(new TextDecoderStream()));
    return reader;
  }

  close(): void {
    this.abort.abort();
  }

  private async read(stream: ReadableStream<string>): Promise<void> {
    let rest = '';
    try {
      for await (const chunk of stream) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop()!;
        for (const block of blocks) this.take(block);
      }
    } catch { /* closed by us or by the server */ }
    this.ended = true;
  }

  private take(block: string): void {
    const fields = new Map(block.split('\n').filter((l) => !l.startsWith(':')).map((l): [string, string] => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 1).trim()]));
    const data = fields.get('data');
    if (data !== undefined) this.events.push({ id: fields.has('id') ? Number(fields.get('id')) : null, event: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown });
  }
}
