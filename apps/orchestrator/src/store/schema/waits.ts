import { bigint, index, integer, json, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** Questions to people. Each is the attempt of an item and is open as long as that item runs. */
export const approvals = orchestrator.table('approvals', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  attempt: smallint('attempt').notNull(),
  message: text('message').notNull(),
  /** Who may decide, by actor; everybody whose token allows it when empty. */
  approvers: text('approvers').array().notNull(),
  minApprovals: smallint('min_approvals').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt] })]);

/** What people decided; everybody decides once. */
export const approvalActs = orchestrator.table('approval_acts', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  attempt: smallint('attempt').notNull(),
  actorId: text('actor_id').notNull(),
  decision: text('decision').notNull(),
  comment: text('comment'),
  at: at('at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt, t.actorId] })]);

/** Signals that came before a step waited for them. */
export const signals = orchestrator.table('signals', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  runId: uuid('run_id').notNull(),
  name: text('name').notNull(),
  payload: json('payload'),
  at: at('at').notNull().defaultNow(),
}, (t) => [index('signals_by_run').on(t.runId, t.name)]);
