import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, openKeys, type Keys, type Logger } from '@opsmesh/platform';
import pg from 'pg';
import { openStore, type AssetStore } from '../store.js';

/** A database and a data folder of a spec's own, and what the service makes of them. */
export interface TestStore extends AssetStore {
  readonly url: string;
  readonly dataDir: string;
  readonly keys: Keys;
  readonly log: Logger;
  /** Lines that were logged so far. */
  readonly logged: string[];
  /** Opens the same database with the keys of another folder, as a second process would. */
  reopen(dataDir: string): Promise<AssetStore>;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export async function testStore(): Promise<TestStore> {
  const admin = process.env['TEST_DATABASE_URL']!;
  const name = `assets_${randomBytes(6).toString('hex')}`;
  await run(admin, `create database ${name}`);
  const at = new URL(admin);
  at.pathname = `/${name}`;
  const url = at.href;
  const dataDir = await mkdtemp(join(tmpdir(), 'opsmesh-assets-'));
  const logged: string[] = [];
  const log = createLogger('asset-service', { level: 'trace', destination: { write: (line: string) => { logged.push(line); } } });
  const keys = openKeys(dataDir);
  const store = await openStore({ databaseUrl: url, dataDir, keys, log });
  return {
    ...store, url, dataDir, keys, log, logged,
    reopen: (dir) => openStore({ databaseUrl: url, dataDir: dir, keys: openKeys(dir), log }),
    sql: (text, values) => run(url, text, values),
    drop: async () => {
      await store.close();
      await run(admin, `drop database ${name} with (force)`);
      await rm(dataDir, { recursive: true });
    },
  };
}

async function run(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}
