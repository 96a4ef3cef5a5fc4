import { MAX_HOPS } from '@opsmesh/contracts';
import { InventoryError } from './inventory-error.js';
import type { AssetRow } from './asset-values.js';
import type { AssetRepository, AssetWrite } from './asset.repository.js';

/**
 * The writes with the ids of their jump hosts instead of host names; a jump host may be one of the writes.
 * @throws InventoryError `invalid` for a jump host that the tenant does not have, or an asset that is not reached by SSH.
 */
export async function withJumpHosts(assets: AssetRepository, tenantId: string, writes: readonly AssetWrite[]): Promise<AssetWrite[]> {
  if (writes.every((w) => w.values.jumpHostId === null)) return [...writes];
  const known = new Map(writes.flatMap((w) => [[w.values.hostname.toLowerCase(), w.id], [w.id, w.id]]));
  for (const ref of new Set(writes.flatMap((w) => w.values.jumpHostId ?? []))) {
    const id = known.get(ref) ?? (await assets.find(tenantId, ref))?.id;
    if (id !== undefined) known.set(ref, id);
  }
  return writes.map(({ id, values }) => {
    if (values.jumpHostId === null) return { id, values };
    if (values.protocol === 'winrm') throw new InventoryError('invalid', `${values.hostname}: an asset that is reached by winrm has no jump_host`);
    const jumpHostId = known.get(values.jumpHostId);
    if (jumpHostId === undefined) throw new InventoryError('invalid', `${values.hostname}: there is no asset ${JSON.stringify(values.jumpHostId)} to be its jump_host`);
    return { id, values: { ...values, jumpHostId } };
  });
}

/**
 * The jump hosts before an asset, the one nearest to it first.
 * @throws InventoryError `invalid` when they go in a circle, are more than {@link MAX_HOPS}, or one is not reached by SSH.
 */
export async function jumpHostsOf(assets: AssetRepository, tenantId: string, first: string | null): Promise<AssetRow[]> {
  const hops: AssetRow[] = [];
  for (let next = first; next !== null;) {
    const hop = await assets.find(tenantId, next);
    if (!hop) throw new InventoryError('invalid', `there is no asset ${next} to be a jump host`);
    if (hops.some((h) => h.id === hop.id)) throw new InventoryError('invalid', `the jump hosts go in a circle: ${[...hops, hop].map((h) => h.hostname).join(', ')}`);
    if (hop.protocol !== 'ssh') throw new InventoryError('invalid', `${hop.hostname} can't be a jump host: it is not reached by ssh`);
    hops.push(hop);
    if (hops.length > MAX_HOPS) throw new InventoryError('invalid', `more than ${MAX_HOPS} jump hosts one after the other: ${hops.map((h) => h.hostname).join(', ')}`);
    next = hop.jumpHostId;
  }
  return hops;
}

/** Checks the jump hosts of assets that were just written; every circle that a write closes leads through one of them. */
export async function checkJumpHosts(assets: AssetRepository, tenantId: string, writes: readonly AssetWrite[]): Promise<void> {
  for (const id of new Set(writes.flatMap((w) => w.values.jumpHostId ?? []))) await jumpHostsOf(assets, tenantId, id);
}
