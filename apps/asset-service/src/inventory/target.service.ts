import { Inject, Injectable } from '@nestjs/common';
import type { TargetFacts, TargetsQueryDto, UnknownTarget } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { DATABASE, type Database } from '../database/database.js';
import type { AssetRow } from './asset-values.js';
import { AssetRepository } from './asset.repository.js';
import { chooseAsset, connectionOf } from './connection.service.js';
import { InventoryError } from './inventory-error.js';
import { jumpHostsOf } from './jump-hosts.js';
import { NamedAssets } from './named-assets.js';

/** Says of many targets at once which assets they mean, with the same choice and the same refusals as a single connection. */
@Injectable()
export class TargetService {
  private readonly assets: AssetRepository;

  constructor(@Inject(DATABASE) db: Database) {
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
    const answers: (TargetFacts | UnknownTarget)[] = [];
    for (const text of texts) {
      const asset = chosen(named.get(text), text, protocol);
      if (typeof asset === 'string') {
        answers.push({ assetId: null, refusal: asset });
        continue;
      }
      const way = asset.protocol === 'ssh' && asset.jumpHostId !== null ? await hopsFrom(asset.jumpHostId) : [];
      answers.push(factsOf(asset, way, protocol));
    }
    return answers;
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

function factsOf(asset: AssetRow, way: readonly AssetRow[] | string, protocol: TargetsQueryDto['protocol']): TargetFacts {
  const hops = typeof way === 'string' ? [] : way;
  const refusal = typeof way === 'string' ? `${asset.hostname}: ${way}` : refusalOf(() => [connectionOf(asset, protocol), ...hops.map((h) => connectionOf(h, 'ssh'))]);
  return {
    assetId: asset.id, hostname: asset.hostname, environment: asset.environment, tags: asset.tags, via: hops.map((h) => h.id), refusal,
    credentialIds: [...new Set([asset, ...hops].flatMap((a) => a.credentialId ?? []))],
  };
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
