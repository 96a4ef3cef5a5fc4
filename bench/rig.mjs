// What a benchmark needs, as own children in a temporary folder: Redis, PostgreSQL, the product, the floor, the peer.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Redis } from 'ioredis';
import { NODE_FLAGS } from '../tools/mesh.mjs';
import { freePort } from '../tools/ports.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { until } from '../tools/processes/waiting.mjs';
import { startRedis } from '../tools/redis.mjs';
import { surroundings } from '../tools/surroundings.mjs';
import { cpuOf, memoryOf } from './machine.mjs';
import { commandsOf, COUNTING } from './redis-commands.mjs';
import { carryOut } from './runs.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Does something with a rig, which ends with it. */
export async function withRig(options, work) {
  const rig = await startRig(options);
  try {
    return await work(rig);
  } finally {
    await rig.stop();
  }
}

/** @param {{ product: boolean, profile?: string, settings?: Record<string, string> }} options profile: folder for CPU profiles of the processes; settings: more of PostgreSQL */
async function startRig({ product, profile, settings }) {
  const dir = mkdtempSync(join(tmpdir(), 'opsmesh-bench-'));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'data'));
  const redisServer = await startRedis({ dir: join(dir, 'redis') });
  const postgres = await startPostgres({ dir: join(dir, 'pg'), settings: { shared_preload_libraries: 'pg_stat_statements', ...settings } });
  const port = await freePort();
  const api = `http://127.0.0.1:${port}`;
  const env = { ...surroundings(), REDIS_URL: redisServer.url, DATABASE_URL: postgres.url, OPSMESH_DATA: join(dir, 'data'), LOG_LEVEL: 'warn', ORCHESTRATOR_URL: api, OPSMESH_AUTH: 'off' };
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  // An idle connection that ends with the server is no news; a query says it itself.
  pool.on('error', () => undefined);
  const redis = new Redis(redisServer.url);
  await pool.query('create extension if not exists pg_stat_statements');
  const children = [];
  const child = (file, { env: more = {}, flags = [] } = {}) => {
    const c = fork(file, [], { env: { ...env, ...more }, stdio: ['ignore', 2, 2, 'ipc'], execArgv: [...NODE_FLAGS, ...flags, ...(profile ? ['--cpu-prof', '--cpu-prof-dir', profile] : [])] });
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
  const servers = { redis: redisServer.pid, postgres: postgres.pid };
  let programs = {};
  if (product) {
    programs = { orchestrator: child(join(here, '../apps/orchestrator/dist/main.js'), { env: { PORT: String(port) }, flags: COUNTING }), worker: child(join(here, 'noop-worker.mjs'), { env: { PORT: '0' }, flags: COUNTING }) };
    await until(async () => {
      const ended = Object.entries(programs).find(([, { exitCode, signalCode }]) => exitCode !== null || signalCode !== null);
      if (ended) throw new Error(`the ${ended[0]} ended while it was started (${ended[1].exitCode ?? ended[1].signalCode})`);
      return (await fetch(`${api}/tools/bench-noop`).catch(() => undefined))?.ok;
    }, { what: 'the orchestrator and its worker' }).catch(async (e) => {
      await stop();
      throw e;
    });
  }
  const pids = { ...pidsOf(programs), ...servers };
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
    const bareIds = { ...pidsOf({ driver, worker }), ...servers };
    const before = cpuOfAll(bareIds);
    driver.send({ shape: workload.shape, runs: workload.runs, options: workload.options });
    const [{ seconds, steps }] = await once(driver, 'message');
    return { stepsPerSecond: steps / seconds, cpuMicrosPerStep: perStep(before, cpuOfAll(bareIds), steps) };
  };
  return {
    pool,
    floor: (workload) => bare('floor', workload),
    flow: (workload) => bare('flow', workload),
    /** Runs of a plan, started at once, to their end: see ./runs.mjs. */
    run: (plan, count) => carryOut({ api, pool }, plan, count),
    /** CPU time that each of the product's processes and servers has used so far, in microseconds. */
    cpu: () => cpuOfAll(pids),
    memory: () => Object.fromEntries(Object.keys(pids).filter((n) => n !== 'postgres').map((n) => [n, memoryOf(pids[n])])),
    /** Commands so far: that the product's processes sent to Redis, and that Redis carried out, which are those and what scripts called. */
    redisCommands: async () => ({
      sent: (await Promise.all(Object.values(programs).map(commandsOf))).reduce((a, b) => a + b, 0),
      carriedOut: Number(/^total_commands_processed:(\d+)/m.exec(await redis.info('stats'))[1]),
    }),
    stop,
  };
}

const pidsOf = (processes) => Object.fromEntries(Object.entries(processes).map(([name, { pid }]) => [name, pid]));
const cpuOfAll = (pids) => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuOf(pid)]));

/** What each process used between two readings, by step and rounded. */
export function perStep(before, after, steps) {
  return Object.fromEntries(Object.keys(before).map((n) => [n, Math.round((after[n] - before[n]) / steps)]));
}
