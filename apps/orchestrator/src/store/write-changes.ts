import type { RunState } from '@opsmesh/plan-model';
import { sqlState } from '@opsmesh/platform';
import type { PoolClient } from 'pg';
import type { ChangeSet, Claim, NewApproval, Sweep, TakenItems } from '../engine/change-set.js';
import type { WantedAttempt } from '../engine/outbox.js';
import { RunChangedError } from '../engine/ports.js';
import type { ItemRef } from '../engine/positions.js';
import type { NewRun } from '../engine/run.js';
import type { TimedEvent } from '../engine/timed-event.js';
import { keepPastAttempts } from './past-attempts.js';
import type { PlanText, PlanTexts } from './plan-texts.js';
import { attemptColumns, itemColumns } from './positions.js';
import { keepCacheKeys, tellCached } from './result-cache.js';
import { encodeState } from './state-codec.js';
import { statement } from './statement.js';
import { listUnknown } from './unknown-items.js';

/**
 * For how long a new row of the outbox is left to the process that wrote it, which relays it at once; in milliseconds. Another one takes it after that.
 */
export const HOLD_MS = 2000;

/**
 * Writes a change set inside the caller's transaction. The runs it touches are locked by the caller, or it is ready for the error. Nothing that others may wait for is written before
 * the states of the runs.
 * What nearly every commit has goes in one prepared statement of arrays, so that the cost of a commit hardly depends on its size; the rest only where there is some.
 * @throws RunChangedError when a run's version is not the one the change set was made from
 */
export async function writeChanges(client: PoolClient, changes: ChangeSet, plans: PlanTexts): Promise<void> {
  // Given together, carried out one after the other.
  const statements = [
    ...(changes.newRuns.length > 0 ? insertRuns(client, changes.newRuns, plans) : []),
    ...changes.taken.map((taken) => takeItems(client, taken)),
    ...keepPastAttempts(client, changes),
    ...keepCacheKeys(client, changes.cacheKeys),
    client.query(write(changes)),
    ...listUnknown(client, changes),
    ...(changes.outbox.gated.length > 0 ? [client.query(gate(changes.outbox.gated))] : []),
    ...dropWaveTimers(client, changes.timers),
    ...(changes.timers.length > 0 ? [client.query(setTimers(changes.timers))] : []),
    ...(changes.firedTimers.length > 0 ? [client.query(dropTimers(changes.firedTimers))] : []),
    ...(changes.claims.length > 0 ? [client.query(claim(changes.claims))] : []),
    ...(changes.approvals.length > 0 ? [askPeople(client, changes.approvals)] : []),
    ...tellCached(client, changes.cached),
    ...(changes.unlocked.length > 0 ? [client.query(unlock(changes.unlocked))] : []),
    ...changes.lockChanges.map((change) => changeLocks(client, change)),
    ...changes.sweeps.flatMap((sweep) => sweepItems(client, sweep)),
  ];
  // One that fails makes those after it fail, and only its own error says why; which promise rejects first is left to chance.
  const failed = (await Promise.allSettled<unknown>(statements)).find((s) => s.status === 'rejected');
  if (failed) asRunChanged(failed.reason);
}

function takeItems(client: PoolClient, { from, to, steps }: TakenItems): Promise<unknown> {
  return client.query({
    name: 'take-items',
    text: `insert into orchestrator.items (run_id, step, item, status, attempt, target, lock_key, inputs, output, blob_sha256, truncated, cached_from, failure, worker_id, queued_at, started_at, finished_at, duration_ms)
           select $2, step, item, status, attempt, target, lock_key, inputs, output, blob_sha256, truncated, cached_from, failure, worker_id, queued_at, started_at, finished_at, duration_ms from orchestrator.items where run_id = $1 and step = any($3)`,
    values: [from, to, steps],
  });
}

const unlock = statement<readonly ItemRef[]>('unlock', (given) => `
delete from orchestrator.locks l using ${given.rows((items) => items, itemColumns)} where l.run_id = v.run_id and l.step = v.step and l.item = v.item`);

