import { Inject, Injectable } from '@nestjs/common';
import type { ConnectionDto, ConnectionQueryDto, HostKeyPolicy } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { DATABASE, type Database } from '../database/database.js';
import { endpointOf, isAddress, type Protocol } from './asset-fields.js';
import type { AssetRow } from './asset-values.js';
import { AssetRepository } from './asset.repository.js';
import { InventoryError } from './inventory-error.js';
import { jumpHostsOf } from './jump-hosts.js';

/** Says which asset a target means and how to reach it. It gives no secret. */
@Injectable()
export class ConnectionService {
  private readonly assets: AssetRepository;

  constructor(@Inject(DATABASE) db: Database) {
    this.assets = new AssetRepository(db);
  }

  /** @throws ProblemError 404 `target-unknown`, 409 `target-ambiguous`, 422 `target-refused` */
  async resolve({ tenantId, target, protocol }: ConnectionQueryDto): Promise<ConnectionDto> {
    const text = target.trim();
    const found = await this.assets.byTarget(tenantId, text, isAddress(text) ? text : undefined);
    const asset = chooseAsset(found, target, protocol);
    const hops = await this.hopsTo(tenantId, asset);
    return { ...connectionOf(asset, protocol), ...(hops.length === 0 ? {} : { via: hops.map((h) => connectionOf(h, 'ssh')) }) };
  }

  /** The jump hosts before an asset, nearest to us first. */
  private async hopsTo(tenantId: string, asset: AssetRow): Promise<AssetRow[]> {
    try {
      return (await jumpHostsOf(this.assets, tenantId, asset.protocol === 'ssh' ? asset.jumpHostId : null)).reverse();
    } catch (e) {
      throw e instanceof InventoryError ? new ProblemError(422, 'target-refused', `${asset.hostname}: ${e.message}`) : e;
    }
  }
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
