import type { Tokens } from './model-client.js';
import type { ModelSettings } from './settings.js';

/** What calls of a model used, for a conversation or a run. */
export interface Usage {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Whether a part of it is an estimate. */
  readonly estimated: boolean;
  /** In the currency of the settings' prices. */
  readonly cost: number;
}

export const NO_USAGE: Usage = { calls: 0, promptTokens: 0, completionTokens: 0, estimated: false, cost: 0 };

export function added(usage: Usage, tokens: Tokens, prices: Pick<ModelSettings, 'promptPrice' | 'completionPrice'>): Usage {
  return {
    calls: usage.calls + 1, promptTokens: usage.promptTokens + tokens.prompt, completionTokens: usage.completionTokens + tokens.completion, estimated: usage.estimated || tokens.estimated,
    cost: usage.cost + (tokens.prompt * prices.promptPrice + tokens.completion * prices.completionPrice) / 1_000_000,
  };
}

export function summed(a: Usage, b: Usage): Usage {
  return { calls: a.calls + b.calls, promptTokens: a.promptTokens + b.promptTokens, completionTokens: a.completionTokens + b.completionTokens, estimated: a.estimated || b.estimated, cost: a.cost + b.cost };
}

/** Port to the token budget of tenants. It leaves out how budgets are set and renewed. */
export interface TokenBudget {
  /** Sets tokens aside before a call; false when the tenant has not so many left. */
  reserve(tenantId: string, tokens: number): Promise<boolean>;
  /** Gives back what was set aside and takes off what was used. */
  settle(tenantId: string, spent: { readonly reserved: number; readonly used: number }): Promise<void>;
}

/** A budget without a limit, for tenants that have none. */
export const UNLIMITED: TokenBudget = { reserve: () => Promise.resolve(true), settle: () => Promise.resolve() };
