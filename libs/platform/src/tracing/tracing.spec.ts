import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { OtlpReceiver, type ReceivedSpan } from '@opsmesh/testing';
import { beginSpan, createHttpApp, createLogger, currentTraceparent, isTracing, openKeys, ProblemError, readConfig, ServiceClient, startTracing, stopTracing, traceSettings, withSpan, type HttpApp, type ProcessConfig } from '../index.js';

const log = createLogger('spec', { level: 'silent' });
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OUTSIDE = `00-${TRACE}-00f067aa0ba902b7-01`;

@Controller()
class Things {
  @Post('things/:name') async make() { return withSpan('inner', {}, async () => ({ traceparent: currentTraceparent() })); }
  @Get('fails') fail(): never { throw new ProblemError(503, 'not-ready', 'secret hunter2'); }
  @Get('health/live') live() { return { ok: true }; }
}
@Module({ controllers: [Things] }) class ThingsModule {}

let receiver: OtlpReceiver; let app: HttpApp; let url: string; let dir: string;
async function serve(): Promise<void> {
  const config: ProcessConfig = {
    service: 'spec-service', host: '127.0.0.1', port: 0, redisUrl: 'redis://127.0.0.1:1', orchestratorUrl: 'http://127.0.0.1:1', assetServiceUrl: 'http://127.0.0.1:1', dataDir: dir, auth: 'off', logLevel: 'silent',
    traces: { url: `${receiver.url}/v1/traces`, share: 1 },
  };
  app = await createHttpApp(ThingsModule, { config, log });
  url = `http://127.0.0.1:${await app.listen()}`;
}
/** All spans that were made, in the order in which they ended. */
async function flushed(): Promise<readonly ReceivedSpan[]> {
  await app.close();
  await stopTracing();
  return receiver.spans;
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'opsmesh-tracing-'));
  receiver = await OtlpReceiver.start();
});
afterEach(async () => {
  await stopTracing();
  await receiver.stop();
  rmSync(dir, { recursive: true });
});

it('is not held up by a collector that is not there', async () => {
  // Else the exporter goes on for 10 s to try, beyond the end of this file.
  process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '1000';
  await startTracing('spec-service', { url: 'http://127.0.0.1:1/v1/traces', share: 1 }, log);
  delete process.env['OTEL_EXPORTER_OTLP_TIMEOUT'];
  beginSpan('lost')!.end();
  const begun = performance.now();
  await stopTracing();
  expect(performance.now() - begun).toBeLessThan(5000);
});

it('makes a span of each request, named by its route, in the trace of the asker, with what happens in it below', async () => {
  await serve();
  const answer = await fetch(`${url}/things/hunter2?password=hunter2`, { method: 'POST', headers: { traceparent: OUTSIDE } });
  const inner = (await answer.json() as { traceparent: string }).traceparent;
  const [child, request] = await flushed();
  expect(request).toMatchObject({ service: 'spec-service', name: 'POST /things/:name', traceId: TRACE, parentSpanId: '00f067aa0ba902b7', attributes: { 'http.route': '/things/:name', 'http.response.status_code': 201 } });
  expect(child).toMatchObject({ name: 'inner', traceId: TRACE, parentSpanId: request!.spanId });
  expect(inner).toBe(`00-${TRACE}-${child!.spanId}-01`);
  expect(receiver.bodies.join()).not.toContain('hunter2');
});

it('begins a trace where nobody asked with one', async () => {
  await serve();
  await fetch(`${url}/things/x`, { method: 'POST' });
  await fetch(`${url}/things/x`, { method: 'POST', headers: { traceparent: 'nonsense' } });
  const requests = (await flushed()).filter((s) => s.name.startsWith('POST'));
  expect(requests.map((s) => s.parentSpanId)).toEqual(['', '']);
  expect(new Set(requests.map((s) => s.traceId)).size).toBe(2);
});

it('says of a failed request its status and nothing of its message', async () => {
  await serve();
  await fetch(`${url}/fails`);
  const [span] = await flushed();
  expect(span).toMatchObject({ name: 'GET /fails', error: '503' });
  expect(receiver.bodies.join()).not.toContain('hunter2');
});

it('traces health checks only for those who trace them', async () => {
  await serve();
  await fetch(`${url}/health/live`);
  await fetch(`${url}/health/live`, { headers: { traceparent: OUTSIDE } });
  expect((await flushed()).map((s) => s.traceId)).toEqual([TRACE]);
});

it('keeps out of a trace that its beginner does not record', async () => {
  await serve();
  await fetch(`${url}/things/x`, { method: 'POST', headers: { traceparent: `${OUTSIDE.slice(0, -1)}0` } });
  expect(await flushed()).toEqual([]);
});

it('takes the trace along to other services', async () => {
  await serve();
  const keys = openKeys(dir);
  const client = new ServiceClient({ keys, from: 'spec-service', to: 'spec-service', url });
  await withSpan('caller', {}, async () => { await client.call('POST', '/things/x'); });
  const spans = await flushed();
  const caller = spans.find((s) => s.name === 'caller')!;
  expect(spans.find((s) => s.name === 'POST /things/:name')).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId });
});

it('ends a span with the code of what was thrown, and links other traces', async () => {
  await serve();
  await expect(withSpan('work', { parent: null, links: [OUTSIDE, 'nonsense'] }, () => Promise.reject(new ProblemError(409, 'out-of-date', 'hunter2')))).rejects.toThrow('hunter2');
  const [span] = await flushed();
  expect(span).toMatchObject({ name: 'work', error: 'out-of-date', links: [TRACE] });
});

it('makes nothing when it is off', async () => {
  expect(isTracing()).toBe(false);
  expect(beginSpan('nothing')).toBeUndefined();
  expect(currentTraceparent()).toBeUndefined();
  expect(await withSpan('nothing', {}, (span) => Promise.resolve(span))).toBeUndefined();
});

it('costs a check and no memory where it is off', async () => {
  const attempt = { traceparent: undefined as string | undefined, ended: 0 };
  /** What the hot path of a step does with tracing. */
  const step = (): void => {
    const span = isTracing() ? beginSpan('run-attempt', { parent: attempt.traceparent, attributes: { n: attempt.ended } }) : undefined;
    attempt.ended++;
    span?.end();
  };
  for (let i = 0; i < 200_000; i++) step();
  await pause(0);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 1_000_000; i++) step();
  // One object a step would be 16 MB at the least.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
});

const settings = (source: Record<string, string>) => readConfig((env) => traceSettings(env), source);
it.each([
  ['nothing is set', {}, undefined],
  ['a base address', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }, { url: 'http://collector:4318/v1/traces', share: 1 }],
  ['a whole address', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/t', OTEL_TRACES_SAMPLER_ARG: '0.25' }, { url: 'https://c/t', share: 0.25 }],
  ['it is wished for', { OPSMESH_TRACES: 'on' }, { url: 'http://127.0.0.1:4318/v1/traces', share: 1 }],
  ['it is not wanted', { OPSMESH_TRACES: 'off', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1' }, undefined],
  ['OpenTelemetry is off', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1' }, undefined],
])('is set by the environment: %s', (_, source, expected) => {
  expect(settings(source as Record<string, string>)).toEqual(expected);
});

it.each([{ OPSMESH_TRACES: 'maybe' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, { OPSMESH_TRACES: 'on', OTEL_TRACES_SAMPLER_ARG: '2' }])('refuses settings it can not follow', (source) => {
  expect(() => settings(source as Record<string, string>)).toThrow('bad settings');
});
