// npm run chaos [-- --only storm,fanout,recovery,wipe] [--runs 1500] [--minutes 3] [--items 10000] [--seed N] [--keep]: the real mesh under real faults; ends with 1
// when a rule is broken. docs/chaos.md says what it does and how to read it.
import { parseArgs } from 'node:util';
import { fanOut } from './chaos/fanout.mjs';
import { orchestratorKilled, workerKilled } from './chaos/recovery.mjs';
import { figureReport, stormReport } from './chaos/report.mjs';
import { storm } from './chaos/storm.mjs';
import { wipe } from './chaos/wipe.mjs';
import { World } from './chaos/world.mjs';
import { stopSignal } from './processes/stop-signals.mjs';

/** Each gives its report and its verdicts; each has a world of its own. */
const PARTS = {
  storm: async (world) => {
    const result = await storm(world, { seed, runs: Number(values.runs), ms: Number(values.minutes) * 60_000, say });
    return { report: stormReport(result, world.members), verdicts: result.verdicts };
  },
  fanout: async (world) => figures('one run under kills', await fanOut(world, { seed, items: Number(values.items), say })),
  recovery: async (world) => {
    const parts = [figures('an orchestrator is killed', await orchestratorKilled(world, { say })), figures('a worker is killed', await workerKilled(world, { say }))];
    return { report: parts.map((p) => p.report).join('\n\n'), verdicts: parts.flatMap((p) => p.verdicts) };
  },
  wipe: async (world) => figures('Redis is wiped', await wipe(world, { jobs: Number(values.items), say })),
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(PARTS).join(',') }, runs: { type: 'string', default: '1500' }, minutes: { type: 'string', default: '3' }, items: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) }, keep: { type: 'boolean', default: false },
  },
});
const chosen = values.only.split(',');
const wrong = chosen.find((s) => !Object.hasOwn(PARTS, s));
if (wrong !== undefined) {
  console.error(`there is no part "${wrong}"; there are ${Object.keys(PARTS).join(', ')}`);
  process.exit(1);
}

const seed = Number(values.seed);
const began = performance.now();
const stopped = stopSignal((why) => console.log(`\nStopping (${why}) ...`));
const aborted = new Promise((_, bad) => { stopped.addEventListener('abort', () => bad(stopped.reason)); });
aborted.catch(() => undefined);
let broken = 0;
console.log(`chaos, seed ${seed}`);
for (const part of chosen) if (!stopped.aborted) broken += await play(part);
if (!stopped.aborted) console.log(broken === 0 ? '\nevery rule holds' : `\nrules broken: ${broken}; again: --seed ${seed}; to look at logs and records afterwards: --keep`);
process.exit(stopped.aborted ? 130 : broken > 0 ? 1 : 0);

/** @returns {Promise<number>} how many rules were broken */
async function play(part) {
  let world;
  try {
    world = await World.start({ keep: values.keep, signal: stopped });
    say(`${part}: the mesh is up, ${world.members.length} processes and ${world.hosts.length} hosts; data in ${world.folder}`);
    const { report, verdicts } = await Promise.race([PARTS[part](world), aborted]);
    console.log(`\n${report}\n`);
    return verdicts.filter((v) => v.broken.length > 0).length;
  } catch (e) {
    if (!stopped.aborted) console.error(e);
    return 1;
  } finally {
    await world?.stop();
    if (values.keep && world) console.log(`kept: ${world.folder}`);
  }
}

function figures(title, { rows, verdicts }) {
  return { report: figureReport(title, rows, verdicts), verdicts };
}

function say(line) {
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)}  ${line}`);
}
