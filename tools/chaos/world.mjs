// Everything a chaos run needs, on loopback: stores, two processes of each app, hosts, a name server, and ways between them that can be cut.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startMesh } from '../mesh.mjs';
import { portInUse } from '../ports.mjs';
import { postgresChild } from '../postgres.mjs';
import { guardFolder } from '../processes/watchdog.mjs';
import { redisChild } from '../redis.mjs';
import { seedFleet } from '../seed.mjs';
import { surroundings } from '../surroundings.mjs';
import { Api } from './api.mjs';
import { HealthCheck } from './health-check.mjs';
import { Ledger } from './ledger.mjs';
import { Member } from './member.mjs';
import { NameServer } from './name-server.mjs';
import { SshHost } from './ssh-host.mjs';
import { TcpWay } from './tcp-way.mjs';

const tokenProgram = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'apps', 'orchestrator', 'dist', 'token.js');
const APPS = ['orchestrator', 'asset-service', 'automation-service', 'network-service'];
/** Apps that others call over HTTP. */
const BALANCED = ['orchestrator', 'asset-service'];
const HOSTS = 24;

export class World {
  /** @type {Member[]} */
  members = [];
  /** Those that were injected, in the order in which they began. @type {import('./faults.mjs').Fault[]} */
  faults = [];
  /** @type {SshHost[]} */
  hosts = [];
  /** @type {Record<string, TcpWay>} where the two of an app are reached as one: orchestrator and asset-service */
  balancers = {};
  /** @type {Ledger} */
  ledger;
  /** @type {NameServer} */
  nameServer;
  /** @type {{ redis: string, postgres: string }} */
  urls;
  /** @type {Redis} */
  redis;
  /** @type {Api} as who starts runs */
  api;
  /** @type {Api} as who approves: nobody decides on a run of their own */
  approver;
  /** @type {(() => unknown)[]} */
  #undo = [];
  /** @type {string} */
  #folder;

  /** @param {{ keep?: boolean, signal?: AbortSignal }} options keep: leave the data folder */
  static async start({ keep = false, signal } = {}) {
    const world = new World();
    try {
      await world.#build(keep, signal);
    } catch (e) {
      await world.stop();
      throw e;
    }
    return world;
  }

