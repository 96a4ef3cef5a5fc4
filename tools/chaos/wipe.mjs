// Redis wiped while ten thousand jobs wait in it: how long until each of them waits there again.
import { setTimeout as wait } from 'node:timers/promises';
import { attemptIdsOf } from '../../libs/contracts/dist/index.js';
import { until } from '../processes/waiting.mjs';
import { readRuns, unfinished } from './collect.mjs';
import { wipePlan, WIPE_QUEUES } from './plans.mjs';
import { judge } from './verdicts.mjs';

/** Longest time until all jobs are back, in milliseconds. */
const BACK_MS = 10_000;
const PATIENCE = { timeoutMs: 600_000, everyMs: 100 };

/**
 * @param {import('./world.mjs').World} world
 * @param {{ jobs: number, say: (line: string) => void }} options jobs: in all queues together, rounded up to as many in each
 */
export async function wipe(world, { jobs: wanted, say }) {
  const inEach = Math.ceil(wanted / WIPE_QUEUES.length);
  const jobs = inEach * WIPE_QUEUES.length;
  const workers = WIPE_QUEUES.flatMap((q) => world.of(q));
  for (const worker of workers) worker.child.kill('SIGSTOP');
  let id;
  let backMs;
  try {
    const plan = wipePlan({ tag: 'wipe', count: inEach, addresses: world.hosts.map((h) => h.spec.address), dnsPort: world.nameServer.port });
    id = await world.api.startRun(plan, 'wipe');
    const before = await until(async () => { const ids = await waitingIds(world.redis); return ids.size >= jobs ? ids : undefined; }, { what: 'the jobs to be queued', ...PATIENCE });
    // What was queued a moment ago may still be on its way: the reconciler looks at nothing younger than 4 s.
    await wait(5000);
    say(`${before.size} jobs wait; Redis is wiped`);
    const began = performance.now();
    await world.redis.flushall();
    await until(async () => { const now = await waitingIds(world.redis); return [...before].every((j) => now.has(j)); }, { what: 'the jobs to be back', ...PATIENCE });
    backMs = performance.now() - began;
    say(`all of them wait again after ${backMs.toFixed(0)} ms; the run goes on`);
  } finally {
    for (const worker of workers) worker.child.kill('SIGCONT');
  }
  await until(async () => !(await unfinished(world.api)).includes(id), { what: 'the run to end', ...PATIENCE });
  const runs = await readRuns(world.api, [id]);
  const started = [{ id, tag: 'wipe', kind: 'wipe', totals: Object.fromEntries(runs[0].view.steps.map((s) => [s.id, inEach])) }];
  return {
    rows: [['jobs that waited', String(jobs)], ['until all waited again, ms', backMs.toFixed(0)]],
    verdicts: [
      ...judge({ started, runs, doubts: [], faults: [], ledger: world.ledger.below('wipe.') }),
      { rule: 'every item of the run succeeded', broken: runs[0].items.filter((i) => i.item.status !== 'succeeded').map((i) => `${i.step.id}.${i.item.index} is ${i.item.status}: ${i.item.failure?.code}`) },
      { rule: `all jobs are back within ${BACK_MS / 1000} s`, broken: backMs <= BACK_MS ? [] : [`${backMs.toFixed(0)} ms`] },
    ],
  };
}

/** Ids of the attempts that wait in the queues. */
async function waitingIds(redis) {
  return new Set((await Promise.all(WIPE_QUEUES.map((q) => redis.lrange(`opsmesh:${q}:wait`, 0, -1)))).flat().flatMap(attemptIdsOf));
}
