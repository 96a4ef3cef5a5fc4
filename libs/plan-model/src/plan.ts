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

/** How a fan-out is run. `concurrency`: items queued or running at once. */
export interface MapPolicy {
  readonly concurrency: number;
  /** Largest number of failed items with which the step is still `partial` and not `failed`; absent: any number below all. */
  readonly failureThreshold?: { readonly count: number } | { readonly percent: number };
}

/** A retry policy with every default filled in; see {@link RetryPolicyDto} for units. */
export type RetryPolicy = Required<RetryPolicyDto>;

/** What happens to the run when the step fails: its dependants are skipped (`fail`), or they run and see it as failed (`continue`). */
export type OnFailure = 'fail' | 'continue';

/** One step of a compiled plan: every name resolved, every default filled in. Plain JSON; it is stored with the run. */
export interface CompiledStep {
  /** Position in the document, from 0. */
  readonly index: number;
  readonly id: string;
  readonly tool: string;
  readonly toolVersion: string;
  /** The BullMQ queue of the service that owns the tool. */
  readonly queue: string;
  readonly effect: ToolEffect;
  readonly idempotent: boolean;
  /** Whether each attempt must be claimed before it acts. */
  readonly claim: boolean;
  /** The inputs as written, references included. */
  readonly inputs: JsonObject;
  /** Inputs of the tool that are commands. */
  readonly commands: readonly CommandInputDto[];
  /** JSON pointer of the input that names the target, null when the tool has none. */
  readonly target: string | null;
  readonly listOutput: string | null;
  /** The list the step runs over, one reference such as `<<steps.assets.output.assets>>`; null: the step runs once. */
  readonly forEach: string | null;
  readonly map: MapPolicy;
  readonly when: Condition | null;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly onFailure: OnFailure;
  /** False: the step's failure does not make the run `failed` or `partial`. */
  readonly critical: boolean;
  readonly role: StepRole | null;
  /** What the step's output is made of; null: the tool's output as it is. */
  readonly outputMapping: { readonly [key: string]: Json } | null;
  /** Indexes of the steps that must have ended before: explicit, from references, from roles and from `executionStrategy`. */
  readonly dependsOn: readonly number[];
  /** Those of `dependsOn` from which a value is needed: if one has no output, this step is skipped or fails. */
  readonly needsValueOf: readonly number[];
  /** Topological level, from 0. */
  readonly level: number;
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
}

/** Limits of docs/plan-language.md; a plan beyond one is refused. */
export const LIMITS = {
  planBytes: 256 * 1024,
  steps: 500,
  nesting: 16,
  items: 100_000,
  loopIterations: 1_000,
  renderedInputBytes: 1024 * 1024,
  conditionDepth: 16,
} as const;

export const DEFAULT_CONCURRENCY = 50;
