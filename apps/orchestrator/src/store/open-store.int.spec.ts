import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import { Pool } from 'pg';
import { fanOut, runOf } from '../testing/documents.js';
import { newEngine, openRecord, outboxOf } from '../testing/rig.js';
import { claimed, create, failed, succeeded } from '../testing/submissions.js';

let server: TestDatabase; let admin: Pool;
beforeEach(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  admin = new Pool({ connectionString: server.url, max: 1 });
});
afterEach(async () => {
  await admin.end();
  await server.drop();
});

interface Scans { readonly sequential: number; readonly byIndex: number }

/** How often tables were read since they exist. A connection gives its figures when it ends at the latest, so all others are waited for. */
async function scans(): Promise<Map<string, Scans>> {
  await waitFor(async () => (await admin.query(`select from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`)).rowCount === 0, { what: 'the connections to end' });
  const { rows } = await admin.query<{ relname: string; seq_scan: string; idx_scan: string | null }>(`select relname, seq_scan, idx_scan from pg_stat_user_tables where schemaname = 'orchestrator'`);
  return new Map(rows.map((r) => [r.relname, { sequential: Number(r.seq_scan), byIndex: Number(r.idx_scan) }]));
}

it('commits find their rows by index from the first one on, in tables of which nothing is known yet', async () => {
  await (await openRecord(server.url)).close();
  const before = await scans();
  const database = await openRecord(server.url);
  // Caches are of no use to the second one: it reads every run and item that it changes.
  const [first, second] = [newEngine(database.pool).engine, newEngine(database.pool).engine];
  await first.submit(Array.from({ length: 5 }, () => create(runOf(fanOut('probe', 40, { retry: { maxAttempts: 2 } })))));
  const attempts = await outboxOf(admin);
  for (const [i, attempt] of attempts.entries()) {
    await (i % 2 ? first : second).submit([claimed(attempt)]);
    await (i % 3 ? first : second).submit([i % 4 ? succeeded(attempt, { text: 'up' }) : failed(attempt, 'unreachable')]);
  }
  await database.close();
  const after = await scans();
  for (const table of ['items', 'run_states']) {
    expect({ table, sequential: after.get(table)!.sequential - before.get(table)!.sequential }).toEqual({ table, sequential: 0 });
    expect(after.get(table)!.byIndex).toBeGreaterThan(before.get(table)!.byIndex);
  }
});
