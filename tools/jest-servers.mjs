// Jest globalSetup of integration specs: a Redis and a PostgreSQL of the project's own, unless TEST_REDIS_URL and TEST_DATABASE_URL name some.
// Specs read those two variables; each makes a database of its own (see libs/testing).
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from './postgres.mjs';
import { guardFolder } from './processes/watchdog.mjs';
import { startRedis } from './redis.mjs';

/** Both servers with their data in a temporary folder, which `stop()` removes. Nothing is kept: no fsync, no append-only file. */
export async function startTestServers() {
  const dir = mkdtempSync(join(tmpdir(), 'opsmesh-test-'));
  chmodSync(dir, 0o711);
  const release = guardFolder(dir);
  const [redis, postgres] = await Promise.all([
    startRedis({ dir: join(dir, 'redis'), persist: false }),
    startPostgres({ dir: join(dir, 'pg'), settings: { fsync: 'off' } }),
  ]);
  return {
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    stop: async () => {
      await Promise.all([redis.stop(), postgres.stop()]);
      for (const folder of [postgres.folder, dir]) rmSync(folder, { recursive: true, force: true });
      release();
    },
  };
}

export default async function setup() {
  if (process.env.TEST_REDIS_URL && process.env.TEST_DATABASE_URL) return;
  const servers = await startTestServers();
  globalThis.__stopServers = servers.stop;
  process.env.TEST_REDIS_URL = servers.redisUrl;
  process.env.TEST_DATABASE_URL = servers.databaseUrl;
}
