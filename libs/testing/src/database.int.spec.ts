import pg from 'pg';
import { createTestDatabase } from './database.js';

it('makes a database of its own and removes it, even when somebody is connected', async () => {
  const db = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  const client = new pg.Client({ connectionString: db.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create table t (a int)');
  await db.drop();
  const again = new pg.Client({ connectionString: db.url });
  await expect(again.connect()).rejects.toThrow(/does not exist/);
  await client.end().catch(() => undefined);
});
