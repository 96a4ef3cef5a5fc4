// The whole mesh as children of this process: for npm start, the demo, the e2e specs and the bench.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './processes/child.mjs';
import { lockData } from './processes/data-lock.mjs';
import { keepAlive } from './processes/keep-alive.mjs';
import { choosePorts, PORTS } from './mesh-ports.mjs';
import { postgresChild } from './postgres.mjs';
import { redisChild } from './redis.mjs';
import { privateFolder } from './secrets.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const APPS = ['orchestrator', 'asset-service', 'automation-service', 'network-service'];
/** Short-lived objects of a batch fit into a larger young generation; the old one is collected when it has grown by so much, not at four times its size (bench/README.md). */
export const NODE_FLAGS = ['--max-semi-space-size=32', '--heap-growing-percent=60', '--v8-pool-size=1'];
/**
 * Time each stage may take to end, in milliseconds: services, which let commands finish and then stop them on their hosts (at most 8.5 s); the orchestrator and
 * the simulated hosts; Redis and PostgreSQL.
 */
const GRACE_MS = [10_000, 2000, 2000];

/**
 * Starts the mesh and waits until all of it is ready. Types and defaults are in mesh.d.mts.
 * @throws Error when a port is taken, another mesh uses the folder, or a process does not become ready (with the end of its log);
 *   nothing runs then
 */
export async function startMesh({ dataDir, ports, demo = false, env = {}, surroundings = process.env, only, restartCrashed = false, say = () => undefined, giveUp = () => undefined, signal }) {
  const data = resolve(dataDir);
  const all = { ...surroundings, ...env };
  const wanted = (name) => {
    const owner = name === 'fleet-winrm' ? 'fleet' : name;
    return only ? only.includes(owner) : owner !== 'fleet' || demo;
  };
  const names = Object.keys(PORTS).filter((n) => wanted(n) && !(n === 'redis' && all.REDIS_URL) && !(n === 'postgres' && all.DATABASE_URL));
  for (const name of names) if (mainOf(name) && !existsSync(mainOf(name))) throw new Error(`${mainOf(name)} is missing: run npm run build`);

  privateFolder(data, { traversable: true });
  // As root, PostgreSQL's user has to pass through it; what is secret inside is closed by itself.
  if (process.getuid?.() === 0) chmodSync(data, statSync(data).mode | 0o011);
  const lock = await lockData(data, say);
  const children = {};
  const order = () => Object.values(children).sort((a, b) => a.stage - b.stage);
  let database = all.DATABASE_URL;
  const note = () => lock.note({ database, children: Object.values(children).filter((c) => c.pid !== undefined).map((c) => ({ pid: c.pid, signal: c.stopSignal, stage: c.stage })) });
  let leaveAlone = () => undefined;
  let stopping;
  const stop = () => stopping ??= (async () => {
    leaveAlone();
    for (const [stage, graceMs] of GRACE_MS.entries()) await Promise.all(order().filter((c) => c.stage === stage).map((c) => c.stop(graceMs)));
    lock.release();
  })();
  signal?.addEventListener('abort', () => void stop());

  try {
    const chosen = await choosePorts(names, ports);
    const logs = privateFolder(join(data, 'logs'));
    const logOf = (name) => freshLog(logs, name);
    const add = (child) => {
      children[child.name] = child;
      child.on('started', note);
      return child;
    };
    const stores = await startStores({ names, chosen, data, logOf, add, signal });
    const urls = addresses(all, chosen, stores);
    database = urls.postgres;
    note();
    const appChild = (name, port, log, extra = {}) => new Child({
      name: log, command: process.execPath, args: [...NODE_FLAGS, mainOf(name)], cwd: root, stage: name === 'orchestrator' ? 1 : 0, log: logOf(log),
      env: appEnvironment({ all, data, urls, name, port, extra }),
      ready: () => answers(`${urlOf(port, name === 'orchestrator' ? all.HOST : undefined)}/health/ready`),
    });
    const apps = names.filter((n) => APPS.includes(n)).map((n) => add(appChild(n, chosen[n], n)));
    if (names.includes('fleet')) apps.push(add(fleetChild({ all, data, port: chosen.fleet, winrmPort: chosen['fleet-winrm'], log: logOf('fleet') })));
    await allStarted(apps, signal);
    if (restartCrashed) leaveAlone = keepAlive(Object.values(children), { say, giveUp });

    return {
      children, urls, ports: chosen, data, logs, cluster: stores.cluster, stop,
      fleet: () => fleetHosts(children.fleet),
      another: async (name, { port, env: extra } = {}) => {
        const count = Object.keys(children).filter((k) => k.startsWith(name)).length;
        const child = add(appChild(name, port ?? (await choosePorts([name], 'free'))[name], `${name}-${count + 1}`, extra));
        await child.start();
        return child;
      },
    };
  } catch (e) {
    await stop();
    throw e;
  }
}

