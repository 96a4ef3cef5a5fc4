import { canonicalAddress, isAddress } from './asset-fields.js';
import type { AssetRow } from './asset-values.js';

/** Assets by what a target may call them: id, host name in any case, address in any spelling. */
export class NamedAssets {
  private readonly named = new Map<string, AssetRow[]>();

  constructor(rows: readonly AssetRow[]) {
    for (const row of rows) {
      for (const name of new Set([row.id, row.hostname.toLowerCase(), ...(row.ipAddress === null ? [] : [row.ipAddress])])) {
        const list = this.named.get(name);
        if (list) list.push(row);
        else this.named.set(name, [row]);
      }
    }
  }

  get(target: string): readonly AssetRow[] {
    return this.named.get(isAddress(target) ? canonicalAddress(target) : target.toLowerCase()) ?? [];
  }
}
