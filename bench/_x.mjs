import { startRig } from './rig.mjs';
import { workloads } from './workloads.mjs';
const rig = await startRig({ product: true });
const w = workloads()[process.argv[2]];
await rig.product(w);
const f = await rig.product(w); console.log(JSON.stringify(f.cpuMicrosPerStep), f.stepsPerSecond);
const { rows } = await rig.pool.query(`select calls, round(total_exec_time::numeric,1) as ms, round(mean_exec_time::numeric,3) as mean, round(total_plan_time::numeric,1) as plan, shared_blks_hit as hit, rows, left(regexp_replace(query, '\\s+', ' ', 'g'), 90) as q from pg_stat_statements order by total_exec_time desc limit 12`);
console.table(rows);
await rig.stop();
