import { bigint, integer, json, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** Tokens of models by tenant and day (UTC): those that calls in hand set aside, and those that were used. */
export const modelTokens = orchestrator.table('model_tokens', {
  tenantId: text('tenant_id').notNull(),
  day: text('day').notNull(),
  reserved: bigint('reserved', { mode: 'number' }).notNull().default(0),
  used: bigint('used', { mode: 'number' }).notNull().default(0),
}, (t) => [primaryKey({ columns: [t.tenantId, t.day] })]);

/** What models used for decision steps of runs. */
export const decisionUsage = orchestrator.table('decision_usage', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  attempt: smallint('attempt').notNull(),
  choice: text('choice').notNull(),
  chosenBy: text('chosen_by').notNull(),
  /** Why the default was taken, or what the model gave as its reason. */
  reason: text('reason').notNull(),
  usage: json('usage').notNull(),
  at: at('at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt] })]);
