import { setTimeout as pause } from 'node:timers/promises';
import { LearnedRungs, OpenAiModel, UNLIMITED, type Asking, type ModelSettings } from '@opsmesh/copilot';
import type { Pool } from 'pg';
import { PostgresTokenBudget } from './postgres-token-budget.js';

export interface ModelConfig {
  readonly settings: ModelSettings;
  /** Tokens of a tenant in a day; null: no limit. */
  readonly tokensPerDay: number | null;
}

/** How the configured model is asked. What an endpoint was found to understand is remembered for a while, and no longer than the process lives. */
export function askingOf({ settings, tokensPerDay }: ModelConfig, pool: Pool): Asking {
  return {
    client: new OpenAiModel(settings), settings, budget: tokensPerDay === null ? UNLIMITED : new PostgresTokenBudget(pool, tokensPerDay),
    memory: new LearnedRungs(() => performance.now()),
    sleep: async (ms, signal) => { await pause(ms, undefined, { signal }); },
  };
}
