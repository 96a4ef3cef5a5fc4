import type { PoolClient } from 'pg';
import { plainArray } from './arrays.js';

/** Locks the rows of the runs' states that exist, in the one order in which everybody does. @returns their versions */
export async function lockRuns(client: PoolClient, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ run_id: string; version: number }>({
    name: 'lock-runs', text: 'select run_id, version from orchestrator.run_states where run_id = any($1::uuid[]) order by run_id for update', values: [plainArray(ids)],
  });
  return new Map(rows.map((r) => [r.run_id, r.version]));
}
