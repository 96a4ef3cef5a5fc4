import type { Pool, PoolClient } from 'pg';

/** Takes a statement that nothing of the work waits for. It leaves together with the commit; when it fails, nothing is committed and its error is thrown. */
export type Last = (statement: Promise<unknown>) => void;

/**
 * Runs `work` in one transaction (READ COMMITTED) on one connection: committed when it returns, rolled back when it throws.
 * A connection on which not even the rollback worked is thrown away.
 */
export async function transaction<T>(pool: Pool, work: (client: PoolClient, last: Last) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  const open: Promise<unknown>[] = [];
  // On one connection statements are carried out in order, so that those that are not awaited leave together with what follows.
  const give = (statement: Promise<unknown>): void => {
    statement.catch(() => undefined);
    open.push(statement);
  };
  try {
    give(client.query('begin'));
    const result = await work(client, give);
    // After a statement that failed, this is a rollback without an error: the statement's own error is thrown below.
    give(client.query('commit'));
    for (const statement of open) await statement;
    return result;
  } catch (e) {
    await client.query('rollback').catch(() => { broken = true; });
    throw e;
  } finally {
    client.release(broken);
  }
}
