// npm run bench -- flat [--rounds N]: what one more item costs in a run of 100, 1,000, 10,000 and 100,000 items, one run at a time. What a run costs before its items
// (the request, the plan, the first step, the wait for its end) is measured by runs of one item, and taken off.
import { median } from './machine.mjs';
import { withRig } from './rig.mjs';
import { fanoutPlan } from './workloads.mjs';

const SIZES = [100, 1000, 10_000, 100_000];
/** Runs are repeated up to so many items: CPU time is told in hundredths of a second. */
const LEAST_ITEMS = 20_000;
/** Runs of one item. */
const STARTS = 100;

/** @param {{ rounds?: number, say: (line: string) => void }} options */
export async function flat({ rounds = 1, say }) {
  return withRig({ product: true }, async (rig) => {
    // So that the code of every process is compiled.
    await measure(rig, { items: 10_000, runs: 1 });
    const samples = Object.fromEntries(SIZES.map((items) => [items, []]));
    for (let round = 0; round < rounds; round++) {
      const start = await measure(rig, { items: 1, runs: STARTS });
      for (const items of SIZES) {
        const sample = costOfItems(await measure(rig, { items, runs: Math.max(1, LEAST_ITEMS / items) }), start);
        say(`${items} items: ${JSON.stringify(sample)}`);
        samples[items].push(sample);
      }
    }
    const figures = Object.fromEntries(SIZES.map((items) => [items, middle(samples[items])]));
    const of = (key) => SIZES.map((items) => figures[items][key]);
    return {
      rounds, items: figures, orchestratorPeakMb: rig.memory().orchestrator.peakMb,
      cpuHighestToLowest: Number((Math.max(...of('cpuMicros')) / Math.min(...of('cpuMicros'))).toFixed(2)),
      stepsPerSecondLargestTo1000: Number((figures[100_000].stepsPerSecond / figures[1000].stepsPerSecond).toFixed(2)),
    };
  });
}

/** CPU time of each process in microseconds, and the runs' own time in seconds (from the record of their start to that of their end), both of one run. */
async function measure({ run, cpu, pool }, { items, runs }) {
  const plan = fanoutPlan(items);
  const before = cpu();
  const ids = [];
  for (let i = 0; i < runs; i++) ids.push(...(await run(plan)).map((r) => r.id));
  const after = cpu();
  const { rows: [{ seconds }] } = await pool.query('select sum(extract(epoch from finished_at - created_at))::float8 as seconds from orchestrator.runs where id = any($1::uuid[])', [ids]);
  return { items, cpu: Object.fromEntries(Object.keys(before).map((n) => [n, (after[n] - before[n]) / runs])), seconds: seconds / runs };
}

function costOfItems({ items, cpu, seconds }, start) {
  const more = items - start.items;
  const each = Object.fromEntries(Object.keys(cpu).map((n) => [n, Math.round((cpu[n] - start.cpu[n]) / more)]));
  return { cpuMicros: Object.values(each).reduce((a, b) => a + b, 0), cpuMicrosByProcess: each, stepsPerSecond: Math.round(more / (seconds - start.seconds)), withStartStepsPerSecond: Math.round((items + 1) / seconds) };
}

function middle(samples) {
  const of = (read) => Math.round(median(samples.map(read)));
  return {
    cpuMicros: of((s) => s.cpuMicros), cpuMicrosByProcess: Object.fromEntries(Object.keys(samples[0].cpuMicrosByProcess).map((n) => [n, of((s) => s.cpuMicrosByProcess[n])])),
    stepsPerSecond: of((s) => s.stepsPerSecond), withStartStepsPerSecond: of((s) => s.withStartStepsPerSecond),
  };
}
