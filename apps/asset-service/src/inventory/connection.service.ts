import { Inject, Injectable } from '@nestjs/common';
import type { ConnectionDto, ConnectionQueryDto, HostKeyPolicy } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { DATABASE, type Database } from '../database/database.js';
import { isAddress, PROTOCOL_PORTS, type Protocol } from './asset-fields.js';
import type { AssetRow } from './asset-values.js';
import { AssetRepository } from './asset.repository.js';

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
    const fitting = protocol && found.length > 1 ? found.filter((a) => a.protocol === protocol) : found;
    const [asset, other] = fitting.length > 0 ? fitting : found;
    const name = JSON.stringify(target);
    if (!asset) throw new ProblemError(404, 'target-unknown', `no asset has the id, address or host name ${name}: add it to the inventory, or take a target that an asset-query gave`);
    if (other) throw new ProblemError(409, 'target-ambiguous', `${name} means ${asset.hostname} and ${other.hostname}: name the target by its host name or asset id`);
    return connectionOf(asset, protocol);
  }
}

/** @throws ProblemError 422 `target-refused` */
function connectionOf(asset: AssetRow, wanted: Protocol | undefined): ConnectionDto {
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
    port: asset.port ?? PROTOCOL_PORTS[protocol],
    credentialId: asset.credentialId,
    ...(asset.hostKey === null ? {} : { hostKey: asset.hostKey }),
    ...(asset.hostKeyPolicy === null ? {} : { hostKeyPolicy: asset.hostKeyPolicy as HostKeyPolicy }),
  };
}
