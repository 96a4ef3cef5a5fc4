import type { CommandInputDto, RetryPolicyDto, ToolEffect } from '@opsmesh/contracts';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A condition: one comparison, or all/any/not of conditions. Never code. */
export type Condition =
  | { readonly field: string; readonly operator: ConditionOperator; readonly value?: Json }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

export const CONDITION_OPERATORS = ['>', '>=', '<', '<=', '==', '!=', 'contains', 'in', 'matches', 'exists'] as const;
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

export const STEP_ROLES = ['primary', 'secondary', 'aggregate', 'graph', 'metric'] as const;
export type StepRole = (typeof STEP_ROLES)[number];

/** A number of items, or a share of all of them in percent. */
export type Share = { readonly count: number } | { readonly percent: number };

/** At most `limit` attempts start within `perMs` for one tenant, for one tool of a tenant or for one target of a tenant. */
export interface RatePolicy {
  readonly key: 'tenant' | 'tool' | 'target';
  readonly limit: number;
  readonly perMs: number;
}

/** How a fan-out is run. `concurrency`: items queued or running at once. */
export interface MapPolicy {
  readonly concurrency: number;
  /** Largest number of failed items with which the step is still `partial` and not `failed`; absent: any number below all. */
  readonly failureThreshold?: Share;
  /** How many items, all in all, may have started when each wave has; ascending. The next wave starts when the one before has ended. Absent: one wave. */
  readonly waves?: readonly Share[];
  /** Time between the end of a wave and the next one. */
  readonly wavePauseMs?: number;
  /** At most one running attempt per tenant and key, across runs. True: the key is the target; a text: the key, bound for each item. */
  readonly lock?: true | string;
  readonly rate?: RatePolicy;
}

/** A change of a fan-out's policy while it runs; null takes back what was said. */
export type MapChange = { readonly [K in keyof MapPolicy]?: K extends 'concurrency' ? number : MapPolicy[K] | null };

/** A retry policy with every default filled in; see {@link RetryPolicyDto} for units. */
export type RetryPolicy = Required<RetryPolicyDto>;

/** What a step may change of itself when the world does not do as planned. Null: nothing of the kind. */
export interface AdaptPolicy {
  /** Halve the concurrency, down to `floor`, when `failures` of the last `of` attempts could not reach their target. */
  readonly concurrency: { readonly failures: number; readonly of: number; readonly floor: number } | null;
  /** After the last attempt has timed out, one more with so many times the time; only where an attempt may be repeated. */
  readonly timeoutFactor: number | null;
}

/** How to find out whether an attempt of unknown outcome took place. */
export interface ProbePolicy {
  /** A read-only tool, without inputs. */
  readonly step: ToolStep;
  /** Its inputs, by the JSON pointers of those of the attempt. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The input that takes the time at which the attempt was claimed; null: none does. */
  readonly since: string | null;
  /** Field of its output: true, it took place; false, it did not; else it can't tell. */
  readonly answer: string;
}

/**
 * What happens when the step fails. `fail`: its dependants are skipped. `continue`: they run and see it as failed.
 * `alternative`: that step runs in its place. `compensate`: those steps run, one after the other, and the step stays failed.
 */
export type OnFailure = 'fail' | 'continue' | { readonly alternative: number } | { readonly compensate: readonly number[] };