  get folder() { return this.#folder; }

  /** Those of one kind, such as `automation-service`. */
  of(kind) {
    return this.members.filter((m) => m.kind === kind);
  }

  /** Statements outside the product, straight to the server. */
  async sql(text, values = []) {
    const client = new pg.Client({ connectionString: this.urls.postgres, connectionTimeoutMillis: 2000, application_name: 'chaos' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query(text, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Ends what was started, in the reverse order. */
  async stop() {
    for (const member of this.members) member.leaveAlone();
    for (const step of this.#undo.reverse()) await step();
  }

  async #build(keep, signal) {
    const folder = this.#folder = mkdtempSync(join(tmpdir(), 'opsmesh-chaos-'));
    // PostgreSQL runs under a system user of its own when we are root.
    chmodSync(folder, 0o755);
    const forget = keep ? () => undefined : guardFolder(folder);
    this.#undo.push(() => { if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 5 }); forget(); });
    await this.#startOutside(join(folder, 'ledger'));
    const [redisPort, postgresPort] = await lastingPorts(2);
    await this.#startStores({ folder, redisPort, postgresPort });
    signal?.throwIfAborted();
    await this.#startApps({ folder, redisPort, postgresPort, signal });
    await seedFleet({ url: `http://127.0.0.1:${this.balancers['asset-service'].port}`, hosts: this.hosts.map((h) => h.facts), token: this.api.token });
  }

  async #startOutside(ledgerFile) {
    this.ledger = new Ledger(ledgerFile);
    this.#undo.push(() => this.ledger.close());
    this.nameServer = await new NameServer(this.ledger).listen();
    this.#undo.push(() => this.nameServer.close());
    for (let i = 1; i <= HOSTS; i++) {
      const host = await new SshHost({ hostname: `chaos-${i}`, address: `127.0.3.${i}`, username: 'ops', password: 'chaos-password' }, this.ledger).listen();
      this.hosts.push(host);
      this.#undo.push(() => host.close());
    }
  }

  async #startStores({ folder, redisPort, postgresPort }) {
    const redis = redisChild({ dir: join(folder, 'redis'), port: redisPort, settings: { 'enable-debug-command': 'local' } });
    const postgres = await postgresChild({ dir: join(folder, 'postgres'), port: postgresPort });
    // Where the system user may not enter the folder.
    if (!postgres.folder.startsWith(folder)) this.#undo.push(() => rmSync(postgres.folder, { recursive: true, force: true }));
    this.urls = { redis: redis.url, postgres: postgres.url };
    for (const { child } of [redis, postgres]) {
      this.members.push(new Member(child));
      this.#undo.push(() => child.stop(5000));
    }
    await Promise.all([redis.child.start(), postgres.child.start()]);
    this.redis = new Redis(redis.url, { maxRetriesPerRequest: 1 });
    this.redis.on('error', () => undefined);
    this.#undo.push(() => { this.redis.disconnect(); });
  }

  async #startApps({ folder, redisPort, postgresPort, signal }) {
    const ports = await lastingPorts(2 * APPS.length);
    const portsOf = (app) => ports.slice(2 * APPS.indexOf(app), 2 * APPS.indexOf(app) + 2);
    for (const app of BALANCED) this.balancers[app] = await this.#way(portsOf(app));
    const places = [];
    for (const app of APPS) {
      for (const port of portsOf(app)) places.push({ app, port, ways: { redis: await this.#way([redisPort]), ...(BALANCED.includes(app) ? { postgres: await this.#way([postgresPort]) } : {}) } });
    }
    const address = (app) => `http://127.0.0.1:${this.balancers[app].port}`;
    const dataDir = join(folder, 'data');
    // With authentication off a process answers to its own port only, not to that of a balancer.
    const mesh = await startMesh({
      dataDir, only: [], signal, surroundings: surroundings(),
      env: { OPSMESH_AUTH: 'on', REDIS_URL: this.urls.redis, DATABASE_URL: this.urls.postgres, ORCHESTRATOR_URL: address('orchestrator'), ASSET_SERVICE_URL: address('asset-service'), LOG_LEVEL: 'info', NETWORK_CALLS_PER_MINUTE: '1000000' },
    });
    this.#undo.push(() => mesh.stop());
    this.api = new Api(address('orchestrator'), await this.#token(dataDir, 'chaos'));
    this.approver = new Api(address('orchestrator'), await this.#token(dataDir, 'approver'));
    const start = async ({ app, port, ways }) => {
      const env = { REDIS_URL: through(this.urls.redis, ways.redis), ...(ways.postgres ? { DATABASE_URL: through(this.urls.postgres, ways.postgres) } : {}) };
      this.members.push(new Member(await mesh.another(app, { port, env }), ways));
    };
    // One app after the other: all at once would keep two cores busy for longer than a worker waits for the orchestrator's answer.
    for (const app of APPS) await Promise.all(places.filter((p) => p.app === app).map(start));
    const health = new HealthCheck(BALANCED.map((app) => ({ way: this.balancers[app], ports: portsOf(app) })));
    this.#undo.push(() => health.stop());
  }

  /** A token of a person who may do everything. */
  async #token(dataDir, actor) {
    const env = { ...surroundings(), DATABASE_URL: this.urls.postgres, REDIS_URL: this.urls.redis, OPSMESH_DATA: dataDir };
    return (await promisify(execFile)(process.execPath, [tokenProgram, 'create', '--name', actor, '--scopes', 'all'], { env })).stdout.trim();
  }

  async #way(ports) {
    const way = await new TcpWay(ports).listen();
    this.#undo.push(() => way.close());
    return way;
  }
}

/** The URL of a server by a way to it. */
function through(url, way) {
  const changed = new URL(url);
  changed.port = String(way.port);
  return changed.href;
}

/** Free ports below those that the system gives to connections: one whose process is killed is still free when it starts again. */
async function lastingPorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!await portInUse(port)) ports.add(port);
  }
  return [...ports];
}
