import type pg from 'pg';

/**
 * Runs `work` in one transaction (READ COMMITTED) on one connection: committed when it returns, rolled back when it throws.
 * A connection on which not even the rollback worked is thrown away.
 */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    // Not awaited: on one connection statements are carried out in order, so the first of `work` may leave together with it.
    const begun = client.query('begin');
    begun.catch(() => undefined);
    const result = await work(client);
    await begun;
    await client.query('commit');
    return result;
  } catch (e) {
    await client.query('rollback').catch(() => { broken = true; });
    throw e;
  } finally {
    client.release(broken);
  }
}
