// The other side of the floor: addBulk, XREADGROUP in batches, one PostgreSQL transaction a batch.
// Receives { shape, runs, options } over IPC and answers { seconds, steps }.
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { followers } from './workloads.mjs';

const url = new URL(process.env.REDIS_URL);
const connection = { host: url.hostname, port: Number(url.port), username: url.username || undefined, password: decodeURIComponent(url.password) || undefined };
const queue = new Queue('floor', { connection });
const redis = new Redis(connection);
const reader = new Redis({ ...connection, maxRetriesPerRequest: null });
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
await pool.query('create table if not exists floor_results (id text primary key, run int not null, step int not null, result json not null, at timestamptz not null default now())');
await queue.waitUntilReady();

process.on('message', async ({ shape, runs, options }) => process.send(await workload(shape, runs, options)));
process.on('SIGTERM', async () => { await queue.close(); redis.disconnect(); reader.disconnect(); await pool.end(); process.exit(0); });
process.send?.('ready');

async function workload(shape, runs, options) {
  await pool.query('truncate floor_results');
  await redis.del('floor:results');
  await redis.xgroup('CREATE', 'floor:results', 'g', '$', 'MKSTREAM');
  const done = new Int32Array(runs);
  const start = performance.now();
  const waiting = [];
  let adding = false;
  const add = async () => {
    if (adding) return;
    adding = true;
    while (waiting.length > 0) await queue.addBulk(waiting.splice(0, 500));
    adding = false;
  };
  const push = (run, step) => waiting.push({
    name: 'noop', data: { runId: String(run), stepId: String(step), item: step, attempt: 1, tenantId: 'default', tool: 'noop', input: { value: step } },
    opts: { jobId: `r${run}.${step}`, attempts: 1, removeOnComplete: true, removeOnFail: true },
  });
  for (let run = 0; run < runs; run++) push(run, 0);
  let running = runs;
  let steps = 0;
  let outstanding = runs;
  let adds = add();
  while (outstanding > 0) {
    const reply = await reader.xreadgroup('GROUP', 'g', 'c', 'COUNT', 1000, 'BLOCK', 1000, 'STREAMS', 'floor:results', '>');
    const entries = reply?.[0]?.[1] ?? [];
    if (entries.length === 0) continue;
    const results = entries.map(([, fields]) => JSON.parse(fields[1]));
    const client = await pool.connect();
    await client.query('begin');
    await client.query({ name: 'w', text: 'insert into floor_results (id, run, step, result) select * from unnest($1::text[], $2::int[], $3::int[], $4::json[])', values: [results.map((r) => r.attemptId), results.map((r) => Number(r.runId)), results.map((r) => Number(r.stepId)), results.map((r) => JSON.stringify(r.output))] });
    await client.query('commit');
    client.release();
    for (const r of results) {
      const run = Number(r.runId);
      done[run]++;
      steps++;
      outstanding--;
      for (const next of followers[shape](Number(r.stepId), done[run], options)) { push(run, next); outstanding++; }
    }
    void (adds = add());
    const ids = entries.map(([id]) => id);
    await redis.pipeline().xack('floor:results', 'g', ...ids).xdel('floor:results', ...ids).exec();
  }
  await adds;
  return { seconds: (performance.now() - start) / 1000, steps, running };
}
