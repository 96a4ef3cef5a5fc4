// What a benchmark needs, as own children in a temporary folder: Redis, PostgreSQL, the product, the floor, the peer.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { mkdirSync, mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Redis } from 'ioredis';
import { NODE_FLAGS } from '../tools/mesh.mjs';
import { freePort } from '../tools/ports.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { startRedis } from '../tools/redis.mjs';
import { cpuOf, memoryOf } from './machine.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** @param {{ product: boolean, profile?: string }} options profile: folder for CPU profiles of the processes */
export async function startRig({ product, profile }) {
  const dir = mkdtempSync(join(tmpdir(), 'opsmesh-bench-'));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'data'));
  const redisServer = await startRedis({ dir: join(dir, 'redis') });
  const postgres = await startPostgres({ dir: join(dir, 'pg'), settings: { shared_preload_libraries: 'pg_stat_statements' } });
  const port = await freePort();
  const env = { ...process.env, REDIS_URL: redisServer.url, DATABASE_URL: postgres.url, OPSMESH_DATA: join(dir, 'data'), LOG_LEVEL: 'warn', ORCHESTRATOR_URL: `http://127.0.0.1:${port}`, OPSMESH_AUTH: 'off' };
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  const redis = new Redis(redisServer.url);
  await pool.query('create extension if not exists pg_stat_statements');
  const children = [];
  const child = (file, more = {}) => {
    const c = fork(file, [], { env: { ...env, ...more }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [...NODE_FLAGS, ...(profile ? ['--cpu-prof', '--cpu-prof-dir', profile] : [])] });
    children.push(c);
    return c;
  };
  const stop = async () => {
    await Promise.all(children.map(async (c) => { if (c.exitCode === null && c.signalCode === null) { const ended = once(c, 'exit'); c.kill('SIGTERM'); await ended; } }));
    redis.disconnect();
    await pool.end();
    await redisServer.stop();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  const api = `http://127.0.0.1:${port}`;
  let pids = {};
  if (product) {
    const orchestrator = child(join(here, '../apps/orchestrator/dist/main.js'), { PORT: String(port) });
    const worker = child(join(here, 'noop-worker.mjs'), { PORT: '0' });
    pids = { orchestrator: orchestrator.pid, worker: worker.pid, redis: redisServer.pid, postgres: postgres.pid };
    await until(async () => (await fetch(`${api}/tools/bench-noop`).catch(() => undefined))?.ok, 'the orchestrator and its worker').catch(async (e) => {
      await stop();
      throw e;
    });
  }
  const pairs = new Map();
  /** A workload by two processes without the product: `floor` or `flow`. */
  const bare = async (name, workload) => {
    if (!pairs.has(name)) {
      const worker = child(join(here, `${name}-worker.mjs`));
      await once(worker, 'message');
      const driver = child(join(here, `${name}-driver.mjs`));
      await once(driver, 'message');
      pairs.set(name, { driver, worker });
    }
    const { driver, worker } = pairs.get(name);
    const barePids = { driver: driver.pid, worker: worker.pid, redis: redisServer.pid, postgres: postgres.pid };
    const cpu = () => Object.values(barePids).map((p) => cpuOf(p));
    const before = cpu();
    driver.send({ shape: workload.shape, runs: workload.runs, options: workload.options });
    const [{ seconds, steps }] = await once(driver, 'message');
    const after = cpu();
    return { stepsPerSecond: steps / seconds, cpuMicrosPerStep: Object.fromEntries(Object.keys(barePids).map((n, i) => [n, Math.round((after[i] - before[i]) / steps)])) };
  };
  return {
    pool,
    floor: (workload) => bare('floor', workload),
    flow: (workload) => bare('flow', workload),
    product: (workload) => runProduct({ workload, api, pool, redis, pids }),
    stop,
  };
}

async function runProduct({ workload, api, pool, redis, pids }) {
  const names = Object.keys(pids);
  const cpu = () => names.map((n) => cpuOf(pids[n]));
  await pool.query('select pg_stat_statements_reset()');
  const before = await counters(pool, redis);
  const cpuBefore = cpu();
  const steps = workload.runs * workload.stepsPerRun;
  const start = performance.now();
  const ids = await submit(api, workload);
  await until(async () => (await pool.query(`select count(*)::int as n from orchestrator.runs where id = any($1::uuid[]) and status not in ('running', 'paused')`, [ids])).rows[0].n === ids.length, 'the runs', 600_000);
  const seconds = (performance.now() - start) / 1000;
  const after = await counters(pool, redis);
  const cpuAfter = cpu();
  const { rows: [latency] } = await pool.query(
    `select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99, count(*)::int as n, count(*) filter (where status <> 'succeeded')::int as bad
     from (select extract(epoch from finished_at - queued_at) * 1000 as ms, status from orchestrator.items where run_id = any($1::uuid[])) t`, [ids]);
  if (latency.n !== steps || latency.bad > 0) throw new Error(`${latency.n} items of ${steps}, ${latency.bad} not succeeded`);
  return {
    stepsPerSecond: steps / seconds, p50Ms: Number(latency.p50), p99Ms: Number(latency.p99),
    sqlStatementsPerStep: (after.statements - before.statements) / steps, sqlTransactionsPerStep: (after.transactions - before.transactions) / steps, redisCommandsPerStep: (after.commands - before.commands) / steps,
    cpuMicrosPerStep: Object.fromEntries(names.map((n, i) => [n, Math.round((cpuAfter[i] - cpuBefore[i]) / steps)])),
    memory: Object.fromEntries(names.filter((n) => n !== 'postgres').map((n) => [n, memoryOf(pids[n])])),
  };
}

/** Starts the runs over a few kept connections, with as little work on this side as can be: the client shares the machine. */
async function submit(api, { plan, runs }) {
  const body = JSON.stringify({ plan, actor_id: 'bench' });
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const post = () => new Promise((ok, bad) => {
    const request = httpRequest(`${api}/runs`, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (d) => { text += d; }).on('end', () => { if (response.statusCode === 202) ok(JSON.parse(text).id); else bad(new Error(`POST /runs: ${response.statusCode} ${text}`)); });
    });
    request.on('error', bad);
    request.end(body);
  });
  const ids = await Promise.all(Array.from({ length: runs }, post));
  agent.destroy();
  return ids;
}

/** Totals since the servers started. Redis counts the commands inside BullMQ's scripts too. */
async function counters(pool, redis) {
  const { rows: [sql] } = await pool.query(`select (select coalesce(sum(calls), 0)::float8 from pg_stat_statements) as statements, (select xact_commit::float8 from pg_stat_database where datname = current_database()) as transactions`);
  const commands = Number(/^total_commands_processed:(\d+)/m.exec(await redis.info('stats'))[1]);
  return { statements: sql.statements, transactions: sql.transactions, commands };
}

async function until(condition, what, timeoutMs = 60_000) {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not there after ${timeoutMs / 1000} s`);
    await new Promise((ok) => setTimeout(ok, 50));
  }
}
