import { Inject, Injectable } from '@nestjs/common';
import type { ConnectionDto, ConnectionQueryDto, HostKeyPolicy } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { DATABASE, type Database } from '../database/database.js';
import { endpointOf, type Protocol } from './asset-fields.js';
import type { AssetRow } from './asset-values.js';
import { AssetRepository } from './asset.repository.js';
import { InventoryError } from './inventory-error.js';
import { jumpHostsOf } from './jump-hosts.js';
import { NamedAssets } from './named-assets.js';

/** Says which asset a target means and how to reach it. It gives no secret. */
@Injectable()
export class ConnectionService {
  private readonly assets: AssetRepository;

  constructor(@Inject(DATABASE) db: Database) {
    this.assets = new AssetRepository(db);
  }

  /**
   * Of each query its connection, in their order; they share one look at the assets of a tenant.
   * A refusal is a ProblemError: 404 `target-unknown`, 409 `target-ambiguous`, 422 `target-refused`.
   */
  resolve(queries: readonly ConnectionQueryDto[]): Promise<ConnectionDto>[] {
    const looks = new Map([...new Set(queries.map((q) => q.tenantId))].map((tenantId) => [tenantId, this.look(tenantId, queries.filter((q) => q.tenantId === tenantId))]));
    return queries.map((query) => this.answer(query, looks.get(query.tenantId)!));
  }

  private look(tenantId: string, queries: readonly ConnectionQueryDto[]): Look {
    const named = this.assets.byTargets(tenantId, [...new Set(queries.map((q) => q.target.trim()))]).then((rows) => new NamedAssets(rows));
    return { named, hops: new Map() };
  }

  private async answer({ tenantId, target, protocol }: ConnectionQueryDto, { named, hops }: Look): Promise<ConnectionDto> {
    const asset = chooseAsset((await named).get(target.trim()), target, protocol);
    const first = asset.protocol === 'ssh' ? asset.jumpHostId : null;
    if (first === null) return connectionOf(asset, protocol);
    const way = hops.get(first) ?? jumpHostsOf(this.assets, tenantId, first);
    hops.set(first, way);
    try {
      // They are nearest to the asset first, connections nearest to us.
      const via = [...await way].reverse();
      return { ...connectionOf(asset, protocol), via: via.map((h) => connectionOf(h, 'ssh')) };
    } catch (e) {
      throw e instanceof InventoryError ? new ProblemError(422, 'target-refused', `${asset.hostname}: ${e.message}`) : e;
    }
  }
}

/** What queries of one tenant share. */
interface Look {
  readonly named: Promise<NamedAssets>;
  /** The jump hosts from one on, by its id. */
  readonly hops: Map<string, Promise<AssetRow[]>>;
}

/**
 * The one of the assets with a target's name that is meant; a wanted protocol decides between several.
 * @throws ProblemError 404 `target-unknown`, 409 `target-ambiguous`
 */
export function chooseAsset(found: readonly AssetRow[], target: string, protocol: Protocol | undefined): AssetRow {
  const fitting = protocol && found.length > 1 ? found.filter((a) => a.protocol === protocol) : found;
  const [asset, other] = fitting.length > 0 ? fitting : found;
  const name = JSON.stringify(target);
  if (!asset) throw new ProblemError(404, 'target-unknown', `no asset has the id, address or host name ${name}: add it to the inventory, or take a target that an asset-query gave`);
  if (other) throw new ProblemError(409, 'target-ambiguous', `${name} means ${asset.hostname} and ${other.hostname}: name the target by its host name or asset id`);
  return asset;
}

/** @throws ProblemError 422 `target-refused` */
export function connectionOf(asset: AssetRow, wanted: Protocol | undefined): ConnectionDto {
  const refuse = (why: string): never => { throw new ProblemError(422, 'target-refused', `${asset.hostname} ${why}`); };
  if (asset.status === 'inactive' || asset.status === 'decommissioned') return refuse(`is ${asset.status}: set its status to active first`);
  const protocol = asset.protocol as Protocol | null;
  if (protocol === null) return refuse('has no connection: set its protocol and credential_id');
  if (wanted !== undefined && wanted !== protocol) return refuse(`is reached by ${protocol}, not by ${wanted}: use a tool for ${protocol}`);
  if (asset.credentialId === null) return refuse('has no credential: store one and set the asset\'s credential_id');
  return {
    assetId: asset.id,
    hostname: asset.hostname,
    address: asset.ipAddress ?? asset.hostname,
    protocol,
    ...endpointOf(protocol, asset),
    credentialId: asset.credentialId,
    ...(asset.hostKey === null ? {} : { hostKey: asset.hostKey }),
    ...(asset.hostKeyPolicy === null ? {} : { hostKeyPolicy: asset.hostKeyPolicy as HostKeyPolicy }),
    ...(asset.tlsCa === null ? {} : { tlsCa: asset.tlsCa }),
    ...(asset.tlsFingerprint === null ? {} : { tlsFingerprint: asset.tlsFingerprint }),
  };
}
