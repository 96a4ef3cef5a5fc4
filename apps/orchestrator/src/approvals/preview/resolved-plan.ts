import type { Endpoint, Foreknowledge, TargetFacts } from '@opsmesh/contracts';
import type { CompiledPlan, JsonObject, ToolStep } from '@opsmesh/plan-model';

/** One action, as far as it is known before the run. */
export interface ResolvedItem {
  /** As the claim desk will find it in the record; null when the tool has none. */
  readonly target: string | null;
  /** Undefined while it is not known. */
  readonly inputs: JsonObject | undefined;
  /** Assets that it acts on; filled in when all targets are known. */
  facts: readonly TargetFacts[];
  /** As in a manifest; filled in together with the facts. */
  endpoints: readonly Endpoint[];
  /** Why an attempt would be refused. */
  refusal: string | null;
}

/** What is known of one step of a tool. */
export interface ResolvedStep {
  readonly path: string;
  readonly step: ToolStep;
  readonly plan: CompiledPlan;
  /** Inputs of the run, which never change; empty in a sub-plan, whose inputs may come from results. */
  readonly fixed: JsonObject;
  readonly known: Foreknowledge;
  readonly because: string | null;
  readonly conditional: boolean;
  readonly items: readonly ResolvedItem[];
  /** Items, repetitions by loops and sub-plans included; null: not known before the run. */
  readonly mostItems: number | null;
  /** Items that can't be bound and will fail before anything is sent. */
  readonly unbound: number;
}

/** Number of items, or of iterations, of a step that is no tool's; by its path. Null: not known before the run. */
export type Counts = ReadonlyMap<string, number | null>;

export interface ResolvedPlan {
  readonly steps: readonly ResolvedStep[];
  readonly counts: Counts;
  readonly notes: readonly string[];
}
