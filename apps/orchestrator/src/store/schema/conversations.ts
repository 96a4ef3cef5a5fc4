import { sql } from 'drizzle-orm';
import { index, integer, json, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** What people and the copilot say to each other. `state` is what the copilot keeps between two messages. */
export const conversations = orchestrator.table('conversations', {
  id: uuid('id').primaryKey(),
  tenantId: text('tenant_id').notNull(),
  actorId: text('actor_id').notNull(),
  title: text('title').notNull(),
  state: json('state').notNull(),
  turns: integer('turns').notNull().default(0),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow(),
}, (t) => [index('conversations_by_actor').on(t.tenantId, t.actorId, t.id), index('conversations_by_update').on(t.updatedAt)]);

/** One message and what became of it: see TurnStatus in copilot/turn. Whoever works on a turn holds it until `heldUntil`. */
export const chatTurns = orchestrator.table('chat_turns', {
  conversationId: uuid('conversation_id').notNull().references(() => conversations.id, { onDelete: 'cascade' }),
  turn: integer('turn').notNull(),
  tenantId: text('tenant_id').notNull(),
  actorId: text('actor_id').notNull(),
  /** Whose token asked, and what it allows: who goes on with the turn after a restart may do no more. */
  principal: json('principal').notNull(),
  clientMessageId: text('client_message_id'),
  /** SHA-256 of the message, so that a reused client message id with another message is refused. */
  messageSha256: text('message_sha256').notNull(),
  message: text('message').notNull(),
  status: text('status').notNull(),
  /** What is to be done after the message was read: the plan and how its answer is computed. */
  work: json('work'),
  reply: json('reply'),
  /** The way to the reply, as it was told to those who watched. */
  events: json('events').notNull().default([]),
  generation: json('generation'),
  usage: json('usage'),
  /** The run of the turn, also while it is a proposal only. */
  runId: uuid('run_id'),
  heldUntil: at('held_until').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  endedAt: at('ended_at'),
}, (t) => [
  primaryKey({ columns: [t.conversationId, t.turn] }),
  uniqueIndex('chat_turns_client_message').on(t.tenantId, t.actorId, t.clientMessageId).where(sql`client_message_id is not null`),
  index('chat_turns_open').on(t.heldUntil).where(sql`status <> 'done'`),
  index('chat_turns_generations').on(t.tenantId, t.createdAt),
]);

/** Templates that people added; each version is kept. */
export const templates = orchestrator.table('templates', {
  tenantId: text('tenant_id').notNull(),
  id: text('id').notNull(),
  version: integer('version').notNull(),
  document: json('document').notNull(),
  addedBy: text('added_by').notNull(),
  addedAt: at('added_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.tenantId, t.id, t.version] })]);

/** What people said of a template or of a proposal by its id: `disabled`, `enabled` or `rejected`. */
export const templateStates = orchestrator.table('template_states', {
  tenantId: text('tenant_id').notNull(),
  id: text('id').notNull(),
  state: text('state').notNull(),
  changedBy: text('changed_by').notNull(),
  changedAt: at('changed_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.tenantId, t.id] })]);
