import { MESSAGE_VERSION, RESULTS_STREAM, type JobDto, type ResultDto, type RunView } from '@opsmesh/contracts';
import { redisConnection, stopTracing, type Database } from '@opsmesh/platform';
import { createTestDatabase, OtlpReceiver, waitFor, type ReceivedSpan, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { QUEUE } from '../testing/documents.js';
import { LiveOrchestrator } from '../testing/live.js';
import { openRecord, openRedis, SILENT } from '../testing/rig.js';
import { Queues } from '../transport/queues.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OUTSIDE = `00-${TRACE}-00f067aa0ba902b7-01`;
const PLAN = { name: 'traced', steps: [{ id: 'a', tool: 'probe', inputs: { host: 'hunter2' }, retry: { maxAttempts: 2, backoff: { initialMs: 10, factor: 1, maxMs: 10, jitter: false } } }, { id: 'b', tool: 'probe', inputs: { host: 'y' }, dependsOn: ['a'] }] };

let server: TestDatabase; let database: Database; let redis: Redis; let redisUrl: string; let queues: Queues; let receiver: OtlpReceiver; let api: LiveOrchestrator | undefined;
beforeEach(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  database = await openRecord(server.url);
  ({ redis, url: redisUrl } = await openRedis());
  queues = new Queues(redisConnection(redisUrl), SILENT);
  receiver = await OtlpReceiver.start();
});
afterEach(async () => {
  await api?.stop();
  api = undefined;
  await stopTracing();
  await receiver.stop();
  await queues.close();
  redis.disconnect();
  await database.close();
  await server.drop();
});

async function start(traced = true): Promise<LiveOrchestrator> {
  api = await LiveOrchestrator.start({ databaseUrl: server.url, redisUrl, ...(traced ? { traces: { url: `${receiver.url}/v1/traces`, share: 1 } } : {}) });
  await api.registerTools();
  return api;
}
/** What is to be done of a run, once it is in the queue. */
async function job(id: string): Promise<JobDto> {
  return waitFor(async () => (await queues.get(QUEUE).getJob(id))?.data as JobDto | undefined, { what: `job ${id}` });
}
async function publish(runId: string, more: Pick<ResultDto, 'stepId' | 'attempt' | 'status'> & Partial<ResultDto>): Promise<void> {
  const result: ResultDto = { v: MESSAGE_VERSION, attemptId: `${runId}.${more.stepId}.0.${more.attempt}`, runId, item: 0, tenantId: 'default', workerId: 'w1', durationMs: 3, ...more };
  await redis.xadd(RESULTS_STREAM, '*', 'result', JSON.stringify(result));
}
async function ended(id: string): Promise<RunView> {
  return waitFor(async () => {
    const run = (await api!.ask('GET', `/runs/${id}`)).json<RunView>();
    return run.status === 'running' ? undefined : run;
  }, { what: 'the run to end' });
}
async function startRun(headers: Record<string, string> = {}): Promise<string> {
  return (await api!.ask('POST', '/runs', { body: { plan: PLAN }, headers })).json<{ id: string }>().id;
}
const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan[] => spans.filter((s) => s.name === name);

it('has the request, the compilation, the commits, the sending and the jobs of a run in one trace', async () => {
  await start();
  const id = await startRun({ traceparent: OUTSIDE });
  const first = await job(`${id}.a.0.1`);
  const spans = await receiver.until((all) => ['POST /runs', 'plan compile', 'engine commit', 'relay send'].every((name) => named(all, name).length > 0));
  const [request] = named(spans, 'POST /runs');
  expect(request).toMatchObject({ service: 'orchestrator', traceId: TRACE, parentSpanId: '00f067aa0ba902b7' });
  for (const name of ['plan compile', 'engine commit', 'relay send']) expect(named(spans, name)[0]).toMatchObject({ traceId: TRACE, parentSpanId: request!.spanId, error: undefined });
  expect(named(spans, 'engine commit')[0]!.attributes).toMatchObject({ 'opsmesh.runs': 1, 'opsmesh.items': 1, 'opsmesh.attempts_wanted': 1 });
  expect(named(spans, 'relay send')[0]!.attributes).toMatchObject({ 'opsmesh.jobs': 1 });
  expect(first.traceparent).toBe(`00-${TRACE}-${request!.spanId}-01`);
  expect(receiver.bodies.join()).not.toContain('hunter2');
});

it('goes on in the same trace after a retry and a restart, with the commits of results', async () => {
  await start();
  const id = await startRun();
  const { traceparent } = await job(`${id}.a.0.1`);
  await publish(id, { stepId: 'a', attempt: 1, status: 'failed', failure: { code: 'unreachable', message: 'no', retryable: true } });
  expect((await job(`${id}.a.0.2`)).traceparent).toBe(traceparent);
  await api!.stop();
  await start();
  await publish(id, { stepId: 'a', attempt: 2, status: 'succeeded', output: {} });
  expect((await job(`${id}.b.0.1`)).traceparent).toBe(traceparent);
  await publish(id, { stepId: 'b', attempt: 1, status: 'succeeded', output: {} });
  await ended(id);
  const traceId = traceparent!.split('-')[1];
  await receiver.until((all) => named(all, 'engine commit').filter((s) => s.traceId === traceId).length >= 5);
});

it('is silent where nobody asked for traces, or the asker does not record his', async () => {
  await start(false);
  const id = await startRun({ traceparent: OUTSIDE });
  expect((await job(`${id}.a.0.1`)).traceparent).toBeUndefined();
  await api!.stop();
  await start();
  const unrecorded = await startRun({ traceparent: `${OUTSIDE.slice(0, -2)}00` });
  expect((await job(`${unrecorded}.a.0.1`)).traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  await stopTracing();
  expect(receiver.spans.filter((s) => s.traceId === TRACE)).toEqual([]);
});
