import type { CompiledPlan, JsonObject } from '@opsmesh/plan-model';
import type { AttemptRef } from './positions.js';

/** A run that is to be stored for the first time. */
export interface NewRun {
  readonly id: string;
  readonly tenantId: string;
  readonly actorId: string;
  readonly plan: CompiledPlan;
  readonly inputs: JsonObject;
  readonly warnings: readonly object[];
  readonly parentRunId: string | null;
  /** For the run of a sub-plan: the attempt of its parent that it carries out. */
  readonly parentAttempt?: AttemptRef;
  readonly idempotencyKey: string | null;
  readonly requestSha256: string;
  /** W3C trace context of the request that asked for it, which its attempts belong to; of a sub-plan the parent's. Null or left out when nobody traces it. */
  readonly traceparent?: string | null;
  /** SHA-256 of the manifest that people approved; of a sub-plan the parent's. Null or left out for a run that needed no approval. */
  readonly manifestSha256?: string | null;
}

/** What never changes about a run. */
export interface RunFacts extends Pick<NewRun, 'id' | 'tenantId' | 'actorId' | 'plan' | 'inputs' | 'traceparent' | 'manifestSha256'> {
  /** The attempt that the run carries out, for the run of a sub-plan. */
  readonly parent: AttemptRef | null;
}
