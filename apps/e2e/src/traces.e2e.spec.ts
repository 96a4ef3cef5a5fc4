import { OtlpReceiver, type ReceivedSpan } from '@opsmesh/testing';
import { Rig } from './rig.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SECRET = 'canary-in-a-command';

let receiver: OtlpReceiver; let rig: Rig;
beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  rig = await Rig.start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
}, 120_000);
afterAll(async () => {
  await rig.stop();
  await receiver.stop();
}, 60_000);

/** The names of the spans from one up to the first of its trace. */
function wayUp(spans: readonly ReceivedSpan[], from: ReceivedSpan): string[] {
  const way = [from.name];
  for (let span = from; ;) {
    const parent = spans.find((s) => s.spanId === span.parentSpanId);
    if (!parent) return way;
    way.push(parent.name);
    span = parent;
  }
}

it('one trace leads from the request through every process to the handler of the tool', async () => {
  const host = rig.mesh.fleet().find((h) => h.protocol === 'ssh')!;
  const plan = { name: 'traced', steps: [{ id: 'say', tool: 'run-command', inputs: { target_host: host.ip, command: `echo ${SECRET}` } }] };
  const { status, body } = await rig.request<{ id: string }>('POST', '/runs', { plan }, { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` });
  expect(status).toBe(202);
  expect((await rig.ended(body.id)).status).toBe('completed');
  const spans = (await receiver.until((all) => {
    const ours = all.filter((s) => s.traceId === TRACE);
    return ['POST /runs', 'relay send', 'engine commit', '/claims', 'POST /internal/leases', 'attempt run-command'].every((name) => ours.some((s) => s.name.endsWith(name)));
  })).filter((s) => s.traceId === TRACE);
  const handler = spans.find((s) => s.name === 'tool run-command')!;
  expect(handler.service).toBe('automation-service');
  expect(wayUp(spans, handler)).toEqual(['tool run-command', 'attempt run-command', 'POST /runs']);
  const claim = spans.find((s) => s.service === 'orchestrator' && s.name.endsWith('/claims'))!;
  expect(wayUp(spans, claim).slice(1)).toEqual(['attempt run-command', 'POST /runs']);
  expect(spans.filter((s) => s.service === 'orchestrator').map((s) => s.name)).toEqual(expect.arrayContaining(['plan compile', 'engine commit', 'relay send']));
  expect(spans.find((s) => s.name === 'POST /internal/leases')).toMatchObject({ service: 'asset-service' });
  for (const secret of [SECRET, host.password]) expect(receiver.bodies.join()).not.toContain(secret);
}, 60_000);
