import { MAX_BATCH, UUID, type GrantClaims } from '@opsmesh/contracts';
import { endpointOf, endpointsSha256, Gathered, ProblemError } from '@opsmesh/platform';
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../database/database.js';
import { assets, credentials } from '../database/schema.js';
import type { AssetRow } from '../inventory/asset-values.js';
import { connectionOf } from '../inventory/connection.service.js';

/** An asset with the version of its credential; null when it has none. */
interface VersionedAsset {
  readonly asset: AssetRow;
  readonly version: number | null;
}

/** Whether the inventory still says what people approved of targets and credentials. Assets that are asked for together are read together. */
export class ApprovedEndpoints {
  private readonly rows = new Gathered<{ readonly tenantId: string; readonly id: string }, VersionedAsset | undefined>((wanted) => this.read(wanted), { most: MAX_BATCH });
  private readonly versioned: ReturnType<typeof prepareVersioned>;

  constructor(db: Pick<Database, 'select'>) {
    this.versioned = prepareVersioned(db);
  }

  /**
   * Compares the target of a grant and the jump hosts before it with the digest in the grant.
   * @returns the versions of their credentials, by id
   * @throws ProblemError 409 `target-changed`, 422 `target-refused`
   */
  async confirm({ tenant, targets, via, endpointsSha256: approved }: GrantClaims): Promise<Map<string, number>> {
    const ids = [...via, ...targets];
    const way = await Promise.all(ids.map((id) => (UUID.test(id) ? this.rows.ask({ tenantId: tenant, id: id.toLowerCase() }) : undefined)));
    const found = way.flatMap((w) => w ?? []);
    if (found.length < ids.length || !isWay(found.map((f) => f.asset))) throw changed('the target, or the way to it through jump hosts, is another one than was approved');
    const endpoints = found.map(({ asset, version }) => ({ ...endpointOf(connectionOf(asset, undefined)), credentialVersion: version ?? 0 }));
    if (endpointsSha256(endpoints) !== approved) {
      throw changed(`what was approved is not what the inventory has now: ${endpoints.map((e) => `${e.hostname} at ${e.address}:${e.port} by ${e.protocol} with version ${e.credentialVersion} of its credential`).join(', then ')}`);
    }
    return new Map(endpoints.map((e) => [e.credentialId, e.credentialVersion]));
  }

  private async read(wanted: readonly { readonly tenantId: string; readonly id: string }[]): Promise<PromiseSettledResult<VersionedAsset | undefined>[]> {
    const rows = await this.versioned.execute({ tenants: wanted.map((w) => w.tenantId), ids: wanted.map((w) => w.id) });
    const found = new Map(rows.map((row) => [JSON.stringify([row.asset.tenantId, row.asset.id]), row]));
    return wanted.map((w) => ({ status: 'fulfilled', value: found.get(JSON.stringify([w.tenantId, w.id])) }));
  }
}

/** Whether each asset is reached through the one before it, and the first one through none. */
function isWay(way: readonly AssetRow[]): boolean {
  return way.every((asset, i) => (asset.protocol === 'ssh' ? asset.jumpHostId : null) === (way[i - 1]?.id ?? null));
}

/** Assets by tenant and id with the versions of their credentials, as one statement that the server plans once. */
function prepareVersioned(db: Pick<Database, 'select'>) {
  return db.select({ asset: assets, version: credentials.version }).from(assets)
    .leftJoin(credentials, and(eq(credentials.tenantId, assets.tenantId), eq(credentials.id, assets.credentialId)))
    .where(sql`(${assets.tenantId}, ${assets.id}) in (select * from unnest(${sql.placeholder('tenants')}::text[], ${sql.placeholder('ids')}::uuid[]))`)
    .prepare('versioned-assets');
}

export function changed(detail: string): ProblemError {
  return new ProblemError(409, 'target-changed', detail);
}
