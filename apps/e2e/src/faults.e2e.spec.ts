import type { ItemView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import { Redis } from 'ioredis';
import type { MeshChild } from '../../../tools/mesh.mjs';
import { Rig } from './rig.js';

const ITEMS = 200;
const WINDOWS_ITEMS = 60;
/** Longer than any process takes to start again, 48 s, and no luck in it. */
const retry = { maxAttempts: 20, backoff: { initialMs: 500, factor: 1.5, maxMs: 3000, jitter: false } };

let rig: Rig;
beforeAll(async () => { rig = await Rig.start(); }, 120_000);
afterAll(() => rig.stop(), 60_000);

/** 200 commands and 60 PowerShell scripts that are not idempotent, each of which leaves its mark in the ledger, beside 100 probes that may be repeated. */
function plan(mark: string): object {
  const up = rig.mesh.fleet().filter((h) => h.protocol === 'ssh' && h.hostname !== 'web-04');
  const pcs = rig.mesh.fleet().filter((h) => h.protocol === 'winrm');
  const jobs = Array.from({ length: ITEMS }, (_, n) => ({ ip: up[n % up.length]!.ip, mark: `${mark}-write-${n}` }));
  const scripts = Array.from({ length: WINDOWS_ITEMS }, (_, n) => ({ ip: pcs[n % pcs.length]!.ip, mark: `${mark}-windows-${n}` }));
  return {
    name: `faults ${mark}`, inputs: { jobs, scripts, probes: jobs.slice(0, 100) },
    steps: [
      { id: 'write', tool: 'run-command', forEach: '<<input.jobs>>', inputs: { target_host: '<<item.ip>>', command: 'ledger <<item.mark>>; sleep 0.2' }, map: { concurrency: 30 }, retry },
      { id: 'windows', tool: 'run-powershell', forEach: '<<input.scripts>>', inputs: { target_host: '<<item.ip>>', script: 'ledger <<item.mark>>; Start-Sleep -Milliseconds 200' }, map: { concurrency: 10 }, retry },
      { id: 'probe', tool: 'ping', forEach: '<<input.probes>>', inputs: { target_host: '<<item.ip>>', count: 1 }, map: { concurrency: 20 }, retry: { maxAttempts: 10 } },
      { id: 'disk', tool: 'disk-usage', dependsOn: ['write'], onFailure: 'continue', forEach: '<<input.jobs>>', inputs: { target_host: '<<item.ip>>', path: '/' }, map: { concurrency: 30 }, retry },
    ],
  };
}

/** What must hold whatever was killed: nothing lost, nothing twice, and what the run says is what happened. */
async function check(id: string, mark: string): Promise<Record<string, number>> {
  const run = await rig.ended(id);
  const marks = (await rig.ledger()).map((e) => e.argument);
  const done: ItemView[] = [];
  for (const [step, total] of [['write', ITEMS], ['windows', WINDOWS_ITEMS]] as const) {
    const items = await rig.items(id, step);
    expect(new Set(items.map((i) => i.index)).size).toBe(total);
    expect(items).toHaveLength(total);
    for (const item of items) {
      const seen = { step, index: item.index, times: marks.filter((m) => m === `${mark}-${step}-${item.index}`).length, failure: item.failure };
      expect(['succeeded', 'unknown', 'failed']).toContain(item.status);
      expect(seen.times).toBeLessThanOrEqual(1);
      if (item.status === 'succeeded') expect(seen).toMatchObject({ times: 1 });
      if (item.status === 'failed') expect(seen).toMatchObject({ times: 0 });
    }
    done.push(...items);
  }
  const repeatable = [...await rig.items(id, 'probe'), ...await rig.items(id, 'disk')];
  expect(repeatable.filter((i) => i.status !== 'succeeded').map((i) => ({ index: i.index, status: i.status, failure: i.failure }))).toEqual([]);
  expect(run.steps.every((s) => s.counts.pending + s.counts.queued + s.counts.running === 0)).toBe(true);
  return Object.fromEntries(['succeeded', 'unknown', 'failed'].map((s) => [s, done.filter((i) => i.status === s).length]));
}

/** Until some of the writes are done and most are not. */
async function underWay(id: string): Promise<void> {
  await waitFor(async () => ((await rig.run(id)).steps[0]?.counts.succeeded ?? 0) >= 20, { what: 'the first 20 items', timeoutMs: 30_000 });
}

/** PostgreSQL refuses to start while backends of the killed one hold its shared memory. */
async function startedAgain(child: MeshChild): Promise<void> {
  await waitFor(async () => { await child.start(); return true; }, { what: 'PostgreSQL to start again', timeoutMs: 30_000, everyMs: 500 });
}

it.each(['orchestrator', 'automation-service', 'asset-service', 'network-service', 'redis', 'postgres'])('kill -9 of %s in the middle: nothing is lost, nothing is done twice', async (victim) => {
  const id = await rig.startRun(plan(victim));
  await underWay(id);
  const child = rig.mesh.children[victim]!;
  child.kill('SIGKILL');
  await child.exited;
  if (victim === 'postgres') await startedAgain(child);
  else await child.start();
  const counts = await check(id, victim);
  // Only the process that carries commands out leaves doubt behind when it dies.
  if (victim !== 'automation-service' && victim !== 'redis') expect(counts).toMatchObject({ unknown: 0 });
  if (victim === 'automation-service') expect(counts['unknown']).toBeGreaterThan(0);
  expect(counts['failed']).toBe(0);
}, 150_000);

it('Redis emptied in the middle: the run finishes, nothing is done twice', async () => {
  const id = await rig.startRun(plan('flushed'));
  await underWay(id);
  const redis = new Redis(rig.mesh.urls.redis);
  await redis.flushall();
  redis.disconnect();
  const child = rig.mesh.children['redis']!;
  await child.restart();
  await check(id, 'flushed');
}, 150_000);
