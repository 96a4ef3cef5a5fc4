// npm run bench -- overhead [--rounds N]: what the product adds to steps of 100 ms, alone and with other runs at once, and to no-op steps on an idle system.
import { median } from './machine.mjs';
import { withRig } from './rig.mjs';
import { chainPlan, workloads } from './workloads.mjs';

/** How long a handler waits, in milliseconds. */
const STEP_MS = 100;
/** Chains, one after the other, whose steps' latencies are taken on the idle system. */
const IDLE = { runs: 20, steps: 50 };
/** When the outcome of an item was committed, in milliseconds since 1970: its last change (`now()` in the row is when that transaction began). */
const COMMITTED = 'extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000';

/** Each step by the steps before it, by their places: a run takes as long as the longest way through them. */
const chain = (steps) => Array.from({ length: steps }, (_, i) => (i === 0 ? [] : [i - 1]));
const SHAPES = {
  'one step': { needs: [[]] },
  'two independent steps': { needs: [[], []] },
  'chain of 6': { needs: chain(6) },
  // One, two branches of two, one that joins them: the same six steps, four deep.
  'diamond of 6': { needs: [[], [0], [0], [1], [2], [3, 4]] },
  'chain of 20': { needs: chain(20) },
  '10 chains of 20 at once': { needs: chain(20), runs: 10 },
  '50 chains of 20 at once': { needs: chain(20), runs: 50 },
};

/** @param {{ rounds?: number, say: (line: string) => void }} options */
export async function overhead({ rounds = 5, say }) {
  return withRig({ product: true, settings: { track_commit_timestamp: 'on' } }, async (rig) => {
    // So that the code of every process is compiled.
    for (let i = 0; i < IDLE.runs; i++) await rig.run(chainPlan(IDLE.steps));
    const samples = Object.fromEntries(Object.keys(SHAPES).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, shape] of Object.entries(SHAPES)) samples[name].push(...await timesOf(rig, shape));
    }
    const shapes = {};
    for (const [name, some] of Object.entries(samples)) say(`${name}: ${JSON.stringify(shapes[name] = summary(some))}`);
    const ratio = (a, b) => Number((shapes[a].ms / shapes[b].ms).toFixed(3));
    const ratios = { twoIndependentStepsToOne: ratio('two independent steps', 'one step'), diamondToSerial: ratio('diamond of 6', 'chain of 6') };
    const idleStep = await idleStepOf(rig);
    say(`ratios: ${JSON.stringify(ratios)}\nidle step: ${JSON.stringify(idleStep)}`);
    return { rounds, stepMs: STEP_MS, shapes, ratios, idleStep };
  });
}

/** One sample a run, in milliseconds: from its request to the commit that ended it, and to that of its first step's readiness; its handlers' time on the longest way, and of its steps the times before and after their handlers. */
async function timesOf({ run, pool }, { needs, runs = 1 }) {
  const started = await run(planOf(needs), runs);
  const { rows } = await pool.query(
    `with steps as (
       select run_id, step, extract(epoch from queued_at)::float8 * 1000 as queued, ${COMMITTED} as committed, (output->>'begunAt')::float8 as begun, (output->>'tookMs')::float8 as took
       from orchestrator.items where run_id = any($1::uuid[])
     )
     select run_id as id, min(queued) as first, max(committed) as ended, array_agg(took order by step) as took, array_agg(begun - queued) as before, array_agg(committed - begun - took) as after from steps group by run_id`, [started.map((s) => s.id)]);
  const sentAt = new Map(started.map((s) => [s.id, s.sentAt]));
  return rows.map(({ id, first, ended, took, before, after }) => ({ ms: ended - sentAt.get(id), startMs: first - sentAt.get(id), handlersMs: longestWay(needs, took), nominalMs: longestWay(needs, needs.map(() => STEP_MS)), before, after }));
}

function planOf(needs) {
  return { name: 'bench overhead', steps: needs.map((before, i) => ({ id: `s${i}`, tool: 'bench-wait', inputs: { ms: STEP_MS }, ...(before.length > 0 ? { dependsOn: before.map((b) => `s${b}`) } : {}) })) };
}

function longestWay(needs, times) {
  const ends = [];
  for (const [i, before] of needs.entries()) ends.push(Math.max(0, ...before.map((b) => ends[b])) + times[i]);
  return Math.max(...ends);
}

/** `toHandlerMs` is from a step's readiness (its commit begins) to its handler, `toCommitMs` from there to the commit of its outcome; medians over steps. The others are of runs. */
function summary(samples) {
  const percent = (share) => Number((share * 100).toFixed(1));
  const over = samples.map(({ ms, handlersMs }) => ms / handlersMs - 1);
  const ms = (values) => Number(median(values).toFixed(1));
  return {
    ms: ms(samples.map((s) => s.ms)), handlersMs: ms(samples.map((s) => s.handlersMs)), startMs: ms(samples.map((s) => s.startMs)), toHandlerMs: ms(samples.flatMap((s) => s.before)), toCommitMs: ms(samples.flatMap((s) => s.after)),
    overheadPercent: percent(median(over)), highestOverheadPercent: percent(Math.max(...over)), overNominalPercent: percent(median(samples.map(({ ms, nominalMs }) => ms / nominalMs - 1))),
  };
}

/** From the commit of a no-op step to that of the next one, which needs it; nothing else runs. `floorMs` is a step of the bare shape: both means are over whole chains. */
async function idleStepOf({ run, floor, pool }) {
  const bare = workloads({ chainRuns: 1, chainSteps: IDLE.steps }).chain;
  const ids = [];
  const floors = [];
  for (let i = 0; i < IDLE.runs; i++) {
    ids.push(...(await run(bare.plan)).map((r) => r.id));
    floors.push(1000 / (await floor(bare)).stepsPerSecond);
  }
  const { rows: [{ p50, p99, mean, n }] } = await pool.query(
    `select percentile_cont(0.5) within group (order by ms)::float8 as p50, percentile_cont(0.99) within group (order by ms)::float8 as p99, avg(ms)::float8 as mean, count(ms)::int as n
     from (select ${COMMITTED} - lag(${COMMITTED}) over (partition by run_id order by step) as ms from orchestrator.items where run_id = any($1::uuid[])) t`, [ids]);
  const floorMs = floors.reduce((a, b) => a + b, 0) / floors.length;
  return Object.fromEntries(Object.entries({ steps: n, p50Ms: p50, p99Ms: p99, meanMs: mean, floorMs, toFloor: mean / floorMs }).map(([key, value]) => [key, Number(value.toFixed(2))]));
}
