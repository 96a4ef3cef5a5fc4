import { createHmac } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError, type Keys } from '@opsmesh/platform';
import { eq, sql } from 'drizzle-orm';
import type { Database, Executor } from '../database/database.js';
import { credentials, vaultMeta } from '../database/schema.js';
import { InventoryError } from '../inventory/inventory-error.js';

/** The key of the vault, and what the database keeps to recognise it. */
export class VaultKey {
  readonly check: string;

  constructor(readonly bytes: Buffer) {
    this.check = createHmac('sha256', bytes).update('opsmesh vault key check 1').digest('hex');
  }

  /**
   * Keeps the key that seals this database from being replaced until the transaction ends.
   * @throws InventoryError `conflict` when another process with another key has taken over the database since we started.
   */
  async hold(tx: Executor): Promise<void> {
    const [meta] = await tx.select({ check: vaultMeta.keyCheck }).from(vaultMeta).for('share');
    if (meta?.check !== this.check) throw new InventoryError('conflict', 'the vault key of this process is not the one of the database: restart it with the right vault.key');
  }
}

/**
 * The vault key of a data folder, made on the very first start.
 * @throws StartError when the database has credentials that were sealed by another key than the one in the folder, or the folder has none.
 */
export async function openVaultKey({ db, keys, dataDir }: { db: Database; keys: Keys; dataDir: string }): Promise<VaultKey> {
  const path = join(dataDir, 'keys', 'vault.key');
  const present = await access(path).then(() => true, () => false);
  const used = await sealedCredentials(db);
  if (!present && used > 0) throw new StartError(`the vault key ${path} is missing, but the database has ${used} credentials sealed by it: restore vault.key from a backup of the data folder, or, to give the credentials up, delete the rows of assets.credentials`);
  const key = new VaultKey(await keys.secret('vault'));
  await db.transaction(async (tx) => {
    await tx.insert(vaultMeta).values({ id: 1, keyCheck: key.check }).onConflictDoNothing();
    const [meta] = await tx.select({ check: vaultMeta.keyCheck }).from(vaultMeta).for('update');
    if (meta?.check === key.check) return;
    const sealed = await sealedCredentials(tx);
    if (sealed > 0) throw new StartError(`the vault key ${path} is not the one that sealed the ${sealed} credentials of this database: restore the right vault.key from a backup, or point DATABASE_URL to the database that belongs to this data folder`);
    await tx.update(vaultMeta).set({ keyCheck: key.check, createdAt: sql`now()` }).where(eq(vaultMeta.id, 1));
  });
  return key;
}

async function sealedCredentials(db: Executor): Promise<number> {
  const [row] = await db.select({ n: sql<number>`count(*)::int` }).from(credentials);
  return row!.n;
}
