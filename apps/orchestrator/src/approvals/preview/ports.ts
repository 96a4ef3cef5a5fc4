import type { TargetFacts, UnknownTarget } from '@opsmesh/contracts';
import type { Json, JsonObject } from '@opsmesh/plan-model';

/** The inventory of the moment. It is asked nothing else; it changes nothing. */
export interface LiveInventory {
  /**
   * The output that a reading tool of the inventory would give now.
   * @throws ProblemError 422 for inputs that it refuses, 503 `service-unavailable`
   */
  read(tenantId: string, tool: string, input: JsonObject): Promise<Json>;
  /** What each target means, in their order. @throws ProblemError 503 `service-unavailable` */
  targets(tenantId: string, targets: readonly string[], protocol: 'ssh' | 'winrm' | undefined): Promise<(TargetFacts | UnknownTarget)[]>;
}

/** Tools whose output the inventory can give before a run, and the service that owns them. */
export const INVENTORY_READS: ReadonlySet<string> = new Set(['asset-query', 'asset-list']);
export const INVENTORY_SERVICE = 'asset-service';
