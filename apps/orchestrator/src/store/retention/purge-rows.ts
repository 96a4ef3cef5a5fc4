import type { PoolClient } from 'pg';

/** Runs whose rows are deleted together, and rows of one transaction, at most. */
const RUNS = 10;
const ROWS = 5000;
/** Tables in which every run has rows beyond counting; each has the run first in its primary key. */
const TABLES = ['cache_keys', 'claims', 'past_attempts', 'items', 'history'] as const;

/** Deletes rows that belonged to runs which are gone. @returns whether there may be more */
export async function purgeRows(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ id: string }>({ name: 'runs-with-rows', text: 'select id from orchestrator.purged_runs where has_rows order by id limit $1', values: [RUNS] });
  if (rows.length === 0) return false;
  const ids = rows.map((r) => r.id);
  let room = ROWS;
  for (const table of TABLES) {
    const { rowCount } = await client.query({
      name: `purge-rows-${table}`, text: `delete from orchestrator.${table} where ctid = any(array(select ctid from orchestrator.${table} where run_id = any($1::uuid[]) limit $2))`, values: [ids, room],
    });
    room -= rowCount ?? 0;
    if (room <= 0) return true;
  }
  await client.query({ name: 'rows-purged', text: 'update orchestrator.purged_runs set has_rows = false where id = any($1::uuid[])', values: [ids] });
  return true;
}
