import { sql } from 'drizzle-orm';
import { boolean, index, integer, json, primaryKey, smallint, text, uniqueIndex, uuid, type AnyPgColumn } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** Compiled plans by the hash of their JSON text: runs of the same document share one. */
export const plans = orchestrator.table('plans', {
  sha256: text('sha256').primaryKey(),
  plan: json('plan').notNull(),
  /** Renewed by the processes that use it, at least every hour: see PlanTexts. */
  usedAt: at('used_at').notNull().defaultNow(),
}, (t) => [index('plans_by_use').on(t.usedAt)]);

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
  /** A foreign key, so that no run is deleted while another one that repeats it or belongs to it is being stored. */
  parentRunId: uuid('parent_run_id').references((): AnyPgColumn => runs.id),
  /** The item of the parent that the run carries out, for the run of a sub-plan; null for others, re-runs among them. */
  parentStep: smallint('parent_step'),
  parentItem: integer('parent_item'),
  parentAttempt: smallint('parent_attempt'),
  idempotencyKey: text('idempotency_key'),
  /** SHA-256 of the request, so that a reused idempotency key with another request is refused. */
  requestSha256: text('request_sha256').notNull(),
  /** W3C trace context of the request that asked for the run; null when nobody traces it. */
  traceparent: text('traceparent'),
  /** The manifest that people approved; null for a run that needed no approval. */
  manifestSha256: text('manifest_sha256'),
  createdAt: at('created_at').notNull().defaultNow(),
  finishedAt: at('finished_at'),
}, (t) => [
  uniqueIndex('runs_idempotency').on(t.tenantId, t.idempotencyKey).where(sql`idempotency_key is not null`),
  index('runs_by_tenant').on(t.tenantId, t.id),
  index('runs_by_parent').on(t.parentRunId).where(sql`parent_run_id is not null`),
  index('runs_open').on(t.id).where(sql`status in ('running', 'paused')`),
  index('runs_ended').on(t.finishedAt, t.id).where(sql`parent_run_id is null and finished_at is not null`),
  index('runs_by_plan').on(t.planSha256),
  index('runs_by_manifest').on(t.manifestSha256).where(sql`manifest_sha256 is not null`),
]);

/** The hot part of a run: rewritten by every commit that touches it. `state` is the text of state-codec. */
export const runStates = orchestrator.table('run_states', {
  runId: uuid('run_id').primaryKey().references(() => runs.id, { onDelete: 'cascade' }),
  version: integer('version').notNull(),
  state: text('state').notNull(),
  /** Whether nothing new may start: a cancel was asked for or the run's time is over. */
  stopping: boolean('stopping').notNull().default(false),
});

/** The history of runs: what one commit added to one run's history is one row. `entries` is a list of `[type, step, item, data]`, numbered up to `lastSeq`. */
export const history = orchestrator.table('history', {
  runId: uuid('run_id').notNull(),
  lastSeq: integer('last_seq').notNull(),
  entries: json('entries').notNull(),
  at: at('at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.lastSeq] })]);

/** What is kept of a run after it was deleted, and of a proposal that became none: who wanted what, how it ended and what people did. */
export const purgedRuns = orchestrator.table('purged_runs', {
  id: uuid('id').primaryKey(),
  tenantId: text('tenant_id').notNull(),
  actorId: text('actor_id').notNull(),
  name: text('name').notNull(),
  /** Of the run when it was deleted; of a proposal `rejected`, `withdrawn` or `expired`. */
  status: text('status').notNull(),
  parentRunId: uuid('parent_run_id'),
  planSha256: text('plan_sha256'),
  manifestSha256: text('manifest_sha256'),
  /** Not unique: the run of an approved proposal has none of its own. */
  idempotencyKey: text('idempotency_key'),
  requestSha256: text('request_sha256').notNull(),
  createdAt: at('created_at').notNull(),
  finishedAt: at('finished_at'),
  purgedAt: at('purged_at').notNull().defaultNow(),
  /** Votes, resolutions and changes, oldest first: `at`, `actor`, `act`, and what of `step`, `item`, `target`, `comment`, `manifest` and `data` there is. Null where nobody did anything. */
  acts: json('acts'),
  /** Whether rows of its items, attempts and history are still to be deleted. */
  hasRows: boolean('has_rows').notNull(),
}, (t) => [
  index('purged_runs_idempotency').on(t.tenantId, t.idempotencyKey).where(sql`idempotency_key is not null`),
  index('purged_runs_with_rows').on(t.id).where(sql`has_rows`),
  index('purged_runs_by_age').on(t.purgedAt),
]);
