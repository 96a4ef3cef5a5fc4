import { Inject, Injectable } from '@nestjs/common';
import type { ConnectionDto, TargetFacts, TargetsQueryDto, UnknownTarget } from '@opsmesh/contracts';
import { endpointOf, ProblemError } from '@opsmesh/platform';
import { DATABASE, type Database } from '../database/database.js';
import type { AssetRow } from './asset-values.js';
import { AssetRepository } from './asset.repository.js';
import { chooseAsset, connectionOf } from './connection.service.js';
import { credentialVersions } from './connection-rules.js';
import { InventoryError } from './inventory-error.js';
import { jumpHostsOf } from './jump-hosts.js';
import { NamedAssets } from './named-assets.js';

/** Says of many targets at once which assets they mean, with the same choice and the same refusals as a single connection. */
@Injectable()
export class TargetService {
  private readonly assets: AssetRepository;

  constructor(@Inject(DATABASE) private readonly db: Database) {
    this.assets = new AssetRepository(db);
  }

  async resolve({ tenantId, targets, protocol }: TargetsQueryDto): Promise<(TargetFacts | UnknownTarget)[]> {
    const texts = targets.map((t) => t.trim());
    const named = new NamedAssets(await this.assets.byTargets(tenantId, [...new Set(texts)]));
    const hops = new Map<string, Promise<AssetRow[] | string>>();
    const hopsFrom = (first: string): Promise<AssetRow[] | string> => {
      const known = hops.get(first) ?? this.hopsFrom(tenantId, first);
      hops.set(first, known);
      return known;
    };
    const meant: (Reached | UnknownTarget)[] = [];
    for (const text of texts) {
      const asset = chosen(named.get(text), text, protocol);
      if (typeof asset === 'string') meant.push({ assetId: null, refusal: asset });
      else meant.push(reached(asset, asset.protocol === 'ssh' && asset.jumpHostId !== null ? await hopsFrom(asset.jumpHostId) : [], protocol));
    }
    // Read last: a secret that came meanwhile is the one that a lease would give.
    const versions = await credentialVersions(this.db, tenantId, meant.flatMap((m) => (m.assetId === null ? [] : m.connections.flatMap((c) => c.credentialId ?? []))));
    return meant.map((m) => {
      if (m.assetId === null) return m;
      const { connections, ...facts } = m;
      return { ...facts, endpoints: connections.map((c) => ({ ...endpointOf(c), credentialVersion: versions.get(c.credentialId!)! })) };
    });
  }

  private async hopsFrom(tenantId: string, first: string): Promise<AssetRow[] | string> {
    try {
      return (await jumpHostsOf(this.assets, tenantId, first)).reverse();
    } catch (e) {
      if (e instanceof InventoryError) return e.message;
      throw e;
    }
  }
}

/** What a target means, and the connections to its jump hosts and itself; none while an attempt would be refused. */
type Reached = Omit<TargetFacts, 'endpoints'> & { readonly connections: readonly ConnectionDto[] };

function reached(asset: AssetRow, way: readonly AssetRow[] | string, protocol: TargetsQueryDto['protocol']): Reached {
  const { id: assetId, hostname, environment, tags } = asset;
  if (typeof way === 'string') return { assetId, hostname, environment, tags, connections: [], refusal: `${hostname}: ${way}` };
  let connections: readonly ConnectionDto[] = [];
  const refusal = refusalOf(() => {
    const own = connectionOf(asset, protocol);
    connections = [...way.map((h) => connectionOf(h, 'ssh')), own];
  });
  return { assetId, hostname, environment, tags, connections, refusal };
}

/** The asset, or why there is not exactly one. */
function chosen(found: readonly AssetRow[], target: string, protocol: TargetsQueryDto['protocol']): AssetRow | string {
  let asset: AssetRow | undefined;
  const refusal = refusalOf(() => { asset = chooseAsset(found, target, protocol); });
  return asset ?? refusal ?? target;
}

function refusalOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (e) {
    if (e instanceof ProblemError) return e.detail;
    throw e;
  }
}
