// How long runs stand still when an orchestrator is killed, and how long until it is known what became of what a killed worker had.
import { setTimeout as wait } from 'node:timers/promises';
import { readDoubts, readRuns } from './collect.mjs';
import { fanOutPlan, steadyPlan } from './plans.mjs';
import { judge } from './verdicts.mjs';

/** Longest times, in milliseconds: until a run goes on (99 of 100), until an item of a killed worker has its outcome. */
const GOES_ON_MS = 3000;
const OUTCOME_MS = 90_000;
const RUNS = 40;
const KILLS = 6;
/** Time with all processes before and after each kill, in milliseconds. */
const SETTLE_MS = 3000;
const AFTER_KILL_MS = 8000;
const HELD_ITEMS = 60;
const HOLD_MS = 4000;

/**
 * Kills the orchestrators in turn while runs go from iteration to iteration. A run stands still from the kill to its next event.
 * @param {import('./world.mjs').World} world
 */
export async function orchestratorKilled(world, { say }) {
  const ids = [];
  for (let n = 0; n < RUNS; n++) ids.push(await world.api.startRun(steadyPlan({ tag: `steady-${n}`, host: world.hosts[n % world.hosts.length].spec.address, dnsPort: world.nameServer.port, writes: n % 2 === 0 }), `steady-${n}`));
  const kills = [];
  for (let n = 0; n < KILLS; n++) {
    await wait(SETTLE_MS);
    const member = world.of('orchestrator')[n % 2];
    kills.push(Date.now());
    await member.crash('SIGKILL', AFTER_KILL_MS);
  }
  await wait(SETTLE_MS);
  for (const id of ids) await world.api.ask('POST', `/runs/${id}/cancel`);
  await wait(SETTLE_MS);
  const runs = await readRuns(world.api, ids);
  const underWay = (at) => runs.filter(({ view }) => Date.parse(view.finishedAt) > at);
  const still = kills.flatMap((at) => underWay(at).map(({ events }) => (events.map((e) => Date.parse(e.at)).find((t) => t > at) ?? Infinity) - at)).sort((a, b) => a - b);
  const p99 = quantile(still, 0.99);
  say(`${KILLS} orchestrators were killed under ${RUNS} runs`);
  return {
    rows: [['kills of an orchestrator', String(KILLS)], ['runs under way at the last', String(underWay(kills.at(-1)).length)], ['run stood still, p50, ms', String(quantile(still, 0.5))], ['p99, ms', String(p99)], ['longest, ms', String(still.at(-1))]],
    verdicts: [{ rule: `runs of a killed orchestrator go on within ${GOES_ON_MS / 1000} s (p99)`, broken: p99 <= GOES_ON_MS ? [] : [`${p99} ms`] }],
  };
}

/**
 * Kills a worker in the middle of commands that may not be repeated.
 * @param {import('./world.mjs').World} world
 */
export async function workerKilled(world, { say }) {
  const tag = 'held';
  const id = await world.api.startRun(fanOutPlan({ tag, count: HELD_ITEMS, holdMs: HOLD_MS, addresses: world.hosts.map((h) => h.spec.address) }), tag);
  while ((await world.api.get(`/runs/${id}`)).steps[0].counts.running < HELD_ITEMS / 2) await wait(50);
  const { items: running } = await world.api.get(`/runs/${id}/steps/write/items?status=running&limit=1000`);
  const heldBy = (member) => running.filter((i) => isOf(i, member.child.pid)).length;
  const [member] = world.of('automation-service').sort((a, b) => heldBy(b) - heldBy(a));
  const { pid } = member.child;
  const at = Date.now();
  world.faults.push({ kind: 'kill -9', target: member.name, pids: [pid], from: at, to: Infinity });
  await member.crash('SIGKILL', 0);
  world.faults.at(-1).to = Date.now();
  for (const end = performance.now() + 2 * OUTCOME_MS; performance.now() < end && (await world.api.get(`/runs/${id}`)).status === 'running';) await wait(200);
  const runs = await readRuns(world.api, [id]);
  const doubts = await readDoubts(world.api, runs);
  const took = runs[0].items.filter(({ item }) => isOf(item, pid) && Date.parse(item.finishedAt) > at).map(({ item }) => Date.parse(item.finishedAt) - at).sort((a, b) => a - b);
  say(`${member.name} was killed with ${took.length} commands under way`);
  return {
    rows: [['commands under way on the killed worker', String(took.length)], ['kill to outcome, p50, ms', String(quantile(took, 0.5))], ['longest, ms', String(took.at(-1))]],
    verdicts: [
      ...judge({ started: [{ id, tag, kind: tag, totals: { write: HELD_ITEMS } }], runs, doubts, faults: world.faults, ledger: world.ledger.below(`${tag}.`) }),
      { rule: `what a killed worker had is known within ${OUTCOME_MS / 1000} s`, broken: took.length > 0 && took.at(-1) <= OUTCOME_MS ? [] : [`${took.length} commands, the last after ${took.at(-1)} ms`] },
    ],
  };
}

function isOf({ workerId }, pid) {
  return workerId?.includes(`-${pid}-`) ?? false;
}

/** Of values in rising order. */
function quantile(values, q) {
  return values[Math.min(values.length - 1, Math.floor(values.length * q))];
}
