import { processConfig, type Env, type ProcessConfig } from '@opsmesh/platform';

export interface WorkerConfig extends ProcessConfig {
  /** Attempts this process runs at once. */
  readonly concurrency: number;
}

/** What every worker process reads; use it inside `readConfig`. `WORKER_CONCURRENCY` is 50 by default. */
export function workerConfig(env: Env, process: { service: string; defaultPort: number }): WorkerConfig {
  return { ...processConfig(env, process), concurrency: env.int('WORKER_CONCURRENCY', 50, { min: 1, max: 10_000 }) };
}
