import { setTimeout as pause } from 'node:timers/promises';
import { OpenAiModel, UNLIMITED, type Asking, type ModelSettings, type Rung } from '@opsmesh/copilot';
import type { Pool } from 'pg';
import { PostgresTokenBudget } from './postgres-token-budget.js';

export interface ModelConfig {
  readonly settings: ModelSettings;
  /** Tokens of a tenant in a day; null: no limit. */
  readonly tokensPerDay: number | null;
}

/** How the configured model is asked. What an endpoint was found to understand is remembered as long as the process lives. */
export function askingOf({ settings, tokensPerDay }: ModelConfig, pool: Pool): Asking {
  const rungs = new Map<string, Rung>();
  return {
    client: new OpenAiModel(settings), settings, budget: tokensPerDay === null ? UNLIMITED : new PostgresTokenBudget(pool, tokensPerDay),
    memory: { get: (endpoint) => rungs.get(endpoint), set: (endpoint, rung) => { rungs.set(endpoint, rung); } },
    sleep: async (ms, signal) => { await pause(ms, undefined, { signal }); },
  };
}
