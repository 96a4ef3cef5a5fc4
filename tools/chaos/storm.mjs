// Many runs while faults come one after the other.
import { setTimeout as wait } from 'node:timers/promises';
import { readDoubts, readRuns, unfinished } from './collect.mjs';
import { FAULTS, inject, injectStopPastLock } from './faults.mjs';
import { planOf } from './plans.mjs';
import { Random } from './random.mjs';
import { judge } from './verdicts.mjs';

/** Faults that go on at the same time at most, and the pause of each hand between two, in milliseconds. */
const HANDS = 2;
const PAUSE_MS = [300, 2500];
/** No more runs are begun while so many go on. */
const MOST_AT_ONCE = 120;
/** Time for everything to end after the last fault, in milliseconds. */
const DRAIN_MS = 180_000;
const APPROVE_EVERY_MS = 300;
/** A storm has a stop past the lock for each such time that it lasts, in milliseconds. */
const LONG_STOP_PER_MS = 90_000;

/** @typedef {{ id: string, tag: string, kind: string, totals: Record<string, number> }} StartedRun */

/**
 * @param {import('./world.mjs').World} world
 * @param {{ seed: number, runs: number, ms: number, say: (line: string) => void }} options ms: how long faults come at the least; they come until every run was started
 */
export async function storm(world, { seed, runs, ms, say }) {
  const until = { over: false };
  const began = performance.now();
  const approving = approve(world.approver, until);
  const random = new Random(seed + 1);
  const deck = kindsInTurn(random);
  const faults = Array.from({ length: HANDS }, () => hand({ world, random, deck, until, say }));
  faults.push(longStops({ world, random: new Random(seed), times: Math.floor(ms / LONG_STOP_PER_MS), say }));
  const started = await startAll(world, { seed, runs, ms });
  await wait(Math.max(0, ms - (performance.now() - began)));
  until.over = true;
  await Promise.all(faults);
  const stormMs = performance.now() - began;
  say(`no more faults after ${(stormMs / 1000).toFixed(0)} s; the rest of the runs is waited for`);
  const drainMs = await drained(world.api);
  until.all = true;
  await approving;
  const seen = await readRuns(world.api);
  const doubts = await readDoubts(world.api, seen);
  return { started, runs: seen, doubts, faults: world.faults, stormMs, drainMs, verdicts: judge({ started, runs: seen, doubts, faults: world.faults, ledger: world.ledger }) };
}

async function startAll(world, { seed, runs, ms }) {
  const random = new Random(seed);
  const began = performance.now();
  const started = [];
  const addresses = world.hosts.map((h) => h.spec.address);
  for (let n = 0; n < runs; n++) {
    await wait(Math.max(0, n * (ms / runs) - (performance.now() - began)));
    if (n % 10 === 0) {
      while ((await unfinished(world.api)).length >= MOST_AT_ONCE) await wait(500);
    }
    const { kind, tag, totals, plan, inputs } = planOf(n, { random, addresses, dnsPort: world.nameServer.port });
    started.push({ id: await world.api.startRun({ plan, inputs }, tag), tag, kind, totals });
  }
  return started;
}

/** Every kind once in some order, then by weight for ever. */
function* kindsInTurn(random) {
  const all = Object.keys(FAULTS);
  while (all.length > 0) yield all.splice(random.int(0, all.length - 1), 1)[0];
  const weighted = Object.entries(FAULTS).map(([kind, { weight }]) => [weight, kind]);
  for (;;) yield random.weighted(weighted);
}

async function hand({ world, random, deck, until, say }) {
  while (!until.over) {
    await wait(random.int(...PAUSE_MS));
    if (until.over) return;
    const fault = await inject(deck.next().value, world, random);
    if (fault) say(`${fault.kind}: ${fault.target}, ${((fault.to - fault.from) / 1000).toFixed(1)} s${fault.failed ? ` (not done: ${fault.failed})` : ''}`);
  }
}

async function longStops({ world, random, times, say }) {
  for (let n = 0; n < times;) {
    await wait(2000);
    const fault = await injectStopPastLock(world, random);
    if (!fault) continue;
    n++;
    say(`${fault.kind}: ${fault.target}, ${((fault.to - fault.from) / 1000).toFixed(1)} s`);
  }
}

/** Agrees to everything. */
async function approve(api, until) {
  while (!until.all) {
    for (const { runId, id } of (await api.get('/approvals')).items) await api.ask('POST', `/runs/${runId}/approvals/${id}`, { body: { decision: 'approve', comment: 'chaos' } });
    await wait(APPROVE_EVERY_MS);
  }
}

/** Time until no run goes on any more, in milliseconds; what then still does is lost. */
async function drained(api) {
  const began = performance.now();
  while (performance.now() - began < DRAIN_MS && (await unfinished(api)).length > 0) await wait(300);
  return performance.now() - began;
}
