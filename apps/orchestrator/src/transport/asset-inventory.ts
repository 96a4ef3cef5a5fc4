import { TargetFacts, UnknownTarget } from '@opsmesh/contracts';
import { answerOf, ProblemError, type ServiceClient } from '@opsmesh/platform';
import type { Json, JsonObject } from '@opsmesh/plan-model';
import type { LiveInventory } from '../approvals/preview/ports.js';

/** Asks the asset service what its inventory says now. */
export class AssetInventory implements LiveInventory {
  constructor(private readonly assets: Pick<ServiceClient, 'call'>) {}

  async read(tenantId: string, tool: string, input: JsonObject): Promise<Json> {
    // Any JSON: whoever uses a value of it looks at that.
    return (await this.assets.call('POST', `/internal/reads/${encodeURIComponent(tool)}`, { body: { tenantId, input } }) ?? null) as Json;
  }

  async targets(tenantId: string, targets: readonly string[], protocol: 'ssh' | 'winrm' | undefined): Promise<(TargetFacts | UnknownTarget)[]> {
    if (targets.length === 0) return [];
    const found = await this.assets.call('POST', '/internal/targets', { body: { tenantId, targets, ...(protocol ? { protocol } : {}) } });
    if (!Array.isArray(found) || found.length !== targets.length) throw new ProblemError(503, 'service-unavailable', `the inventory was asked for ${targets.length} targets and did not answer each of them`);
    return found.map((one: unknown) => (isUnknown(one) ? answerOf(UnknownTarget, one) : answerOf(TargetFacts, one)));
  }
}

function isUnknown(answer: unknown): boolean {
  return (answer as { readonly assetId?: unknown } | null)?.assetId === null;
}
