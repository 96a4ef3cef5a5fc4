import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEventView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => { rig = await Rig.start(); }, 120_000);
afterAll(() => rig.stop(), 60_000);

const report = {
  name: 'disk report',
  steps: [
    { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: 'web' } } },
    { id: 'disk', tool: 'disk-usage', forEach: '<<steps.assets.output.assets>>', inputs: { target_host: '<<item.ip_address>>', path: '/' } },
  ],
};

describe('the disk report of the README', () => {
  let id: string;
  beforeAll(async () => { id = await rig.startRun(report); await rig.ended(id); }, 60_000);

  it('one step, four assets, four rows; the host that refuses connections fails alone and says why', async () => {
    const run = await rig.run(id);
    expect(run).toMatchObject({ status: 'partial', strategy: 'SERIAL', steps: [{ id: 'assets', status: 'succeeded', total: 1 }, { id: 'disk', status: 'partial', total: 4, counts: { succeeded: 3, failed: 1 } }] });
    const items = await rig.items(id, 'disk');
    const up = items.filter((i) => i.status === 'succeeded').map((i) => i.output as { host: string; sizeBytes: number; usedPercent: number });
    expect(up.map((o) => o.host)).toEqual(['web-01', 'web-02', 'web-03']);
    expect(up.every((o) => o.sizeBytes === 40_000_000_000 && o.usedPercent > 0)).toBe(true);
    expect(items.filter((i) => i.status === 'failed')).toMatchObject([{ attempt: 3, failure: { code: 'unreachable', retryable: true } }]);
  });

  it('gives the same rows as CSV', async () => {
    const { type, body } = await rig.request<string>('GET', `/runs/${id}/steps/disk/items?sort=-status`, undefined, { accept: 'text/csv' });
    expect(type).toContain('text/csv');
    expect(body.split('\r\n')[0]).toContain('output.sizeBytes');
    expect(body.split('\r\n').filter((l) => l !== '')).toHaveLength(5);
  });

  it('its events can be read from any point, without a gap, and end with the run', async () => {
    const read = async (from: string): Promise<RunEventView[]> => {
      const response = await fetch(`${rig.mesh.urls.orchestrator}/runs/${id}/events`, { headers: { 'last-event-id': from } });
      return (await response.text()).split('\n').filter((l) => l.startsWith('data: ')).map((l) => JSON.parse(l.slice(6)) as RunEventView);
    };
    const all = await read('0');
    expect(all.map((e) => e.seq)).toEqual(all.map((_, i) => i + 1));
    expect([all[0]!.type, all.at(-1)!.type]).toEqual(['run.started', 'run.finished']);
    expect((await read('3')).map((e) => e.seq)).toEqual(all.slice(3).map((e) => e.seq));
  });

  it('a re-run repeats the failed item alone, as a child of the run', async () => {
    const { status, body } = await rig.request<{ id: string }>('POST', `/runs/${id}/rerun`, { items: ['failed'] });
    expect(status).toBe(202);
    const child = await rig.ended(body.id);
    expect(child).toMatchObject({ parentRunId: id, status: 'failed', steps: [{ status: 'succeeded', total: 1 }, { status: 'failed', total: 1 }] });
    expect(await rig.items(body.id, 'disk')).toMatchObject([{ target: '127.0.1.14', failure: { code: 'unreachable' } }]);
    expect((await rig.problem('POST', `/runs/${id}/rerun`, { items: ['unknown'] })).body).toMatchObject({ code: 'nothing-to-rerun' });
  });
});

it('size of all C drives for all assets tagged win10: the README\'s plan gives four rows, over sealed WinRM', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
  const body = /-d '(\{\s+"plan": \{ "name": "size of all C drives[^']*)'/.exec(readme)![1]!;
  const { id } = (await rig.request<{ id: string }>('POST', '/runs', body)).body;
  expect(await rig.ended(id)).toMatchObject({ status: 'completed', steps: [{ status: 'succeeded' }, { status: 'succeeded', total: 4, counts: { succeeded: 4 } }] });
  const GB = 1_000_000_000;
  const row = (n: number, sizeGb: number, freeGb: number) => ({ target: `127.0.1.${20 + n}`, status: 'succeeded', output: { host: `pc-win10-0${n}`, volumes: [{ drive_letter: 'C', size_bytes: sizeGb * GB, free_bytes: freeGb * GB }] } });
  const items = await rig.items(id, 'volumes');
  expect(items).toMatchObject([row(1, 256, 97.3), row(2, 512, 388.6), row(3, 128, 3.9), row(4, 256, 141.8)]);
  // Of the two volumes of pc-win10-02, one was asked for.
  expect(items.map((i) => (i.output as { volumes: unknown[] }).volumes.length)).toEqual([1, 1, 1, 1]);
});