export const STEP_KINDS = ['tool', 'branch', 'loop', 'orchestration', 'approval', 'decide', 'wait'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** The container that a step stands directly in; `arm` is null in a loop. */
export interface StepScope {
  readonly step: number;
  readonly arm: number | null;
}

/** What all steps of a compiled plan have. Plain JSON; it is stored with the run. */
interface AnyStep {
  /** Position in the plan, from 0, in the order in which steps are written; a container comes before what is in it. */
  readonly index: number;
  /** Unique in the whole plan. */
  readonly id: string;
  /** Null: the step stands in no container. */
  readonly scope: StepScope | null;
  /** An alternative or a compensation: it runs only when that step has failed, else it is skipped. */
  readonly guard: { readonly step: number } | null;
  /** What is bound for each item, references included: the inputs of a tool or a sub-plan, `{ message, approvers }`, `{ question }` or `{ signal }`; empty for containers. */
  readonly inputs: JsonObject;
  /** Inputs that are commands. */
  readonly commands: readonly CommandInputDto[];
  /** JSON pointer of the input that names the target, null when there is none. */
  readonly target: string | null;
  /** The list the step or the loop runs over, one reference such as `<<steps.assets.output.assets>>`; null: there is none. */
  readonly forEach: string | null;
  readonly map: MapPolicy;
  readonly when: Condition | null;
  /** Time of one attempt of a tool; time that an approval or a signal is waited for; null: no limit. */
  readonly timeoutMs: number | null;
  readonly onFailure: OnFailure;
  /** False: the step's failure does not make the run, or the container it is in, `failed` or `partial`. */
  readonly critical: boolean;
  readonly role: StepRole | null;
  readonly parallelGroup: string | null;
  /** What the step's output is made of; null: the output as it is. */
  readonly outputMapping: { readonly [key: string]: Json } | null;
  /** Indexes of the steps of the same scope that must have ended before: explicit, from references, roles and groups, and from `executionStrategy`. */
  readonly dependsOn: readonly number[];
  /** Steps, of this scope or an outer one, of which a value is needed: if one has no output, this step is skipped. */
  readonly needsValueOf: readonly number[];
  /** Topological level, from 0; in a container beyond the container's own. */
  readonly level: number;
}

/** A job of a tool for each item. */
export interface ToolStep extends AnyStep {
  readonly kind: 'tool';
  readonly tool: string;
  readonly toolVersion: string;
  /** The BullMQ queue of the service that owns the tool. */
  readonly queue: string;
  readonly effect: ToolEffect;
  readonly idempotent: boolean;
  /** Whether each attempt must be claimed before it acts. */
  readonly claim: boolean;
  readonly listOutput: string | null;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly adapt: AdaptPolicy | null;
  /** For how long an output may answer the same call, in milliseconds; null: each item is a call. */
  readonly cacheMs: number | null;
  readonly probe: ProbePolicy | null;
}

/** The first arm whose condition holds; a condition of null (`else`) always does. */
export interface BranchStep extends AnyStep {
  readonly kind: 'branch';
  readonly arms: readonly { readonly when: Condition | null }[];
}

/** `condition` is tested before each iteration (`while`) or after it (`until`); with `forEach` it is null and there is one iteration for each element. */
export interface LoopStep extends AnyStep {
  readonly kind: 'loop';
  readonly mode: 'while' | 'until' | 'forEach';
  readonly condition: Condition | null;
  readonly maxIterations: number;
  /** Steps in it to which others refer as they were in the iteration before; ascending. */
  readonly remembers: readonly number[];
}

/** A child run for each item. */
export interface OrchestrationStep extends AnyStep {
  readonly kind: 'orchestration';
  /** `name@version` of a stored plan, null for one written in place. */
  readonly stored: string | null;
  readonly plan: CompiledPlan;
}

/** Waits for people: `minApprovals` of them, or one rejection. */
export interface ApprovalStep extends AnyStep {
  readonly kind: 'approval';
  readonly minApprovals: number;
  readonly timeoutMs: number;
  /** What it means that the time is over: a failure (`approval-expired`), or a success with the decision `expired`. */
  readonly onExpire: 'fail' | 'continue';
}

/** A model picks one of the declared choices. */
export interface DecideStep extends AnyStep {
  readonly kind: 'decide';
  readonly choices: readonly string[];
  readonly default: string;
}

/** Waits for a time, or for the signal that its inputs name. */
export interface WaitStep extends AnyStep {
  readonly kind: 'wait';
  /** Null: it waits for a signal, for `timeoutMs` at most. */
  readonly ms: number | null;
}

/** One step of a compiled plan: every name resolved, every default filled in. */
export type CompiledStep = ToolStep | BranchStep | LoopStep | OrchestrationStep | ApprovalStep | DecideStep | WaitStep;

/** A step that holds other steps and has no items of its own. */
export type ContainerStep = BranchStep | LoopStep;

export function isContainer(step: CompiledStep): step is ContainerStep {
  return step.kind === 'branch' || step.kind === 'loop';
}

/**
 * The step of a job or of an attempt.
 * @throws Error when it is of another kind, which has neither
 */
export function toolStep(plan: CompiledPlan, index: number): ToolStep {
  const step = plan.steps[index];
  if (step?.kind !== 'tool') throw new Error(`step ${index} runs no tool`);
  return step;
}

export type Strategy = 'PARALLEL' | 'SERIAL' | 'DAG';

export interface CompiledPlan {
  readonly version: 1;
  readonly name: string;
  /** Declared inputs with their defaults. */
  readonly inputs: JsonObject;
  readonly steps: readonly CompiledStep[];
  readonly strategy: Strategy;
  /** Time the whole run may take, in milliseconds; null: no limit. */
  readonly timeoutMs: number | null;
  /** Whether every item is a call, also where an output is known that could answer it. */
  readonly bypassCache: boolean;
}

/** Limits of docs/plan-language.md; a plan beyond one is refused. */
export const LIMITS = {
  planBytes: 256 * 1024,
  steps: 500,
  nesting: 16,
  items: 100_000,
  loopIterations: 1_000,
  renderedInputBytes: 1024 * 1024,
  /** All outputs of a step together, as JSON, where other steps refer to them. */
  stepValueBytes: 64 * 1024 * 1024,
  /** The bound inputs of all items of a step together, as characters of JSON. */
  stepInputs: 64 * 1024 * 1024,
  conditionDepth: 16,
  /** Longest time that an approval, a signal or a pause is waited for: 30 days. */
  waitMs: 30 * 86_400_000,
} as const;

export const DEFAULT_CONCURRENCY = 50;
/** How long people may take to approve where the plan does not say. */
export const DEFAULT_APPROVAL_MS = 86_400_000;
/** How long a model may take to choose where the plan does not say. */
export const DEFAULT_DECISION_MS = 30_000;