/** Fails with the first that fails; the others are still to be stopped then. */
async function allStarted(children, signal) {
  signal?.throwIfAborted();
  await Promise.all(children.map((c) => c.start()));
  signal?.throwIfAborted();
}

async function startStores({ names, chosen, data, logOf, add, signal }) {
  const secret = (name) => join(privateFolder(join(data, 'keys')), `${name}.password`);
  const urls = {};
  const children = [];
  if (names.includes('redis')) {
    const redis = redisChild({ dir: join(data, 'redis'), port: chosen.redis, passwordFile: secret('redis'), log: logOf('redis') });
    urls.redis = redis.url;
    children.push(add(redis.child));
  }
  if (names.includes('postgres')) {
    const postgres = await postgresChild({ dir: join(data, 'postgres'), port: chosen.postgres, passwordFile: secret('postgres'), log: logOf('postgres') });
    urls.postgres = postgres.url;
    urls.cluster = postgres.folder;
    children.push(add(postgres.child));
  }
  await allStarted(children, signal);
  return urls;
}

/** `host` is what is listened on; an address that means all of them is reached by loopback. */
function urlOf(port, host) {
  return `http://${!host || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;
}

/** Where everything is. A service that is not started here is where its variable says. */
function addresses(all, chosen, stores) {
  const urls = { redis: all.REDIS_URL || stores.redis, postgres: all.DATABASE_URL || stores.postgres };
  for (const name of APPS) {
    if (chosen[name] !== undefined) urls[name] = urlOf(chosen[name], name === 'orchestrator' ? all.HOST : undefined);
    else urls[name] = all[`${name.toUpperCase().replace('-', '_')}_URL`] || urlOf(PORTS[name].port);
  }
  return urls;
}

function appEnvironment({ all, data, urls, name, port, extra }) {
  const needsDatabase = name === 'orchestrator' || name === 'asset-service';
  const { HOST: host, ...rest } = all;
  return {
    NODE_ENV: 'production', ...rest, PORT: String(port), OPSMESH_DATA: data,
    // Only the API may be opened to others; services are called by the orchestrator and each other.
    HOST: name === 'orchestrator' ? host || '127.0.0.1' : '127.0.0.1',
    REDIS_URL: urls.redis, DATABASE_URL: needsDatabase ? urls.postgres : undefined,
    ORCHESTRATOR_URL: urls.orchestrator, ASSET_SERVICE_URL: urls['asset-service'],
    ...extra,
  };
}

function mainOf(name) {
  if (APPS.includes(name)) return join(root, 'apps', name, 'dist', 'main.js');
  return name === 'fleet' ? join(root, 'libs', 'testing', 'dist', 'fleet', 'main.js') : undefined;
}

/** The simulated hosts. Ready when it has written its line, which names them. */
function fleetChild({ all, data, port, winrmPort, log }) {
  let from = 0;
  const child = new Child({
    name: 'fleet', command: process.execPath, args: [mainOf('fleet')], cwd: root, log, stage: 1,
    env: { ...all, FLEET_PORT: String(port), FLEET_WINRM_PORT: String(winrmPort), FLEET_DATA: join(data, 'fleet') },
    before: () => { from = existsSync(log) ? statSync(log).size : 0; },
    ready: () => Promise.resolve(readyLine(log, from) !== undefined),
  });
  child.hosts = () => readyLine(log, from)?.hosts ?? [];
  return child;
}

const fleetHosts = (child) => child?.hosts() ?? [];

function readyLine(log, from) {
  const lines = readFileSync(log).subarray(from).toString('utf8').split('\n');
  const line = lines.slice(0, -1).find((l) => l.startsWith('{') && l.includes('"ready":true'));
  return line === undefined ? undefined : JSON.parse(line);
}

/** A new log; the one of the last start is kept beside it. */
function freshLog(logs, name) {
  mkdirSync(logs, { recursive: true });
  const file = join(logs, `${name}.log`);
  if (existsSync(file)) renameSync(file, `${file}.1`);
  return file;
}

async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.arrayBuffer();
  return response.ok;
}
