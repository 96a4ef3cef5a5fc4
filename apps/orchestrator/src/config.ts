import { DEFAULT_PORTS } from '@opsmesh/contracts';
import { modelSettings } from '@opsmesh/copilot';
import { databaseUrl, processConfig, readConfig, retentionDays, StartError, type Env, type ProcessConfig } from '@opsmesh/platform';
import type { ModelConfig } from './copilot/model/asking.js';
import type { RetentionLimits } from './store/retention/limits.js';

export interface OrchestratorConfig extends ProcessConfig {
  readonly databaseUrl: string;
  /** Connections to PostgreSQL at most. A commit may need two; the deletion of what is old holds one. */
  readonly databaseConnections: number;
  /** How long the answer to a chat message waits for the end of a run, in milliseconds. */
  readonly chatWaitMs: number;
  /** The model that the copilot asks; without one it has its own rules only. */
  readonly model?: ModelConfig;
  /** Without it everything is kept for ever. */
  readonly retention?: RetentionLimits;
}

/** @throws StartError that lists what is wrong in the environment */
export function orchestratorConfig(source?: NodeJS.ProcessEnv): OrchestratorConfig {
  return readConfig((env) => {
    const tokensPerDay = env.int('COPILOT_TENANT_TOKENS_PER_DAY', 0, { min: 0, max: 1_000_000_000 });
    const settings = settingsOfModel(source ?? process.env);
    const retention = retentionOf(env);
    return {
      ...processConfig(env, { service: 'orchestrator', defaultPort: DEFAULT_PORTS.orchestrator }),
      databaseUrl: databaseUrl(env),
      databaseConnections: env.int('DATABASE_CONNECTIONS', 10, { min: 3, max: 100 }),
      chatWaitMs: env.int('COPILOT_WAIT_MS', 20_000, { min: 0, max: 300_000 }),
      ...(settings ? { model: { settings, tokensPerDay: tokensPerDay === 0 ? null : tokensPerDay } } : {}),
      ...(retention ? { retention } : {}),
    };
  }, source);
}

function retentionOf(env: Env): RetentionLimits | undefined {
  const days = retentionDays(env);
  const more = { unknownDays: env.days('OPSMESH_RETENTION_UNKNOWN_DAYS', null), auditDays: env.days('OPSMESH_RETENTION_AUDIT_DAYS', 730) };
  return days === null ? undefined : { days, ...more };
}

function settingsOfModel(source: NodeJS.ProcessEnv): ModelConfig['settings'] | undefined {
  try {
    return modelSettings(source);
  } catch (e) {
    throw new StartError(`bad settings:\n  ${e instanceof Error ? e.message : String(e)}`);
  }
}
