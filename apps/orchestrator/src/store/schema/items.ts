import { sql } from 'drizzle-orm';
import { boolean, index, integer, json, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** One attempt of an item and what became of it; `step` is the step's index in the plan. */
const attempted = {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  status: text('status').notNull(),
  attempt: smallint('attempt').notNull(),
  output: json('output'),
  blobSha256: text('blob_sha256'),
  truncated: boolean('truncated').notNull().default(false),
  failure: json('failure'),
  workerId: text('worker_id'),
  queuedAt: at('queued_at'),
  startedAt: at('started_at'),
  finishedAt: at('finished_at'),
  durationMs: integer('duration_ms'),
};

/** One row an item, with its newest attempt. */
export const items = orchestrator.table('items', {
  ...attempted,
  target: text('target'),
  /** Key of the lock that an attempt needs, where the plan gives one; else the target is it. */
  lockKey: text('lock_key'),
  inputs: json('inputs'),
  /** The item whose output answers for this one: see CachedFromView in the contracts. Null: it is its own. */
  cachedFrom: json('cached_from'),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item] }), index('items_by_blob').on(t.blobSha256).where(sql`blob_sha256 is not null`)]);

/** Attempts that another one followed. The newest of each item is in `items`. */
export const pastAttempts = orchestrator.table('past_attempts', attempted, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt] }), index('past_attempts_by_blob').on(t.blobSha256).where(sql`blob_sha256 is not null`)]);

/** What the outputs of items are answers to: items with the same key are the same call. Kept as long as an output may answer. */
export const cacheKeys = orchestrator.table('cache_keys', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  /** SHA-256 of tenant, tool, version and inputs, hex. */
  key: text('key').notNull(),
  /** For how long after the item's end, in milliseconds. */
  ttlMs: integer('ttl_ms').notNull(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item] }), index('cache_keys_by_key').on(t.key)]);

/** Items whose outcome nobody knows, as long as nobody does. */
export const unknownItems = orchestrator.table('unknown_items', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  since: at('since').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item] })]);

/** Attempts that a worker may carry out. */
export const claims = orchestrator.table('claims', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  attempt: smallint('attempt').notNull(),
  workerId: text('worker_id').notNull(),
  keyThumbprint: text('key_thumbprint').notNull(),
  credentialId: text('credential_id'),
  claimedAt: at('claimed_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt, t.keyThumbprint] }), index('claims_by_worker').on(t.workerId)]);
