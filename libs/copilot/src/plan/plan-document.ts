/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A plan in the full form of docs/plan-language.md, before it is compiled. */
export interface PlanDocument {
  readonly name: string;
  readonly description?: string;
  readonly inputs?: JsonObject;
  readonly steps: readonly StepDocument[];
}

export interface StepDocument {
  readonly id: string;
  readonly tool: string;
  readonly name?: string;
  readonly inputs?: JsonObject;
  readonly forEach?: string;
  readonly dependsOn?: readonly string[];
  readonly map?: JsonObject;
  readonly when?: Json;
  readonly onFailure?: Json;
  readonly critical?: boolean;
  readonly [key: string]: Json | undefined;
}
