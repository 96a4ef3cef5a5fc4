import type { RetryPolicyDto } from '@opsmesh/contracts';
import type { AdaptPolicy, Condition, JsonObject, MapPolicy, OnFailure, StepRole, StepScope } from './plan.js';

/** A plan in its full form, as written otherwise: names are not resolved, references not read. */
export interface Plan {
  /** JSON pointer of the plan in the document, empty but for sub-plans. */
  readonly pointer: string;
  readonly name: string;
  readonly inputs: JsonObject;
  /** All steps in the order in which they are written, those in containers behind them. */
  readonly steps: readonly PlanStep[];
  readonly serial: boolean;
  readonly timeoutMs: number | null;
  readonly bypassCache: boolean;
}

/** What only one kind of step has. `cache`: milliseconds, false: not at all, null: not said. */
export type StepBody =
  | { readonly kind: 'tool'; readonly tool: string; readonly retry: RetryPolicyDto | null; readonly adapt: AdaptPolicy | null; readonly cache: number | false | null }
  | { readonly kind: 'branch'; readonly arms: readonly { readonly when: Condition | null; readonly pointer: string }[] }
  | { readonly kind: 'loop'; readonly mode: 'while' | 'until' | 'forEach'; readonly condition: Condition | null; readonly maxIterations: number }
  | { readonly kind: 'orchestration'; readonly plan: Plan | null; readonly stored: string | null }
  | { readonly kind: 'approval'; readonly minApprovals: number; readonly onExpire: 'fail' | 'continue' }
  | { readonly kind: 'decide'; readonly choices: readonly string[]; readonly default: string }
  | { readonly kind: 'wait'; readonly ms: number | null };

export interface PlanStep {
  /** JSON pointer of the step in the document. */
  readonly pointer: string;
  readonly id: string;
  /** Under which key each part stands in the document, escaped for pointers; see {@link pointerIn}. */
  readonly keys: Readonly<Record<string, string>>;
  readonly scope: StepScope | null;
  /** The step of which this one is an alternative or a compensation. */
  readonly guard: number | null;
  readonly body: StepBody;
  /** What is bound for each item. */
  readonly inputs: JsonObject;
  /** One reference; null: not said. */
  readonly forEach: string | null;
  readonly map: Partial<MapPolicy>;
  readonly when: Condition | null;
  readonly timeoutMs: number | null;
  readonly onFailure: OnFailure;
  readonly critical: boolean;
  readonly role: StepRole | null;
  readonly parallelGroup: string | null;
  readonly outputMapping: JsonObject | null;
  /** Null: not said, so roles decide. */
  readonly dependsOn: readonly string[] | null;
}

/** JSON pointer of a part of a step, with its key as it was written. */
export function pointerIn({ pointer, keys }: Pick<PlanStep, 'pointer' | 'keys'>, part: string): string {
  return `${pointer}/${keys[part] ?? part}`;
}