function askPeople(client: PoolClient, approvals: readonly NewApproval[]): Promise<unknown> {
  return client.query({
    name: 'new-approvals',
    text: `insert into orchestrator.approvals (run_id, step, item, attempt, message, approvers, min_approvals, expires_at)
           select a.run_id, a.step, a.item, a.attempt, a.message, a.approvers, a.min_approvals, now() + a.expires_ms * interval '1 millisecond'
           from jsonb_to_recordset($1::jsonb) as a(run_id uuid, step int, item int, attempt int, message text, approvers text[], min_approvals int, expires_ms float8) on conflict do nothing`,
    values: [JSON.stringify(approvals.map((a) => ({ run_id: a.runId, step: a.step, item: a.item, attempt: a.attempt, message: a.message, approvers: a.approvers, min_approvals: a.minApprovals, expires_ms: a.expiresMs })))],
  });
}

function sweepItems(client: PoolClient, s: Sweep): Promise<unknown>[] {
  return [
    client.query({
      name: 'sweep',
      text: `update orchestrator.items set status = $4, finished_at = now() where run_id = $1 and step = $2 and status = any($3) and (not $5 or attempt = 0)`,
      values: [s.runId, s.step, s.from, s.to, s.untouchedOnly],
    }),
    ...(s.unlocks ? [client.query({
      name: 'sweep-locks',
      text: `delete from orchestrator.locks l using orchestrator.items i where l.run_id = $1 and l.step = $2 and i.run_id = l.run_id and i.step = l.step and i.item = l.item and i.status = $3`,
      values: [s.runId, s.step, s.to],
    })] : []),
  ];
}

/** A step waits for one wave at a time: a pause that was changed begins anew. */
function dropWaveTimers(client: PoolClient, timers: ChangeSet['timers']): Promise<unknown>[] {
  return timers.flatMap(({ runId, event }) => (event.kind === 'wave' ? [client.query({ name: 'drop-wave-timers', text: `delete from orchestrator.timers where run_id = $1 and step = $2 and kind = 'wave'`, values: [runId, event.step] })] : []));
}

function changeLocks(client: PoolClient, { runId, step, locks }: ChangeSet['lockChanges'][number]): Promise<unknown> {
  return client.query({
    name: 'change-locks', text: `update orchestrator.items set lock_key = case when $3 then coalesce(lock_key, target) end where run_id = $1 and step = $2 and status in ('pending', 'queued')`, values: [runId, step, locks],
  });
}

/** SQLSTATE division_by_zero: the statement's way to say that a version was not the expected one. */
const DIVISION_BY_ZERO = '22012';
/** SQLSTATE deadlock_detected: two processes wrote the same runs at once. */
const DEADLOCK = '40P01';

/** For a statement that fails when another process changes the same runs. @throws RunChangedError then, else what it is given */
export function asRunChanged(e: unknown): never {
  const code = sqlState(e);
  if (code === DIVISION_BY_ZERO || code === DEADLOCK) throw new RunChangedError('a run was changed by another process', { cause: e });
  throw e;
}

function insertRuns(client: PoolClient, runs: readonly NewRun[], plans: PlanTexts): Promise<unknown>[] {
  const fresh = plans.unknownOf(runs.map((r) => r.plan));
  return [
    ...(fresh.length > 0 ? [client.query(newPlans(fresh))] : []),
    client.query(newRuns(runs.map((run) => ({ ...run, planSha256: plans.of(run.plan).sha256 })))),
  ];
}

const newPlans = statement<readonly PlanText[]>('new-plans', (given) => `
insert into orchestrator.plans (sha256, plan) select * from ${given.rows((plans) => plans, (column) => ({ sha256: column.word((p) => p.sha256), plan: column.json((p) => p.text) }))}
on conflict (sha256) do update set used_at = now()`);

interface StoredRun extends NewRun { readonly planSha256: string }

