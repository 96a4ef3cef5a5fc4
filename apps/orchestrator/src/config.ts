import { DEFAULT_PORTS } from '@opsmesh/contracts';
import { databaseUrl, processConfig, readConfig, type ProcessConfig } from '@opsmesh/platform';

export interface OrchestratorConfig extends ProcessConfig {
  readonly databaseUrl: string;
  /** Connections to PostgreSQL at most. */
  readonly databaseConnections: number;
}

/** @throws StartError that lists what is wrong in the environment */
export function orchestratorConfig(source?: NodeJS.ProcessEnv): OrchestratorConfig {
  return readConfig((env) => ({
    ...processConfig(env, { service: 'orchestrator', defaultPort: DEFAULT_PORTS.orchestrator }),
    databaseUrl: databaseUrl(env),
    databaseConnections: env.int('DATABASE_CONNECTIONS', 10, { min: 2, max: 100 }),
  }), source);
}
