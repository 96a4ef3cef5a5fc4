// Steps per second of no-op steps through the whole product; in `all` beside the bare shape (the floor) and BullMQ's own flows (the peer).
import { median } from './machine.mjs';
import { perStep, withRig } from './rig.mjs';
import { WORKLOADS, workloads } from './workloads.mjs';

/** Rounds before those that are measured: all sides are processes that run for weeks, and the compiler of Node needs some ten thousand steps to see what is hot. */
const WARM_UP = 3;

/** @param {{ what: readonly string[], items?: number, runs?: number, steps?: number, rounds?: number, profile?: string, say: (line: string) => void }} options more than one workload: with floor and peer */
export async function throughput({ what, items, runs, steps, rounds = 3, profile, say }) {
  const known = workloads({ items, chainRuns: runs, chainSteps: steps, mixedRuns: runs });
  const compared = what.length > 1;
  return withRig({ product: true, profile }, (rig) => measured({ what, rounds, say }, async (name) => {
    // In turn, so that a machine that gets slower or faster does so for all.
    const sample = compared ? { floor: await rig.floor(known[name]), flow: await rig.flow(known[name]) } : {};
    return { ...sample, product: await ofProduct(rig, known[name]) };
  }));
}

/** @param {{ items?: number, steps?: number, rounds?: number, say: (line: string) => void }} options */
export async function floorAlone({ items, steps, rounds = 3, say }) {
  const known = workloads({ items, chainSteps: steps });
  return withRig({ product: false }, (rig) => measured({ what: WORKLOADS, rounds, say }, async (name) => ({ floor: await rig.floor(known[name]) })));
}

async function measured({ what, rounds, say }, sampleOf) {
  const figures = {};
  for (const name of what) {
    for (let round = 0; round < WARM_UP; round++) await sampleOf(name);
    const samples = [];
    for (let round = 0; round < rounds; round++) samples.push(await sampleOf(name));
    figures[name] = summary(samples);
    say(`${name}: ${JSON.stringify(figures[name])}`);
  }
  return { rounds, workloads: figures };
}

async function ofProduct(rig, { plan, runs, stepsPerRun }) {
  await rig.pool.query('select pg_stat_statements_reset()');
  const steps = runs * stepsPerRun;
  const [before, cpuBefore] = [await counters(rig), rig.cpu()];
  const start = performance.now();
  const ids = (await rig.run(plan, runs)).map((r) => r.id);
  const seconds = (performance.now() - start) / 1000;
  const [after, cpuAfter] = [await counters(rig), rig.cpu()];
  const { rows: [times] } = await rig.pool.query(
    `select percentile_cont(0.5) within group (order by ms)::float8 as p50, percentile_cont(0.99) within group (order by ms)::float8 as p99, count(*)::int as n
     from (select extract(epoch from finished_at - queued_at) * 1000 as ms from orchestrator.items where run_id = any($1::uuid[])) t`, [ids]);
  if (times.n !== steps) throw new Error(`${times.n} items instead of ${steps}`);
  return {
    stepsPerSecond: steps / seconds, p50Ms: times.p50, p99Ms: times.p99, runsAtOnce: await mostAtOnce(rig.pool, ids),
    ...Object.fromEntries(Object.keys(before).map((k) => [k, (after[k] - before[k]) / steps])),
    cpuMicrosPerStep: perStep(cpuBefore, cpuAfter, steps), memory: rig.memory(),
  };
}

/** Totals since the servers started, named for what they become when they are divided by steps. */
async function counters({ pool, redisCommands }) {
  const { rows: [sql] } = await pool.query(`select (select coalesce(sum(calls), 0)::float8 from pg_stat_statements) as statements, (select xact_commit::float8 from pg_stat_database where datname = current_database()) as transactions`);
  const { sent, carriedOut } = await redisCommands();
  return { sqlStatementsPerStep: sql.statements, sqlTransactionsPerStep: sql.transactions, redisClientCommandsPerStep: sent, redisCommandsPerStep: carriedOut };
}

/** The most runs of these that were open at one time. */
async function mostAtOnce(pool, ids) {
  const { rows: [{ most }] } = await pool.query(
    `select max(open)::int as most from (select sum(change) over (order by at, change) as open
     from orchestrator.runs, lateral (values (created_at, 1), (finished_at, -1)) as t(at, change) where id = any($1::uuid[])) t`, [ids]);
  return most;
}

/** Medians, and of memory and CPU what it was at its highest and in the last round. */
function summary(samples) {
  const [product, floor, flow] = ['product', 'floor', 'flow'].map((side) => samples.flatMap((s) => s[side] ?? []));
  const of = (some, key, digits = 0) => Number(median(some.map((s) => s[key])).toFixed(digits));
  const out = {};
  if (product.length > 0) {
    Object.assign(out, {
      stepsPerSecond: of(product, 'stepsPerSecond'), p50Ms: of(product, 'p50Ms', 1), p99Ms: of(product, 'p99Ms', 1), runsAtOnce: of(product, 'runsAtOnce'),
      sqlStatementsPerStep: of(product, 'sqlStatementsPerStep', 3), sqlTransactionsPerStep: of(product, 'sqlTransactionsPerStep', 3),
      redisClientCommandsPerStep: of(product, 'redisClientCommandsPerStep', 2), redisCommandsPerStep: of(product, 'redisCommandsPerStep', 2),
      rssMb: Math.max(...product.flatMap((s) => Object.values(s.memory).map((m) => m.rssMb))), cpuMicrosPerStep: product.at(-1).cpuMicrosPerStep, memory: product.at(-1).memory,
    });
  }
  if (floor.length > 0) Object.assign(out, { floorStepsPerSecond: of(floor, 'stepsPerSecond'), floorCpuMicrosPerStep: floor.at(-1).cpuMicrosPerStep });
  if (flow.length > 0) Object.assign(out, { flowProducerStepsPerSecond: of(flow, 'stepsPerSecond'), flowProducerCpuMicrosPerStep: flow.at(-1).cpuMicrosPerStep });
  if (product.length > 0 && floor.length > 0) out.ratio = Number(median(product.map((p, i) => p.stepsPerSecond / floor[i].stepsPerSecond)).toFixed(2));
  return out;
}
