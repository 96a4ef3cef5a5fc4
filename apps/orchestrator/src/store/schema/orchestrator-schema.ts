import { customType, pgSchema, timestamp } from 'drizzle-orm/pg-core';

/** Everything the orchestrator owns. No other service reads these tables. */
export const orchestrator = pgSchema('orchestrator');

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
export const at = (name: string) => timestamp(name, { withTimezone: true });