const newRuns = statement<readonly StoredRun[]>('new-runs', (given) => `
with made as (
  insert into orchestrator.runs (id, tenant_id, actor_id, name, status, plan_sha256, inputs, warnings, parent_run_id, idempotency_key, request_sha256, parent_step, parent_item, parent_attempt, traceparent, manifest_sha256)
  select v.id, v.tenant, v.actor, v.name, 'running', v.plan, v.inputs, v.warnings, v.parent, v.key, v.request, v.p_step, v.p_item, v.p_attempt, v.trace, v.manifest
  from ${given.rows((runs) => runs, (column) => ({
    id: column.uuid((r) => r.id), tenant: column.text((r) => r.tenantId), actor: column.text((r) => r.actorId), name: column.text((r) => r.plan.name),
    plan: column.word((r) => r.planSha256), inputs: column.json((r) => JSON.stringify(r.inputs)), warnings: column.json((r) => JSON.stringify(r.warnings)),
    parent: column.uuid((r) => r.parentRunId), key: column.text((r) => r.idempotencyKey), request: column.text((r) => r.requestSha256),
    p_step: column.int((r) => r.parentAttempt?.step ?? null), p_item: column.int((r) => r.parentAttempt?.item ?? null), p_attempt: column.int((r) => r.parentAttempt?.attempt ?? null),
    trace: column.text((r) => r.traceparent ?? null), manifest: column.word((r) => r.manifestSha256 ?? null),
  }))} returning id
)
insert into orchestrator.run_states (run_id, version, state) select id, 0, '' from made`);

/** What of a timer has no column of its own. */
function timerData(event: TimedEvent): string | null {
  if (event.kind === 'wave') return JSON.stringify({ wave: event.wave });
  if (event.kind === 'finish') return JSON.stringify({ ending: event.ending });
  if (event.kind === 'settle') return JSON.stringify({ settlement: event.settlement });
  return event.kind === 'command' ? JSON.stringify({ command: event.command }) : null;
}

/** Deletes batches that were sent. What another relay has taken since then, because it was held no longer, is left to that one. */
const sentDeletion = (batches: string): string => `delete from orchestrator.outbox o where o.ctid = any(array(
    select m.ctid from orchestrator.outbox m join ${batches} on m.id = v.id for update of m skip locked))`;

/** Given the ids of batches. */
export const deleteSent = statement<readonly string[]>('sent', (given) => sentDeletion(given.rows((ids) => ids, (column) => ({ id: column.uuid((id) => id) }))));

const gate = statement<readonly WantedAttempt[]>('gate', (given) => `
insert into orchestrator.gated_attempts (run_id, step, item, attempt, queue)
select * from ${given.rows((attempts) => attempts, (column) => ({ ...attemptColumns(column), queue: column.word((a) => a.queue) }))} on conflict do nothing`);

const setTimers = statement<ChangeSet['timers']>('set-timers', (given) => `
insert into orchestrator.timers (run_id, step, item, attempt, due_at, kind, data)
select v.run_id, v.step, v.item, v.attempt, now() + v.delay_ms * interval '1 millisecond', v.kind, v.data
from ${given.rows((rows) => rows, (column) => ({
  run_id: column.uuid((t) => t.runId), step: column.int(({ event }) => ('step' in event ? event.step : null)), item: column.int(({ event }) => ('item' in event ? event.item : null)), attempt: column.int(({ event }) => ('attempt' in event ? event.attempt : null)),
  delay_ms: column.float((t) => t.delayMs), kind: column.word((t) => t.event.kind), data: column.json((t) => timerData(t.event)),
}))}`);

const dropTimers = statement<readonly number[]>('drop-timers', (given) => `
delete from orchestrator.timers t using ${given.rows((rows) => rows, (column) => ({ id: column.bigint((id) => id) }))} where t.id = v.id`);

const claim = statement<readonly Claim[]>('claim', (given) => `
insert into orchestrator.claims (run_id, step, item, attempt, worker_id, key_thumbprint, credential_id)
select * from ${given.rows((rows) => rows, (column) => ({ ...attemptColumns(column), worker: column.text((k) => k.workerId), key: column.text((k) => k.keyThumbprint), credential: column.text((k) => k.credentialId) }))} on conflict do nothing`);

const jsonOf = (value: unknown): string | null => (value === null || value === undefined ? null : JSON.stringify(value));

/** In one order, so that two processes that write the same runs wait for each other. */
const inOrder = (c: ChangeSet): [string, { readonly state: RunState; readonly version: number }][] => [...c.states.entries()].sort(([a], [b]) => (a < b ? -1 : 1));