describe('a run can be steered', () => {
  const slow = () => ({
    inputs: { n: Array.from({ length: 12 }, (_, i) => i) },
    steps: [{ id: 'wait', tool: 'run-command', forEach: '<<input.n>>', inputs: { target_host: rig.mesh.fleet()[0]!.ip, command: 'sleep 1; ledger <<item>>' }, map: { concurrency: 2 } }],
  });

  it('cancel: what waits never starts, what runs is stopped and says so', async () => {
    const id = await rig.startRun(slow());
    await waitFor(async () => (await rig.run(id)).steps[0]!.counts.running > 0, { what: 'a command to run' });
    expect((await rig.request('POST', `/runs/${id}/cancel`)).status).toBe(202);
    const run = await rig.ended(id);
    expect(run.status).toBe('cancelled');
    expect(run.steps[0]!.counts.cancelled).toBeGreaterThanOrEqual(8);
    expect(run.steps[0]!.counts.unknown).toBe(0);
    expect((await rig.problem('POST', `/runs/${id}/cancel`)).body).toMatchObject({ code: 'run-ended' });
  });

  it('cancel stops a script on a Windows host too, and the host confirms it', async () => {
    const id = await rig.startRun({ steps: [{ id: 'wait', tool: 'run-powershell', inputs: { target_host: 'pc-win10-01', script: 'ledger began; stay-silent; ledger ended' } }] });
    const marks = async () => (await rig.ledger()).filter((e) => e.host === 'pc-win10-01').map((e) => e.argument);
    await waitFor(async () => (await marks()).includes('began'), { what: 'the script to run' });
    await rig.request('POST', `/runs/${id}/cancel`);
    expect((await rig.ended(id)).status).toBe('cancelled');
    expect(await rig.items(id, 'wait')).toMatchObject([{ status: 'cancelled', failure: { code: 'cancelled', message: expect.stringContaining('its processes were stopped') } }]);
    expect(await marks()).toEqual(['began']);
  });

  it('pause and resume: nothing new starts in between', async () => {
    const id = await rig.startRun(slow());
    await waitFor(async () => (await rig.run(id)).steps[0]!.counts.succeeded > 0, { what: 'the first item' });
    await rig.request('POST', `/runs/${id}/pause`);
    const paused = await waitFor(async () => {
      const run = await rig.run(id);
      return run.steps[0]!.counts.running === 0 ? run : undefined;
    }, { what: 'what has begun to end' });
    expect(paused).toMatchObject({ status: 'paused' });
    expect(paused.steps[0]!.counts.pending + paused.steps[0]!.counts.queued).toBeGreaterThan(0);
    await rig.request('POST', `/runs/${id}/resume`);
    expect(await rig.ended(id)).toMatchObject({ status: 'completed', steps: [{ counts: { succeeded: 12 } }] });
  });

  it('an idempotency key starts one run', async () => {
    const send = () => rig.request<{ id: string }>('POST', '/runs', { plan: report }, { 'idempotency-key': 'tour-1' });
    const [a, b] = await Promise.all([send(), send()]);
    expect(a.body.id).toBe(b.body.id);
    expect((await rig.problem('POST', '/runs', { plan: { ...report, name: 'other' } }, { 'idempotency-key': 'tour-1' })).body).toMatchObject({ code: 'idempotency-key-reused' });
  });
});

it('the API describes itself: every reference of the OpenAPI document resolves, and /docs and /queues are pages', async () => {
  const { body: document } = await rig.request<{ paths: object; components: { schemas: Record<string, unknown> } }>('GET', '/docs-json');
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/runs', '/runs/{id}', '/runs/{id}/events', '/runs/{id}/steps/{step}/items', '/runs/{id}/cancel', '/runs/{id}/rerun', '/plans/compile', '/plans/preview', '/tools']));
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]!);
  expect(references.filter((r) => !(r in document.components.schemas))).toEqual([]);
  expect(document.components.schemas['StartRunDto']).toMatchObject({ properties: { plan: { anyOf: [{ type: 'object' }, { type: 'array' }] } } });
  for (const path of ['/docs', '/queues/']) expect((await rig.request<string>('GET', path)).type).toContain('text/html');
});
