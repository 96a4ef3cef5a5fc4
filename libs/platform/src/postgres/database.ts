import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import pg from 'pg';
import { StartError } from '../config/start-error.js';
import { migrateSchema } from './migrate-schema.js';

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
  /** Whether statements leave without waiting for the answer to the one before; for callers that give several at once. Default false. */
  readonly pipeline?: boolean;
  /** Time after which the server ends a statement, in milliseconds; default none. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for the server at boot, in milliseconds; default 30,000. */
  readonly waitMs?: number;
  readonly log: Logger;
}

export interface Database {
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * Waits for the server, brings the service's schema up to date and gives a pool.
 * @throws StartError when the server does not answer in time or refuses us.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(options.schema)) throw new StartError(`${options.schema} is no name for a schema`);
  const settings: pg.ClientConfig = { connectionString: options.url, application_name: options.applicationName, options: Object.entries({ search_path: `${options.schema},public`, ...options.settings }).map(([name, value]) => `-c ${name}=${value}`).join(' ') };
  const client = await connect(settings, options);
  try {
    await migrateSchema(client, options);
  } finally {
    await client.end();
  }
  const pool = new pg.Pool({ ...settings, max: options.max ?? 10, pipeline: options.pipeline ?? false, ...(options.statementTimeoutMs ? { statement_timeout: options.statementTimeoutMs } : {}) });
  // The pool listens to idle clients only: without this a connection lost in the middle of a transaction would end the process.
  // The query that runs, or the next one, fails and says so.
  pool.on('connect', (c) => { c.on('error', () => undefined); });
  // Without a listener a lost idle connection would end the process; the pool replaces it by itself.
  pool.on('error', (err) => { options.log.warn({ err }, 'lost an idle connection to PostgreSQL'); });
  return { pool, close: () => pool.end() };
}

/** SQLSTATE classes and codes that pass: 57P03 the server is starting, 57P01/57P02 it is being restarted, 53300 too many connections; and those of the network. */
const PASSING = new Set(['57P01', '57P02', '57P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE']);

async function connect(settings: pg.ClientConfig, { url, waitMs = 30_000, log }: DatabaseOptions): Promise<pg.Client> {
  const until = performance.now() + waitMs;
  const { host } = new URL(url);
  for (let told = false; ; told = true) {
    const client = new pg.Client({ ...settings, connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined); // the running query fails and says so
    try {
      await client.connect();
      return client;
    } catch (e) {
      await client.end().catch(() => undefined);
      const { message } = e as Error;
      const code = codeOf(e);
      const passing = (code !== undefined && PASSING.has(code)) || /timeout|terminated unexpectedly/.test(message);
      if (!passing) throw new StartError(`PostgreSQL at ${host} refused us: ${message}; check DATABASE_URL`);
      if (performance.now() > until) throw new StartError(`PostgreSQL at ${host} did not answer within ${waitMs / 1000} s (${code ?? message}): start it or check DATABASE_URL`);
      if (!told) log.warn({ host, code }, 'waiting for PostgreSQL');
      await pause(250);
    }
  }
}

/** The code of an error; of the first one inside, when several addresses were tried. */
function codeOf(error: unknown): string | undefined {
  const { code, errors } = error as { code?: string; errors?: unknown[] };
  return code ?? (errors?.[0] as { code?: string } | undefined)?.code;
}
