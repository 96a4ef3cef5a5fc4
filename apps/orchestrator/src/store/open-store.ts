import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '@opsmesh/platform';
import type { Logger } from 'pino';
import type { OrchestratorConfig } from '../config.js';

/** The orchestrator's database, with its schema brought up to date. */
export function openStore(config: Pick<OrchestratorConfig, 'databaseUrl' | 'databaseConnections'>, log: Logger): Promise<Database> {
  return openDatabase({
    url: config.databaseUrl, schema: 'orchestrator', migrationsFolder: fileURLToPath(new URL('../../migrations', import.meta.url)),
    // Statements get whole batches as arrays: a plan made for one batch's size would read tables from end to end for the next.
    settings: { plan_cache_mode: 'force_generic_plan' },
    pipeline: true,
    max: config.databaseConnections, applicationName: 'opsmesh-orchestrator', log,
  });
}
