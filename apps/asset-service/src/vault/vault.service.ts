import { Inject, Injectable } from '@nestjs/common';
import { MAX_BATCH, UUID, type Credential } from '@opsmesh/contracts';
import { Gathered, isForeignKeyViolation, isUniqueViolation } from '@opsmesh/platform';
import { and, eq, sql, type SQL } from 'drizzle-orm';
import { uuidv7 } from 'uuidv7';
import { DATABASE, type Database, type Executor } from '../database/database.js';
import { assets, credentials } from '../database/schema.js';
import type { Protocol } from '../inventory/asset-fields.js';
import { InventoryError } from '../inventory/inventory-error.js';
import { credentialOf } from './credential-of.js';
import type { CreateCredentialDto, CredentialSecretDto, CredentialView } from './credential.dto.js';
import { openCredential, sealCredential, type SealBinding } from './envelope.js';
import { VaultKey } from './vault-key.js';

type Row = typeof credentials.$inferSelect;

/** A credential's id, and the tenant it must belong to. */
type Owned = Pick<Row, 'tenantId' | 'id'>;

export interface OpenedCredential {
  readonly credential: Credential;
  /** The one asset it may be used for, null for a shared one. */
  readonly assetId: string | null;
  readonly version: number;
}

/** The vault: secrets go in by people and come out by leases only. Everything acts within one tenant. */
@Injectable()
export class VaultService {
  private readonly rows = new Gathered<Owned, Row | undefined>((owned) => this.read(owned), { most: MAX_BATCH });

  private readonly owned: ReturnType<typeof prepareOwned>;

  constructor(@Inject(DATABASE) private readonly db: Database, @Inject(VaultKey) private readonly key: VaultKey) {
    this.owned = prepareOwned(db);
  }

  async list(tenantId: string): Promise<CredentialView[]> {
    const rows = await this.db.select().from(credentials).where(eq(credentials.tenantId, tenantId)).orderBy(credentials.name);
    return rows.map(view);
  }

  async create(tenantId: string, given: CreateCredentialDto): Promise<CredentialView> {
    const secret = credentialOf(given.kind, given);
    const binding: SealBinding = { tenantId, credentialId: uuidv7(), assetId: given.assetId?.toLowerCase() ?? null, version: 1 };
    return this.change(given.name, async (tx) => {
      if (binding.assetId !== null) await this.requireAsset(tx, tenantId, binding.assetId);
      const envelope = sealCredential(secret, binding, this.key.bytes);
      const [row] = await tx.insert(credentials).values({ id: binding.credentialId, tenantId, name: given.name, kind: given.kind, username: given.username, assetId: binding.assetId, ...envelope }).returning();
      return view(row!);
    });
  }

  /** Gives a credential a new secret; the version grows and leases from now on get the new one. */
  async replace(tenantId: string, id: string, given: CredentialSecretDto): Promise<CredentialView> {
    return this.change(id, async (tx) => {
      const row = await this.lock(tx, tenantId, id);
      const version = row.version + 1;
      const envelope = sealCredential(credentialOf(row.kind as Protocol, given), { tenantId, credentialId: row.id, assetId: row.assetId, version }, this.key.bytes);
      const [changed] = await tx.update(credentials).set({ ...envelope, username: given.username, version, updatedAt: sql`now()` }).where(own(tenantId, row.id)).returning();
      return view(changed!);
    });
  }

  /** @throws InventoryError `not-found`, or `conflict` while assets use it. */
  async delete(tenantId: string, id: string): Promise<void> {
    await this.change(id, async (tx) => {
      const row = await this.lock(tx, tenantId, id);
      const using = await tx.select({ hostname: assets.hostname }).from(assets).where(and(eq(assets.tenantId, tenantId), eq(assets.credentialId, row.id))).limit(4);
      if (using.length > 0) throw new InventoryError('conflict', `credential ${row.name} is used by ${using.slice(0, 3).map((u) => u.hostname).join(', ')}${using.length > 3 ? ' and others' : ''}: give them another credential first`);
      await tx.delete(credentials).where(own(tenantId, row.id));
    });
  }

  /**
   * The secret, for a lease that was checked. Credentials that are asked for together are read together.
   * @throws EnvelopeBroken
   */
  async open(tenantId: string, id: string): Promise<OpenedCredential | undefined> {
    const row = UUID.test(id) ? await this.rows.ask({ tenantId, id: id.toLowerCase() }) : undefined;
    if (!row) return undefined;
    const { assetId, version } = row;
    return { assetId, version, credential: openCredential(row, { tenantId, credentialId: row.id, assetId, version }, this.key.bytes) };
  }

  private async read(owned: readonly Owned[]): Promise<PromiseSettledResult<Row | undefined>[]> {
    const rows = await this.owned.execute({ tenants: owned.map((o) => o.tenantId), ids: owned.map((o) => o.id) });
    const found = new Map(rows.map((row) => [keyOf(row), row]));
    return owned.map((o) => ({ status: 'fulfilled', value: found.get(keyOf(o)) }));
  }

  private async lock(tx: Executor, tenantId: string, id: string): Promise<Row> {
    const [row] = UUID.test(id) ? await tx.select().from(credentials).where(own(tenantId, id)).for('update') : [];
    if (!row) throw new InventoryError('not-found', `there is no credential ${JSON.stringify(id)}`);
    return row;
  }

  private async requireAsset(tx: Executor, tenantId: string, id: string): Promise<void> {
    const found = await tx.select({ id: assets.id }).from(assets).where(and(eq(assets.tenantId, tenantId), eq(assets.id, id)));
    if (found.length === 0) throw new InventoryError('invalid', `there is no asset ${id}`);
  }

  private async change<T>(name: string, work: (tx: Executor) => Promise<T>): Promise<T> {
    try {
      return await this.db.transaction(async (tx) => {
        await this.key.hold(tx);
        return work(tx);
      });
    } catch (e) {
      if (isUniqueViolation(e)) throw new InventoryError('conflict', `there is already a credential with the name ${name}`);
      if (isForeignKeyViolation(e)) throw new InventoryError('conflict', `${name}: an asset changed at the same time; nothing was changed`);
      throw e;
    }
  }
}

/** Credentials by tenant and id, as one statement that the server plans once. */
function prepareOwned(db: Database) {
  return db.select().from(credentials)
    .where(sql`(${credentials.tenantId}, ${credentials.id}) in (select * from unnest(${sql.placeholder('tenants')}::text[], ${sql.placeholder('ids')}::uuid[]))`)
    .prepare('owned-credentials');
}

function keyOf({ tenantId, id }: Owned): string {
  return JSON.stringify([tenantId, id]);
}

function own(tenantId: string, id: string): SQL {
  return and(eq(credentials.tenantId, tenantId), eq(credentials.id, id))!;
}

function view(row: Row): CredentialView {
  const { id, name, username, assetId, version } = row;
  return { id, name, kind: row.kind as Protocol, username, assetId, version, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
}
