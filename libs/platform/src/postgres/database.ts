import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import pg from 'pg';
import { StartError } from '../config/start-error.js';
import { migrateSchema } from './migrate-schema.js';
import { isTransientConnectError, sqlState } from './postgres-errors.js';

export interface DatabaseOptions {
  /** `postgres://` URL. */
  readonly url: string;
  /** The service's own schema: the search path of every connection, and where drizzle keeps its table of migrations. */
  readonly schema: string;
  /** Folder of drizzle migrations (with `meta/_journal.json`). */
  readonly migrationsFolder: string;
  /** Connections at most; default 10. */
  readonly max?: number;
  /** Shown by `pg_stat_activity`. */
  readonly applicationName: string;
  /** Settings of every connection, for example `{ plan_cache_mode: 'force_generic_plan' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Time to get a connection, new or from the pool, in milliseconds; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Time after which the server ends a statement, or a transaction in which nothing happens, in milliseconds; default 60,000. What it ended is not committed. */
  readonly statementTimeoutMs?: number;
  /**
   * Time after which a statement without an answer counts as lost, in milliseconds; default 90,000. Its connection is ended with all that was given to it, and what
   * was committed is not known (`isOutcomeUnknown`). More than `statementTimeoutMs`, so that a server that can still be reached says first how it ended.
   */
  readonly answerTimeoutMs?: number;
  /** How long to wait for the server at boot, in milliseconds; default 30,000. */
  readonly waitMs?: number;
  readonly log: Logger;
}

export interface Database {
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** After how long the system begins to ask on a silent connection whether the other end is there, in milliseconds; Node lets it give up after ten questions, one a second. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Waits for the server, brings the service's schema up to date and gives a pool. Only the pool's statements have a time limit: a migration takes as long as it takes.
 * Statements that are given at once leave at once (pg's pipeline mode, in which one that is not answered in time ends its connection; elsewhere it would block it).
 * @throws StartError when the server does not answer in time or refuses us.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(options.schema)) throw new StartError(`${options.schema} is no name for a schema`);
  const { max = 10, connectTimeoutMs = 10_000, statementTimeoutMs = 60_000, answerTimeoutMs = 90_000 } = options;
  const settings: pg.ClientConfig = {
    connectionString: options.url, application_name: options.applicationName, connectionTimeoutMillis: connectTimeoutMs, keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    options: Object.entries({ search_path: `${options.schema},public`, ...options.settings }).map(([name, value]) => `-c ${name}=${value}`).join(' '),
  };
  const client = await connect(settings, options);
  try {
    await migrateSchema(client, options);
  } finally {
    await client.end();
  }
  const pool = new pg.Pool({ ...settings, max, pipeline: true, statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: statementTimeoutMs, query_timeout: answerTimeoutMs });
  // The pool listens to idle clients only: without this a connection lost in the middle of a transaction would end the process.
  // The query that runs, or the next one, fails and says so.
  pool.on('connect', (c) => { c.on('error', () => undefined); });
  // Without a listener a lost idle connection would end the process; the pool replaces it by itself.
  pool.on('error', (err) => { options.log.warn({ err }, 'lost an idle connection to PostgreSQL'); });
  return { pool, close: () => pool.end() };
}

async function connect(settings: pg.ClientConfig, { url, waitMs = 30_000, log }: DatabaseOptions): Promise<pg.Client> {
  const until = performance.now() + waitMs;
  const { host } = new URL(url);
  for (let told = false; ; told = true) {
    const client = new pg.Client(settings);
    client.on('error', () => undefined); // the running query fails and says so
    try {
      await client.connect();
      return client;
    } catch (e) {
      await client.end().catch(() => undefined);
      const { message } = e as Error;
      const code = sqlState(e) ?? (e as NodeJS.ErrnoException).code;
      if (!isTransientConnectError(e)) throw new StartError(`PostgreSQL at ${host} refused us: ${message}; check DATABASE_URL`);
      if (performance.now() > until) throw new StartError(`PostgreSQL at ${host} did not answer within ${waitMs / 1000} s (${code ?? message}): start it or check DATABASE_URL`);
      if (!told) log.warn({ host, code }, 'waiting for PostgreSQL');
      await pause(250);
    }
  }
}
