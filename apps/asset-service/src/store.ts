import { fileURLToPath } from 'node:url';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { openDatabase, type Keys, type Logger } from '@opsmesh/platform';
import { drizzle } from 'drizzle-orm/node-postgres';
import { SERVICE } from './config.js';
import type { Database } from './database/database.js';
import * as schema from './database/schema.js';
import { openVaultKey, type VaultKey } from './vault/vault-key.js';

/** What the service keeps, opened: its database and the key of its vault. */
export interface AssetStore {
  readonly db: Database;
  readonly vaultKey: VaultKey;
  /** May be called again. */
  close(): Promise<void>;
}

/** @throws StartError when the database can't be had or the vault key is not the one that sealed it. */
export async function openStore({ databaseUrl, dataDir, keys, log }: { databaseUrl: string; dataDir: string; keys: Keys; log: Logger }): Promise<AssetStore> {
  const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url));
  const database = await openDatabase({ url: databaseUrl, schema: 'assets', migrationsFolder, applicationName: SERVICE, log });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= database.close());
  try {
    const db = drizzle(database.pool, { schema });
    return { db, close, vaultKey: await openVaultKey({ db, keys, dataDir }) };
  } catch (e) {
    await close();
    throw e;
  }
}

/** Closes the store when the process has ended everything that uses it. */
@Injectable()
export class StoreLifetime implements OnApplicationShutdown {
  constructor(private readonly store: Pick<AssetStore, 'close'>) {}

  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}
