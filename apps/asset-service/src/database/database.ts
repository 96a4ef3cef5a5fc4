import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type * as schema from './schema.js';

/** The service's database; a transaction has the same type as far as repositories are concerned. */
export type Database = NodePgDatabase<typeof schema>;
export type Executor = Pick<Database, 'select' | 'insert' | 'update' | 'delete' | 'execute'>;

/** Injection token of {@link Database}. */
export const DATABASE = Symbol('asset-service.database');
