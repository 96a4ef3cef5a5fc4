import { sql } from 'drizzle-orm';
import { boolean, index, json, primaryKey, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, orchestrator } from './orchestrator-schema.js';

/** What approvals of runs are bound to, by the hash of their canonical JSON. */
export const manifests = orchestrator.table('manifests', {
  sha256: text('sha256').primaryKey(),
  manifest: json('manifest').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
});

/** Runs that people must agree to before they exist; `runId` is the id that the run will have. */
export const proposals = orchestrator.table('proposals', {
  runId: uuid('run_id').primaryKey(),
  tenantId: text('tenant_id').notNull(),
  requestedBy: text('requested_by').notNull(),
  /** Actor of the token with which it was proposed: like the one who asked, nobody to be the second person. */
  proposedBy: text('proposed_by').notNull(),
  origin: text('origin').notNull(),
  plan: json('plan').notNull(),
  inputs: json('inputs').notNull(),
  warnings: json('warnings').notNull(),
  /** The preview that was proposed, without its manifest. */
  preview: json('preview').notNull(),
  /** Parent run and what of it is repeated; null where the run is no re-run. */
  rerun: json('rerun'),
  idempotencyKey: text('idempotency_key'),
  requestSha256: text('request_sha256').notNull(),
  traceparent: text('traceparent'),
  /** `waiting` for people, `approved` and to be started, `starting` (it becomes a run whatever happens), `started`, `rejected`, `withdrawn`, `expired`. */
  status: text('status').notNull().default('waiting'),
  /** Host names that the inventory has no more of those that were approved. */
  vanished: text('vanished').array().notNull().default(sql`'{}'`),
  /** Why the last try to start it did not succeed. */
  trouble: text('trouble'),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  /** Until then the process that starts it is left alone. */
  heldUntil: at('held_until').notNull().defaultNow(),
}, (t) => [
  uniqueIndex('proposals_idempotency').on(t.tenantId, t.idempotencyKey).where(sql`idempotency_key is not null`),
  index('proposals_by_tenant').on(t.tenantId, t.runId),
  index('proposals_open').on(t.expiresAt).where(sql`status in ('waiting', 'approved', 'starting')`),
  index('proposals_closed').on(t.expiresAt).where(sql`status in ('rejected', 'withdrawn', 'expired')`),
]);

/** What people are asked of a proposal: part 0 is all of it, later ones are about targets that appeared or changed after an approval. */
export const proposalQuestions = orchestrator.table('proposal_questions', {
  runId: uuid('run_id').notNull().references(() => proposals.runId, { onDelete: 'cascade' }),
  part: smallint('part').notNull(),
  manifestSha256: text('manifest_sha256').notNull().references(() => manifests.sha256),
  risk: json('risk').notNull(),
  minApprovals: smallint('min_approvals').notNull(),
  /** The text that must be typed; null where a click is enough. */
  typedText: text('typed_text'),
  /** Targets that it adds, as shown to people. */
  added: text('added').array().notNull().default(sql`'{}'`),
  /** Targets that are reached otherwise than was approved, with what was and what is to be. */
  changed: json('changed').notNull().default(sql`'[]'`),
  status: text('status').notNull().default('open'),
  createdAt: at('created_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.part] }), index('proposal_questions_by_manifest').on(t.manifestSha256)]);

/** What people did, and of which manifest: everybody decides a question once, and a proposal is withdrawn once. */
export const proposalActs = orchestrator.table('proposal_acts', {
  runId: uuid('run_id').notNull(),
  part: smallint('part').notNull(),
  actorId: text('actor_id').notNull(),
  /** Whether a token proved who it was. */
  isKnown: boolean('is_known').notNull(),
  decision: text('decision').notNull(),
  manifestSha256: text('manifest_sha256').notNull(),
  comment: text('comment'),
  at: at('at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.part, t.actorId, t.decision] })]);

/** Which runs of a tenant wait for people; tenants without a row have the defaults. */
export const approvalPolicies = orchestrator.table('approval_policies', {
  tenantId: text('tenant_id').primaryKey(),
  policy: json('policy').notNull(),
  updatedBy: text('updated_by').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
});
