import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';

/**
 * Runs the migrations that the schema lacks. Drizzle's migrator takes no lock, so an advisory one lets only one process at a time do this.
 * The schema exists before the first migration runs: one that makes it must say `CREATE SCHEMA IF NOT EXISTS`. Names without a schema mean this one.
 */
export async function migrateSchema(client: pg.Client, { schema, migrationsFolder }: { schema: string; migrationsFolder: string }): Promise<void> {
  const lock = `opsmesh migrations ${schema}`;
  await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [lock]);
  try {
    await migrate(drizzle(client), { migrationsFolder, migrationsSchema: schema, migrationsTable: 'migrations' });
  } finally {
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [lock]);
  }
}
