import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '@opsmesh/platform';
import type { Logger } from 'pino';
import type { OrchestratorConfig } from '../config.js';

/**
 * Statements get whole batches as arrays and find their rows by index, in tables that grow from nothing to millions of rows within one connection's life.
 * A plan made for one batch's size, or while a table was small, would read tables from end to end for every later commit (docs/adr/0018).
 */
const PLANNER = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/** The orchestrator's database, with its schema brought up to date. */
export function openStore(config: Pick<OrchestratorConfig, 'databaseUrl' | 'databaseConnections'>, log: Logger): Promise<Database> {
  return openDatabase({
    url: config.databaseUrl, schema: 'orchestrator', migrationsFolder: fileURLToPath(new URL('../../migrations', import.meta.url)),
    settings: PLANNER,
    max: config.databaseConnections, applicationName: 'opsmesh-orchestrator', log,
  });
}
