import { sql } from 'drizzle-orm';
import { integer, json, text, uuid } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** The tool catalogue: the newest declaration of each tool. */
export const tools = orchestrator.table('tools', {
  name: text('name').primaryKey(),
  service: text('service').notNull(),
  queue: text('queue').notNull(),
  declaration: json('declaration').notNull(),
  registeredAt: at('registered_at').notNull().defaultNow(),
});

/** Worker processes and what they said last. */
export const workers = orchestrator.table('workers', {
  id: text('id').primaryKey(),
  service: text('service').notNull(),
  queue: text('queue').notNull(),
  concurrency: integer('concurrency').notNull(),
  /** Attempts that it takes in one job. */
  together: integer('together').notNull().default(1),
  active: text('active').array().notNull().default(sql`'{}'`),
  /** Attempts whose results it should publish again; told with its next heartbeat. */
  resend: text('resend').array().notNull().default(sql`'{}'`),
  registeredAt: at('registered_at').notNull().defaultNow(),
  seenAt: at('seen_at').notNull().defaultNow(),
});

/** Tokens of API callers; only the hash is kept. */
export const apiTokens = orchestrator.table('api_tokens', {
  id: uuid('id').primaryKey(),
  sha256: text('sha256').notNull().unique(),
  name: text('name').notNull(),
  tenantId: text('tenant_id').notNull(),
  actorId: text('actor_id').notNull(),
  scopes: text('scopes').array().notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  revokedAt: at('revoked_at'),
});
