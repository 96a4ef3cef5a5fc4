// One run over many items while processes are killed: each item once, and the join right behind the last result.
import { setTimeout as wait } from 'node:timers/promises';
import { readDoubts, readRuns } from './collect.mjs';
import { inject } from './faults.mjs';
import { fanOutPlan } from './plans.mjs';
import { Random } from './random.mjs';
import { judge } from './verdicts.mjs';

/** Longest time between the last host's answer and the end of the step, in milliseconds. */
const JOIN_MS = 1000;
const PAUSE_MS = 3000;
/** Nothing is killed after this share of the items, so that the last result is one. */
const QUIET_FROM = 0.9;
const MOST_MS = 600_000;
const HOLD_MS = 50;

/**
 * @param {import('./world.mjs').World} world
 * @param {{ seed: number, items: number, say: (line: string) => void }} options
 */
export async function fanOut(world, { seed, items, say }) {
  const random = new Random(seed);
  const plan = fanOutPlan({ tag: 'fan-out', count: items, holdMs: HOLD_MS, addresses: world.hosts.map((h) => h.spec.address) });
  const began = performance.now();
  const id = await world.api.startRun(plan, 'fan-out');
  const progress = async () => (await world.api.get(`/runs/${id}`));
  let kills = 0;
  for (let view = await progress(); view.status === 'running' && performance.now() - began < MOST_MS; view = await progress()) {
    const { counts } = view.steps[0];
    const ended = counts.succeeded + counts.failed + counts.unknown;
    if (ended > 0 && ended < items * QUIET_FROM) {
      const fault = await inject('kill -9', world, random);
      if (fault) say(`kill -9: ${fault.target} after ${ended} of ${items} items (kill ${++kills})`);
      await wait(PAUSE_MS);
    } else await wait(100);
  }
  const seconds = (performance.now() - began) / 1000;
  const runs = await readRuns(world.api, [id]);
  const started = [{ id, tag: 'fan-out', kind: 'fan-out', totals: { write: items } }];
  const doubts = await readDoubts(world.api, runs);
  const answered = Math.max(...runs[0].items.map(({ item }) => lastAnswer(world.ledger, item.index)));
  const finished = Date.parse(runs[0].events.find((e) => e.type === 'step.finished')?.at);
  const joinMs = finished - answered;
  return {
    rows: [['items', String(items)], ['kills', String(kills)], ['seconds', seconds.toFixed(1)], ['unknown', String(doubts.length)], ['last answer of a host to end of the step, ms', String(joinMs)]],
    verdicts: [
      ...judge({ started, runs, doubts, faults: world.faults, ledger: world.ledger.below('fan-out.') }),
      { rule: `the step ends within ${JOIN_MS} ms of the last answer`, broken: joinMs <= JOIN_MS ? [] : [`${joinMs} ms`] },
    ],
  };
}

function lastAnswer(ledger, index) {
  return (ledger.of(`fan-out.write.${index}`).at(-1)?.at ?? 0) + HOLD_MS;
}
