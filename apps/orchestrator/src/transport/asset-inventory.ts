import { ServiceClient } from '@opsmesh/platform';
import type { TargetFacts, UnknownTarget } from '@opsmesh/contracts';
import type { Json, JsonObject } from '@opsmesh/plan-model';
import type { LiveInventory } from '../approvals/preview/ports.js';

/** Asks the asset service what its inventory says now. */
export class AssetInventory implements LiveInventory {
  constructor(private readonly assets: ServiceClient) {}

  async read(tenantId: string, tool: string, input: JsonObject): Promise<Json> {
    return (await this.assets.call('POST', `/internal/reads/${encodeURIComponent(tool)}`, { body: { tenantId, input } })) as Json;
  }

  async targets(tenantId: string, targets: readonly string[], protocol: 'ssh' | 'winrm' | undefined): Promise<(TargetFacts | UnknownTarget)[]> {
    if (targets.length === 0) return [];
    return (await this.assets.call('POST', '/internal/targets', { body: { tenantId, targets, ...(protocol ? { protocol } : {}) } })) as (TargetFacts | UnknownTarget)[];
  }
}
