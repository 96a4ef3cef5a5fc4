import { Inject, Injectable } from '@nestjs/common';
import { isForeignKeyViolation, isUniqueViolation } from '@opsmesh/platform';
import { uuidv7 } from 'uuidv7';
import { DATABASE, type Database, type Executor } from '../database/database.js';
import { assetConditions } from './asset-conditions.js';
import { toAsset } from './asset-columns.js';
import { ASSET_FIELDS } from './asset-fields.js';
import type { AssetDeletedDto, AssetDto, AssetPageDto, AssetQueryResultDto } from './asset.dto.js';
import { AssetRepository, type AssetWrite } from './asset.repository.js';
import { QUERY_LIMIT, type AssetListDto, type AssetQueryDto } from './asset-query.dto.js';
import { changedValues, newValues, sameValues, valuesOf, type AssetRow } from './asset-values.js';
import type { AssetChangesDto, CreateAssetDto } from './asset-write.dto.js';
import { credentialFacts, withConnection } from './connection-rules.js';
import { InventoryError } from './inventory-error.js';
import { checkJumpHosts, withJumpHosts } from './jump-hosts.js';
import { decodeCursor, encodeCursor } from './list-cursor.js';

/** Assets in a page of a list when nothing is said. */
const PAGE = 100;

/** What tools and HTTP routes do with assets. Every method acts within one tenant, and throws InventoryError when it refuses. */
@Injectable()
export class InventoryService {
  private readonly assets: AssetRepository;

  constructor(@Inject(DATABASE) private readonly db: Database) {
    this.assets = new AssetRepository(db);
  }

  async query(tenantId: string, query: AssetQueryDto): Promise<AssetQueryResultDto> {
    const where = assetConditions(tenantId, query);
    if (query.count_only) return { assets: [], asset_count: 0, hostnames: [], ip_addresses: [], total: await this.assets.count(where), truncated: false };
    const fields = query.fields && query.fields.length > 0 ? query.fields : ASSET_FIELDS;
    const { limit = QUERY_LIMIT.default, offset = 0 } = query;
    const rows = await this.assets.select({ where, fields: [...new Set([...fields, 'hostname', 'ip_address'] as const)], sort: query.sort, limit, offset });
    // A page that is not full, and not beyond the end, is the last one, so its end is the total.
    const total = rows.length < limit && (rows.length > 0 || offset === 0) ? offset + rows.length : await this.assets.count(where);
    return {
      assets: rows.map((r) => toAsset(r, fields)),
      asset_count: rows.length,
      hostnames: rows.map((r) => r['hostname'] as string),
      ip_addresses: rows.flatMap((r) => (r['ip_address'] as string | null) ?? []),
      total,
      truncated: offset + rows.length < total,
    };
  }

