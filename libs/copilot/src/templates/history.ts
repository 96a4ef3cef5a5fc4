import type { Rejected } from '../plan/choose-templates.js';

/** What a plan came from. */
export type PlanSource = 'template' | 'inventory' | 'tool' | 'model';

/** How one message became a plan, or did not; one entry of the generation history. Holds no output of any tool. */
export interface Generation {
  /** The message as shown: hidden characters made visible. */
  readonly message: string;
  /** ISO 8601, by the clock that was given. */
  readonly at: string;
  readonly source: PlanSource | null;
  /** Intents as they were understood, in words. */
  readonly understood: readonly string[];
  readonly matched: readonly { readonly template: string; readonly version: number }[];
  readonly rejected: readonly Rejected[];
  readonly optimised: readonly string[];
}
