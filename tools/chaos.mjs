// npm run chaos [-- --only storm,fanout,recovery,wipe] [--runs 1500] [--minutes 3] [--items 10000] [--seed N] [--keep]: the real mesh under real faults; ends with 1
// when a rule is broken, with 2 when the command line is not understood. docs/chaos.md says what it does and how to read it.
import { fanOut } from './chaos/fanout.mjs';
import { orchestratorKilled, workerKilled } from './chaos/recovery.mjs';
import { figureReport, stormReport } from './chaos/report.mjs';
import { storm } from './chaos/storm.mjs';
import { wipe } from './chaos/wipe.mjs';
import { World } from './chaos/world.mjs';
import { orUsage, readOptions } from './options.mjs';
import { stopSignal } from './processes/stop-signals.mjs';

/** Each gives its report and its verdicts; each has a world of its own. */
const PARTS = {
  storm: async (world) => {
    const result = await storm(world, { seed, runs: options.runs, ms: options.minutes * 60_000, say });
    return { report: stormReport(result, world.members), verdicts: result.verdicts };
  },
  fanout: async (world) => figures('one run under kills', await fanOut(world, { seed, items: options.items, say })),
  recovery: async (world) => {
    const parts = [figures('an orchestrator is killed', await orchestratorKilled(world, { say })), figures('a worker is killed', await workerKilled(world, { say }))];
    return { report: parts.map((p) => p.report).join('\n\n'), verdicts: parts.flatMap((p) => p.verdicts) };
  },
  wipe: async (world) => figures('Redis is wiped', await wipe(world, { jobs: options.items, say })),
};

const { options, chosen } = orUsage(commandLine, 'docs/chaos.md says what can be asked for');
const { seed } = options;
const began = performance.now();
const stopped = stopSignal((why) => console.log(`\nStopping (${why}) ...`));
const aborted = new Promise((_, bad) => { stopped.addEventListener('abort', () => bad(stopped.reason)); });
aborted.catch(() => undefined);
let broken = 0;
console.log(`chaos, seed ${seed}`);
for (const part of chosen) if (!stopped.aborted) broken += await play(part);
if (!stopped.aborted) console.log(broken === 0 ? '\nevery rule holds' : `\nrules broken: ${broken}; again: --seed ${seed}; to look at logs and records afterwards: --keep`);
process.exit(stopped.aborted ? 130 : broken > 0 ? 1 : 0);

/** @throws Error that says what is wrong with the command line */
function commandLine() {
  const numbers = { runs: { default: 1500 }, minutes: { default: 3, whole: false }, items: { default: 10_000 }, seed: { default: Date.now() % 1_000_000, from: 0 } };
  const { options: asked } = readOptions(process.argv.slice(2), { numbers, texts: { only: Object.keys(PARTS).join(',') }, flags: ['keep'] });
  const parts = asked.only.split(',');
  const wrong = parts.find((s) => !Object.hasOwn(PARTS, s));
  if (wrong !== undefined) throw new Error(`there is no part "${wrong}"; there are ${Object.keys(PARTS).join(', ')}`);
  return { options: asked, chosen: parts };
}

/** @returns {Promise<number>} how many rules were broken */
async function play(part) {
  let world;
  try {
    world = await World.start({ keep: options.keep, signal: stopped });
    say(`${part}: the mesh is up, ${world.members.length} processes and ${world.hosts.length} hosts; data in ${world.folder}`);
    const { report, verdicts } = await Promise.race([PARTS[part](world), aborted]);
    console.log(`\n${report}\n`);
    return verdicts.filter((v) => v.broken.length > 0).length;
  } catch (e) {
    if (!stopped.aborted) console.error(e);
    return 1;
  } finally {
    await world?.stop();
    if (options.keep && world) console.log(`kept: ${world.folder}`);
  }
}

function figures(title, { rows, verdicts }) {
  return { report: figureReport(title, rows, verdicts), verdicts };
}

function say(line) {
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)}  ${line}`);
}