  /** All assets in the order of their host names, page by page; what is added or removed between two pages does not shift the others. */
  async list(tenantId: string, page: AssetListDto): Promise<AssetPageDto> {
    const fields = page.fields && page.fields.length > 0 ? page.fields : ASSET_FIELDS;
    const limit = page.limit ?? PAGE;
    const all = assetConditions(tenantId, {});
    const where = page.cursor === undefined ? all : this.assets.after(tenantId, decodeCursor(page.cursor));
    const rows = await this.assets.select({ where, fields: [...new Set([...fields, 'hostname'] as const)], limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const total = page.cursor === undefined && rows.length <= limit ? rows.length : await this.assets.count(all);
    const last = shown.at(-1);
    return { assets: shown.map((r) => toAsset(r, fields)), asset_count: shown.length, total, ...(rows.length > limit && last ? { next: encodeCursor(last['hostname'] as string) } : {}) };
  }

  /** @param ref an asset id or a host name. */
  async get(tenantId: string, ref: string): Promise<AssetDto> {
    return shown(await this.assets.find(tenantId, ref) ?? unknownAsset(ref));
  }

  async create(tenantId: string, asset: CreateAssetDto): Promise<AssetDto> {
    return this.change(asset.hostname, async (tx) => {
      const assets = new AssetRepository(tx);
      const [write] = await checked(tx, tenantId, [{ id: uuidv7(), values: newValues(asset) }]);
      const row = await assets.insert(tenantId, write!);
      await checkJumpHosts(assets, tenantId, [write!]);
      return shown(row);
    });
  }

  /** Changes what is given; nothing is written, and the version stays, when the asset is so already. */
  async update(tenantId: string, ref: string, change: { changes: AssetChangesDto; expectedVersion?: number | undefined }): Promise<AssetDto> {
    return this.change(change.changes.hostname ?? ref, async (tx) => {
      const assets = new AssetRepository(tx);
      const row = await assets.lock(tenantId, ref) ?? unknownAsset(ref);
      if (change.expectedVersion !== undefined && change.expectedVersion !== row.version) {
        throw new InventoryError('conflict', `asset ${row.hostname} has version ${row.version}, not ${change.expectedVersion}: read it again and repeat the change`);
      }
      const [write] = await checked(tx, tenantId, [{ id: row.id, values: changedValues(valuesOf(row), change.changes) }]);
      if (sameValues(valuesOf(row), write!.values)) return shown(row);
      const changed = await assets.update(row, write!.values);
      await checkJumpHosts(assets, tenantId, [write!]);
      return shown(changed);
    });
  }

  /** Deletes an asset and the credentials that belong to it alone; an asset that is not there is no error. */
  async delete(tenantId: string, ref: string): Promise<AssetDeletedDto> {
    const gone = await this.change(ref, async (tx) => {
      const assets = new AssetRepository(tx);
      const row = await assets.lock(tenantId, ref);
      const using = row ? (await assets.reachedThrough(tenantId, row.id)) : [];
      if (using.length > 0) throw new InventoryError('conflict', `${ref} is the jump host of ${using.slice(0, 3).join(', ')}${using.length > 3 ? ' and others' : ''}: give them another one first`);
      return assets.delete(tenantId, ref);
    });
    return gone ? { deleted: true, ...gone } : { deleted: false };
  }

  /** Creates or changes many assets by host name, all or none. Fields that an entry leaves out stay as they are. */
  async import(tenantId: string, entries: readonly CreateAssetDto[]): Promise<{ created: number; updated: number; unchanged: number; total: number }> {
    refuseTwins(entries);
    return this.change('an asset of the import', async (tx) => {
      const assets = new AssetRepository(tx);
      const known = await assets.lockByHostname(tenantId, entries.map((e) => e.hostname));
      const rows = entries.map((entry) => known.get(entry.hostname.toLowerCase()));
      const writes = await checked(tx, tenantId, entries.map((entry, i) => ({ id: rows[i]?.id ?? uuidv7(), values: rows[i] ? changedValues(valuesOf(rows[i]), entry) : newValues(entry) })));
      const changed = writes.filter(({ values }, i) => !rows[i] || !sameValues(valuesOf(rows[i]), values));
      for (let from = 0; from < changed.length; from += CHUNK) await assets.upsert(tenantId, changed.slice(from, from + CHUNK));
      await checkJumpHosts(assets, tenantId, changed);
      const created = rows.filter((r) => !r).length;
      return { created, updated: changed.length - created, unchanged: entries.length - changed.length, total: entries.length };
    });
  }

  private async change<T>(name: string, work: (tx: Executor) => Promise<T>): Promise<T> {
    try {
      return await this.db.transaction(work);
    } catch (e) {
      if (isUniqueViolation(e)) throw new InventoryError('conflict', `there is already an asset with the host name ${name}`);
      if (isForeignKeyViolation(e)) throw new InventoryError('conflict', `${name}: its credential or jump host was removed or is still used elsewhere; nothing was changed`);
      throw e;
    }
  }
}

/** Assets written by one statement. */
const CHUNK = 1000;

/** The writes as they may be written: with protocol and jump host decided. */
async function checked(tx: Executor, tenantId: string, writes: readonly AssetWrite[]): Promise<AssetWrite[]> {
  const facts = await credentialFacts(tx, tenantId, writes.map((w) => w.values));
  return withJumpHosts(new AssetRepository(tx), tenantId, writes.map((w) => withConnection(w, facts)));
}

function refuseTwins(entries: readonly CreateAssetDto[]): void {
  const seen = new Set<string>();
  for (const { hostname } of entries) {
    const name = hostname.toLowerCase();
    if (seen.has(name)) throw new InventoryError('invalid', `the import has ${hostname} twice`);
    seen.add(name);
  }
}

function shown(row: AssetRow): AssetDto {
  const { ipAddress, credentialId, hostKey, hostKeyPolicy, tlsCa, tlsFingerprint, jumpHostId, createdAt, updatedAt } = row;
  return toAsset({ ...row, ip_address: ipAddress, credential_id: credentialId, host_key: hostKey, host_key_policy: hostKeyPolicy, tls_ca: tlsCa, tls_fingerprint: tlsFingerprint, jump_host: jumpHostId, created_at: createdAt, updated_at: updatedAt });
}

function unknownAsset(ref: string): never {
  throw new InventoryError('not-found', `there is no asset ${JSON.stringify(ref)}`);
}
