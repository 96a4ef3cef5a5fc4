// npm run bench -- size [--items N] [--runs N] [--steps N]: bytes that one no-op step leaves in the orchestrator's tables.
import { withRig } from './rig.mjs';
import { until } from '../tools/processes/waiting.mjs';
import { WORKLOADS, workloads } from './workloads.mjs';

/**
 * `rows`: the rows themselves with their headers (pg_column_size), large values compressed as they are kept;
 * `packed`: tables with indexes after VACUUM FULL, which is what stays when the room of dead rows is used again;
 * `onDisk`: tables with indexes after VACUUM, the room of dead rows included.
 */
const MEASURES = ['rows', 'packed', 'onDisk'];

/** @param {{ items?: number, runs?: number, steps?: number, say: (line: string) => void }} options */
export async function size({ items, runs, steps, say }) {
  const known = workloads({ items, chainRuns: runs, chainSteps: steps, mixedRuns: runs });
  return withRig({ product: true }, async (rig) => {
    const tables = (await rig.pool.query(`select tablename from pg_tables where schemaname = 'orchestrator' order by tablename`)).rows.map((r) => r.tablename);
    const figures = {};
    for (const name of WORKLOADS) {
      const { plan, runs: count, stepsPerRun } = known[name];
      const growth = await growthOf(rig, { tables, work: () => rig.run(plan, count) });
      say(`${name}: ${JSON.stringify(figures[name] = summary(growth, count * stepsPerRun))}`);
    }
    return { measures: MEASURES, bytesPerStep: figures };
  });
}

/** Bytes by which each table grows while the work is done. */
async function growthOf({ pool }, { tables, work }) {
  await vacuum(pool, tables, 'full');
  const before = { rows: await rowBytes(pool, tables), packed: await tableBytes(pool, tables) };
  await vacuum(pool, tables);
  before.onDisk = await tableBytes(pool, tables);
  await work();
  // Rows of what was sent go with a later commit.
  await until(async () => (await pool.query('select count(*)::int as n from orchestrator.outbox')).rows[0].n === 0, { what: 'the end of the outbox' });
  const after = { rows: await rowBytes(pool, tables) };
  await vacuum(pool, tables);
  after.onDisk = await tableBytes(pool, tables);
  await vacuum(pool, tables, 'full');
  after.packed = await tableBytes(pool, tables);
  return Object.fromEntries(tables.map((t) => [t, Object.fromEntries(MEASURES.map((m) => [m, after[m][t] - before[m][t]]))]));
}

async function vacuum(pool, tables, how = '') {
  for (const table of tables) await pool.query(`vacuum ${how} orchestrator.${table}`);
}

async function rowBytes(pool, tables) {
  const { rows: [bytes] } = await pool.query(`select ${tables.map((t) => `(select coalesce(sum(pg_column_size(t)), 0)::float8 from orchestrator.${t} t) as ${t}`).join()}`);
  return bytes;
}

async function tableBytes(pool, tables) {
  const { rows: [bytes] } = await pool.query(`select ${tables.map((t) => `pg_total_relation_size('orchestrator.${t}')::float8 as ${t}`).join()}`);
  return bytes;
}

function summary(growth, steps) {
  const each = (bytes) => Object.fromEntries(MEASURES.map((m) => [m, Math.round(bytes[m] / steps)]));
  const all = Object.fromEntries(MEASURES.map((m) => [m, Object.values(growth).reduce((sum, g) => sum + g[m], 0)]));
  const grown = Object.entries(growth).map(([table, bytes]) => [table, each(bytes)]).filter(([, bytes]) => MEASURES.some((m) => bytes[m] !== 0));
  return { steps, history: each(growth.history), everything: each(all), tables: Object.fromEntries(grown) };
}