const write = statement<ChangeSet>('write-changes', (given) => `
with states as (
  update orchestrator.run_states s set state = v.state, stopping = v.stopping, version = s.version + 1
  from ${given.rows(inOrder, (column) => ({
    id: column.uuid(([id]) => id), version: column.int(([, s]) => s.version), state: column.jsonText(([, s]) => encodeState(s.state)), stopping: column.bool(([, s]) => s.state.stopping !== null),
  }))}
  where s.run_id = v.id and s.version = v.version returning 1
), ended as (
  update orchestrator.runs r set status = v.status, finished_at = case when v.status in ('running', 'paused') then null else coalesce(r.finished_at, now()) end
  from ${given.rows((c) => [...c.statuses], (column) => ({ id: column.uuid(([id]) => id), status: column.word(([, status]) => status) }))} where r.id = v.id and r.status <> v.status
), new_items as (
  insert into orchestrator.items (run_id, step, item, status, attempt, target, lock_key, inputs, failure, queued_at, started_at, finished_at)
  select v.run_id, v.step, v.item, v.status, v.attempt, v.target, v.lock_key, v.inputs, v.failure, case when v.status = 'queued' then now() end, case when v.status = 'running' then now() end, case when v.status not in ('queued', 'pending', 'running') then now() end
  from ${given.rows((c) => [...c.newItems.values()], (column) => ({
    ...attemptColumns(column), status: column.word((i) => i.status), target: column.text((i) => i.target), lock_key: column.text((i) => i.lockKey),
    inputs: column.json((i) => i.inputs), failure: column.json((i) => jsonOf(i.failure)),
  }))}
), updated as (
  update orchestrator.items i set status = v.status, attempt = v.attempt, failure = v.failure, output = v.output, blob_sha256 = v.blob, truncated = v.truncated,
         worker_id = coalesce(v.worker, i.worker_id), duration_ms = v.duration,
         queued_at = case when v.status = 'queued' then now() else i.queued_at end,
         started_at = case when v.status = 'running' then now() when v.status = 'queued' then null else i.started_at end,
         finished_at = case when v.status in ('queued', 'running', 'pending') then null when i.status = 'unknown' then i.finished_at else now() end
  from ${given.rows((c) => [...c.itemUpdates.values()], (column) => ({
    ...attemptColumns(column), status: column.word((i) => i.status), failure: column.json((i) => jsonOf(i.failure)),
    output: column.json((i) => i.output?.json ?? null), blob: column.word((i) => i.output?.blobSha256 ?? null), truncated: column.bool((i) => i.output?.truncated ?? false),
    worker: column.text((i) => i.workerId), duration: column.int((i) => i.durationMs),
  }))}
  where i.run_id = v.run_id and i.step = v.step and i.item = v.item
), enqueued as (
  insert into orchestrator.outbox (id, queue, held_until, run_ids, steps, items, attempts)
  select v.id, v.queue, now() + interval '${HOLD_MS} milliseconds', v.run_ids::uuid[], v.steps::smallint[], v.items::int[], v.attempts::smallint[]
  from ${given.rows((c) => c.outbox.batches, (column) => ({
    id: column.uuid((b) => b.id), queue: column.word((b) => b.queue),
    run_ids: column.list((b) => b.attempts.map((a) => a.runId)), steps: column.list((b) => b.attempts.map((a) => a.step)), items: column.list((b) => b.attempts.map((a) => a.item)), attempts: column.list((b) => b.attempts.map((a) => a.attempt)),
  }))}
), grown as (
  insert into orchestrator.history (run_id, last_seq, entries)
  select * from ${given.rows((c) => [...c.history], (column) => ({
    run_id: column.uuid(([id]) => id), last_seq: column.int(([, entries]) => entries.at(-1)!.seq), entries: column.json(([, entries]) => JSON.stringify(entries.map((h) => [h.type, h.step, h.item, h.data]))),
  }))}
), cleared as (
  ${sentDeletion(given.rows((c) => c.sent, (column) => ({ id: column.uuid((id) => id) })))}
)
select 1 / ((select count(*) from states) = ${given.value((c) => c.states.size)} and not exists (
  select from ${given.rows((c) => c.unchanged, (column) => ({ id: column.uuid((u) => u.id), version: column.int((u) => u.version) }))} join orchestrator.run_states s on s.run_id = v.id and s.version <> v.version
))::int as "versions are as expected"`);
