import { DEFAULT_PORTS } from '@opsmesh/contracts';
import { modelSettings } from '@opsmesh/copilot';
import { databaseUrl, processConfig, readConfig, StartError, type ProcessConfig } from '@opsmesh/platform';
import type { ModelConfig } from './copilot/model/asking.js';

export interface OrchestratorConfig extends ProcessConfig {
  readonly databaseUrl: string;
  /** Connections to PostgreSQL at most. */
  readonly databaseConnections: number;
  /** How long the answer to a chat message waits for the end of a run, in milliseconds. */
  readonly chatWaitMs: number;
  /** The model that the copilot asks; without one it has its own rules only. */
  readonly model?: ModelConfig;
}

/** @throws StartError that lists what is wrong in the environment */
export function orchestratorConfig(source?: NodeJS.ProcessEnv): OrchestratorConfig {
  return readConfig((env) => {
    const tokensPerDay = env.int('COPILOT_TENANT_TOKENS_PER_DAY', 0, { min: 0, max: 1_000_000_000 });
    const settings = settingsOfModel(source ?? process.env);
    return {
      ...processConfig(env, { service: 'orchestrator', defaultPort: DEFAULT_PORTS.orchestrator }),
      databaseUrl: databaseUrl(env),
      databaseConnections: env.int('DATABASE_CONNECTIONS', 10, { min: 2, max: 100 }),
      chatWaitMs: env.int('COPILOT_WAIT_MS', 20_000, { min: 0, max: 300_000 }),
      ...(settings ? { model: { settings, tokensPerDay: tokensPerDay === 0 ? null : tokensPerDay } } : {}),
    };
  }, source);
}

function settingsOfModel(source: NodeJS.ProcessEnv): ModelConfig['settings'] | undefined {
  try {
    return modelSettings(source);
  } catch (e) {
    throw new StartError(`bad settings:\n  ${e instanceof Error ? e.message : String(e)}`);
  }
}
