// npm run bench -- <fanout|chain|mixed|floor|hosts|all> [--items N] [--runs N] [--steps N] [--rounds N] [--json] [--profile DIR]
// Prints figures of no-op steps through the whole product beside the bare shape (the floor), in one run on one machine; `hosts`: those of ./hosts.mjs.
import { parseArgs } from 'node:util';
import { machine, median } from './machine.mjs';
import { startRig } from './rig.mjs';
import { workloads } from './workloads.mjs';

const { values, positionals: [what = 'all'] } = parseArgs({
  allowPositionals: true,
  options: { items: { type: 'string' }, runs: { type: 'string' }, steps: { type: 'string' }, rounds: { type: 'string' }, json: { type: 'boolean', default: false }, profile: { type: 'string' } },
});
if (what === 'copilot') {
  const { copilotFigures } = await import('./copilot.mjs');
  console.log(JSON.stringify({ machine: machine(), copilot: await copilotFigures({ rounds: Number(values.rounds ?? 3) }) }, undefined, values.json ? undefined : 2));
  process.exit(0);
}
if (what === 'preview') {
  const { previewFigures } = await import('./preview.mjs');
  console.log(JSON.stringify({ machine: machine(), preview: await previewFigures({ targets: Number(values.items ?? 5000), rounds: Number(values.rounds ?? 5) }) }, undefined, values.json ? undefined : 2));
  process.exit(0);
}
const number = (v) => (v === undefined ? undefined : Number(v));
const known = workloads({
  items: number(values.items), chainSteps: number(values.steps),
  chainRuns: what === 'chain' ? number(values.runs) : undefined, mixedRuns: what === 'mixed' ? number(values.runs) : undefined,
});
if (what === 'hosts') {
  const { benchHosts } = await import('./hosts.mjs');
  const { benchWinrm } = await import('./winrm.mjs');
  const options = { rounds: number(values.rounds) ?? 3, say: (line) => { if (!values.json) console.log(line); } };
  const figures = { ssh: await benchHosts({ hosts: number(values.items), ...options }), winrm: await benchWinrm(options) };
  console.log(JSON.stringify({ machine: machine(), hosts: figures }, undefined, values.json ? undefined : 2));
  process.exit(0);
}
const names = what === 'all' || what === 'floor' ? Object.keys(known) : [what];
if (names.some((n) => !known[n])) {
  console.error(`there is no workload "${what}"; there are ${Object.keys(known).join(', ')}, floor, hosts and all`);
  process.exit(2);
}
const rounds = number(values.rounds) ?? (what === 'all' ? 3 : 1);
const say = (text) => { if (!values.json) console.log(text); };

const rig = await startRig({ product: what !== 'floor', profile: values.profile });
const figures = {};
try {
  for (const name of names) {
    const samples = { product: [], floor: [], flow: [] };
    // In turn, so that a machine that gets slower or faster does so for both.
    for (let round = 0; round < rounds; round++) {
      if (what === 'floor' || what === 'all') samples.floor.push(await rig.floor(known[name]));
      if (what === 'all') samples.flow.push(await rig.flow(known[name]));
      if (what !== 'floor') samples.product.push(await rig.product(known[name]));
    }
    figures[name] = summary(samples);
    say(`${name}: ${JSON.stringify(figures[name])}`);
  }
} finally {
  await rig.stop();
}
console.log(JSON.stringify({ machine: machine(), rounds, workloads: figures }, undefined, values.json ? undefined : 2));

function summary({ product, floor, flow }) {
  const of = (samples, key) => median(samples.map((s) => s[key]));
  const round1 = (n, digits = 0) => Number(n.toFixed(digits));
  const out = {};
  if (product.length > 0) {
    Object.assign(out, {
      stepsPerSecond: round1(of(product, 'stepsPerSecond')), p50Ms: round1(of(product, 'p50Ms'), 1), p99Ms: round1(of(product, 'p99Ms'), 1),
      sqlStatementsPerStep: round1(of(product, 'sqlStatementsPerStep'), 3), sqlTransactionsPerStep: round1(of(product, 'sqlTransactionsPerStep'), 3), redisCommandsPerStep: round1(of(product, 'redisCommandsPerStep'), 2),
      rssMb: Math.max(...product.flatMap((s) => Object.values(s.memory).map((m) => m.rssMb))), cpuMicrosPerStep: product.at(-1).cpuMicrosPerStep, memory: product.at(-1).memory,
    });
  }
  if (floor.length > 0) Object.assign(out, { floorStepsPerSecond: round1(of(floor, 'stepsPerSecond')), floorCpuMicrosPerStep: floor.at(-1).cpuMicrosPerStep });
  if (flow.length > 0) Object.assign(out, { flowProducerStepsPerSecond: round1(of(flow, 'stepsPerSecond')), flowProducerCpuMicrosPerStep: flow.at(-1).cpuMicrosPerStep });
  if (product.length > 0 && floor.length > 0) out.ratio = round1(median(product.map((p, i) => p.stepsPerSecond / floor[i].stepsPerSecond)), 2);
  return out;
}
