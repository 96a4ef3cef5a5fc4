import { sql } from 'drizzle-orm';
import { bigint, boolean, customType, doublePrecision, index, integer, json, pgSchema, primaryKey, smallint, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';

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
  /** Key of the lock that an attempt needs, where the plan gives one; else the target is it. */
  lockKey: text('lock_key'),
  inputs: json('inputs'),
  output: json('output'),
  blobSha256: text('blob_sha256'),
  truncated: boolean('truncated').notNull().default(false),
  /** The item whose output answers for this one: see CachedFromView in the contracts. Null: it is its own. */
  cachedFrom: json('cached_from'),
  failure: json('failure'),
  workerId: text('worker_id'),
  queuedAt: at('queued_at'),
  startedAt: at('started_at'),
  finishedAt: at('finished_at'),
  durationMs: integer('duration_ms'),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item] })]);

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

/** Attempts that another one followed. The newest of each item is in `items`. */
export const pastAttempts = orchestrator.table('past_attempts', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  attempt: smallint('attempt').notNull(),
  status: text('status').notNull(),
  output: json('output'),
  blobSha256: text('blob_sha256'),
  truncated: boolean('truncated').notNull().default(false),
  failure: json('failure'),
  workerId: text('worker_id'),
  queuedAt: at('queued_at'),
  startedAt: at('started_at'),
  finishedAt: at('finished_at'),
  durationMs: integer('duration_ms'),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt] })]);

/** Items whose outcome nobody knows, as long as nobody does. */
export const unknownItems = orchestrator.table('unknown_items', {
  runId: uuid('run_id').notNull(),
  step: smallint('step').notNull(),
  item: integer('item').notNull(),
  since: at('since').notNull().defaultNow(),
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
  /** It needs a lock, or leave by a rate limit, before it is sent. */
  gated: boolean('gated').notNull().default(false),
}, (t) => [primaryKey({ columns: [t.runId, t.step, t.item, t.attempt] }), index('outbox_gated').on(t.heldUntil).where(sql`gated`)]);

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

/** What wakes a run later, by the database's clock: see TimerKind in engine/change-set. `step`, `item` and `attempt` are null for what is not about an item. */
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
}, (t) => [index('conversations_by_actor').on(t.tenantId, t.actorId, t.id)]);

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
]);

/** What people are asked of a proposal: part 0 is all of it, later ones are about targets that appeared after an approval. */
export const proposalQuestions = orchestrator.table('proposal_questions', {
  runId: uuid('run_id').notNull().references(() => proposals.runId, { onDelete: 'cascade' }),
  part: smallint('part').notNull(),
  manifestSha256: text('manifest_sha256').notNull(),
  risk: json('risk').notNull(),
  minApprovals: smallint('min_approvals').notNull(),
  /** The text that must be typed; null where a click is enough. */
  typedText: text('typed_text'),
  /** Targets that it adds, as shown to people. */
  added: text('added').array().notNull().default(sql`'{}'`),
  status: text('status').notNull().default('open'),
  createdAt: at('created_at').notNull().defaultNow(),
}, (t) => [primaryKey({ columns: [t.runId, t.part] })]);

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
