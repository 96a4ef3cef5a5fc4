import { bigint, doublePrecision, index, integer, json, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** Batches of attempts of one queue that are yet to be put into BullMQ; the arrays are of the same length, one element an attempt. Until `heldUntil` a row is left to the process that wrote it. */
export const outbox = orchestrator.table('outbox', {
  id: uuid('id').primaryKey(),
  queue: text('queue').notNull(),
  heldUntil: at('held_until').notNull(),
  runIds: uuid('run_ids').array().notNull(),
  steps: smallint('steps').array().notNull(),
  items: integer('items').array().notNull(),
  attempts: smallint('attempts').array().notNull(),
});

/** Attempts that need a lock, or leave by a rate limit, before they are put into BullMQ. Until `heldUntil` a row is left to the process that let it pass. */
export const gatedAttempts = orchestrator.table('gated_attempts', {
  queue: text('queue').notNull(),
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  attempt: smallint('attempt').notNull(),
  heldUntil: at('held_until').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt] }), index('gated_attempts_by_time').on(t.heldUntil)]);

/** Locks that attempts hold from being sent until they have ended; one for each key of a tenant. */
export const locks = orchestrator.table('locks', {
  tenantId: text('tenant_id').notNull(),
  key: text('key').notNull(),
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  takenAt: at('taken_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.tenantId, t.key] }), index('locks_by_item').on(t.runId, t.step, t.item)]);

/** Token buckets of rate limits: how many attempts may start at the time `at`. */
export const rates = orchestrator.table('rates', {
  tenantId: text('tenant_id').notNull(),
  key: text('key').notNull(),
  tokens: doublePrecision('tokens').notNull(),
  at: at('at').notNull(),
}, (t) => [primaryKey({ columns: [t.tenantId, t.key] })]);

/** What wakes a run later, by the database's clock: see TimedEvent in engine/timed-event. `step`, `item` and `attempt` are null for what is not about an item. */
export const timers = orchestrator.table('timers', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  runId: uuid('run_id').notNull(),
  step: smallint('step'),
  item: integer('item'),
  attempt: smallint('attempt'),
  kind: text('kind').notNull(),
  /** What the event that the timer becomes needs besides the position. */
  data: json('data'),
  dueAt: at('due_at').notNull(),
}, (t) => [index('timers_due').on(t.dueAt)]);

/** Stream entries that could not be processed. */
export const deadLetters = orchestrator.table('dead_letters', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  entryId: text('entry_id').notNull(),
  reason: text('reason').notNull(),
  payload: text('payload').notNull(),
  at: at('at').notNull().defaultNow(),
});
