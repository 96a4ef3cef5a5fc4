import { sql } from 'drizzle-orm';
import { bigint, boolean, customType, index, integer, json, pgSchema, primaryKey, smallint, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';

/** Everything the orchestrator owns. No other service reads these tables. */
export const orchestrator = pgSchema('orchestrator');

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const at = (name: string) => timestamp(name, { withTimezone: true });

/** Compiled plans by the hash of their JSON text: runs of the same document share one. */
export const plans = orchestrator.table('plans', {
  sha256: text('sha256').primaryKey(),
  plan: json('plan').notNull(),
});

/** One row a run; written when it starts and when its status changes. */
export const runs = orchestrator.table('runs', {
  id: uuid('id').primaryKey(),
  tenantId: text('tenant_id').notNull(),
  actorId: text('actor_id').notNull(),
  name: text('name').notNull(),
  status: text('status').notNull(),
  /** The compiled plan. No foreign key: each new run would lock the row that all of them share. */
  planSha256: text('plan_sha256').notNull(),
  inputs: json('inputs').notNull(),
  warnings: json('warnings').notNull(),
  parentRunId: uuid('parent_run_id'),
  idempotencyKey: text('idempotency_key'),
  /** SHA-256 of the request, so that a reused idempotency key with another request is refused. */
  requestSha256: text('request_sha256').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  finishedAt: at('finished_at'),
}, (t) => [
  uniqueIndex('runs_idempotency').on(t.tenantId, t.idempotencyKey).where(sql`idempotency_key is not null`),
  index('runs_by_tenant').on(t.tenantId, t.id),
  index('runs_open').on(t.id).where(sql`status in ('running', 'paused')`),
]);

/** The hot part of a run: rewritten by every commit that touches it. `state` is the text of state-codec. */
export const runStates = orchestrator.table('run_states', {
  runId: uuid('run_id').primaryKey().references(() => runs.id, { onDelete: 'cascade' }),
  version: integer('version').notNull(),
  state: text('state').notNull(),
  /** Whether nothing new may start: a cancel was asked for or the run's time is over. */
  stopping: boolean('stopping').notNull().default(false),
});

/** One row an item; `step` is the step's index in the plan. */
export const items = orchestrator.table('items', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  status: text('status').notNull(),
  attempt: smallint('attempt').notNull(),
  target: text('target'),
  inputs: json('inputs'),
  output: json('output'),
  blobSha256: text('blob_sha256'),
  truncated: boolean('truncated').notNull().default(false),
  failure: json('failure'),
  workerId: text('worker_id'),
  queuedAt: at('queued_at'),
  startedAt: at('started_at'),
  finishedAt: at('finished_at'),
  durationMs: integer('duration_ms'),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item] })]);

/** The history of runs: what one commit added to one run's history is one row. `entries` is a list of `[type, step, item, data]`, numbered up to `lastSeq`. */
export const history = orchestrator.table('history', {
  runId: uuid('run_id').notNull(),
  lastSeq: integer('last_seq').notNull(),
  entries: json('entries').notNull(),
  at: at('at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.lastSeq] })]);

/** Attempts that are yet to be put into BullMQ. Until `heldUntil` a row is left to the process that wrote it. */
export const outbox = orchestrator.table('outbox', {
  queue: text('queue').notNull(),
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  attempt: smallint('attempt').notNull(),
  heldUntil: at('held_until').notNull(),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt] })]);

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

/** What wakes a run later, by the database's clock. `step`, `item` and `attempt` are null for the run's own timeout. */
export const timers = orchestrator.table('timers', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  runId: uuid('run_id').notNull(),
  step: smallint('step'),
  item: integer('item'),
  attempt: smallint('attempt'),
  dueAt: at('due_at').notNull(),
}, (t) => [index('timers_due').on(t.dueAt)]);

/** Outputs over 64 KiB and files of tools, by their hash. */
export const blobs = orchestrator.table('blobs', {
  sha256: text('sha256').primaryKey(),
  bytes: bytea('bytes').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
});

/** Files that tools made beside their outputs, for example captures, and the runs they belong to. */
export const runBlobs = orchestrator.table('run_blobs', {
  runId: uuid('run_id').notNull().references(() => runs.id, { onDelete: 'cascade' }),
  sha256: text('sha256').notNull().references(() => blobs.sha256),
  mediaType: text('media_type').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.sha256] }), index('run_blobs_by_sha256').on(t.sha256)]);

/** Stream entries that could not be processed. */
export const deadLetters = orchestrator.table('dead_letters', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  entryId: text('entry_id').notNull(),
  reason: text('reason').notNull(),
  payload: text('payload').notNull(),
  at: at('at').notNull().defaultNow(),
});

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
