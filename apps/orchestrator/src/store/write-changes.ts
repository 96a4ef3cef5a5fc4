import type { PoolClient } from 'pg';
import type { AttemptRef, ChangeSet, NewApproval, NewRun, Sweep, TakenItems } from '../engine/change-set.js';
import { RunChangedError, type ItemRef } from '../engine/ports.js';
import type { TimedEvent } from '../engine/timed-event.js';
import { plainArray, split, textArray } from './arrays.js';
import { keepPastAttempts } from './past-attempts.js';
import type { PlanTexts } from './plan-texts.js';
import { keepCacheKeys, tellCached } from './result-cache.js';
import { encodeState } from './state-codec.js';
import { listUnknown } from './unknown-items.js';

/**
 * For how long a new outbox row is left to the process that wrote it, which relays it at once; in milliseconds. Another one takes it after that.
 */
export const HOLD_MS = 2000;

/**
 * Writes a change set inside the caller's transaction. The runs it touches are locked by the caller, or it is ready for the error.
 * Everything but new runs and sweeps goes in one prepared statement of arrays, so that the cost of a commit hardly depends on its size.
 * @throws RunChangedError when a run's version is not the one the change set was made from
 */
export async function writeChanges(client: PoolClient, changes: ChangeSet, plans: PlanTexts): Promise<void> {
  // Given together, carried out one after the other.
  const statements = [
    ...(changes.newRuns.length > 0 ? insertRuns(client, changes.newRuns, plans) : []),
    ...changes.taken.map((taken) => takeItems(client, taken)),
    ...keepPastAttempts(client, changes.itemUpdates.values()),
    ...listUnknown(client, changes),
    ...keepCacheKeys(client, changes.cacheKeys),
    client.query({ name: 'write-changes', text: WRITE, values: parameters(changes) }).catch(asRunChanged),
    ...(changes.approvals.length > 0 ? [askPeople(client, changes.approvals)] : []),
    ...tellCached(client, changes.cached),
    ...(changes.unlocked.length > 0 ? [unlock(client, changes.unlocked)] : []),
    ...changes.sweeps.flatMap((sweep) => sweepItems(client, sweep)),
  ];
  // One that fails makes those after it fail, and only its own error says why; which promise rejects first is left to chance.
  const failed = (await Promise.allSettled<unknown>(statements)).find((s) => s.status === 'rejected');
  if (failed) throw failed.reason;
}

function takeItems(client: PoolClient, { from, to, steps }: TakenItems): Promise<unknown> {
  return client.query({
    name: 'take-items',
    text: `insert into orchestrator.items (run_id, step, item, status, attempt, target, lock_key, inputs, output, blob_sha256, truncated, cached_from, failure, worker_id, queued_at, started_at, finished_at, duration_ms)
           select $2, step, item, status, attempt, target, lock_key, inputs, output, blob_sha256, truncated, cached_from, failure, worker_id, queued_at, started_at, finished_at, duration_ms from orchestrator.items where run_id = $1 and step = any($3)`,
    values: [from, to, steps],
  });
}

function unlock(client: PoolClient, items: readonly ItemRef[]): Promise<unknown> {
  return client.query({
    name: 'unlock',
    text: 'delete from orchestrator.locks l using unnest($1::uuid[], $2::int[], $3::int[]) as v(run_id, step, item) where l.run_id = v.run_id and l.step = v.step and l.item = v.item',
    values: [plainArray(items.map((i) => i.runId)), plainArray(items.map((i) => i.step)), plainArray(items.map((i) => i.item))],
  });
}

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
    client.query({
      name: 'sweep-outbox',
      text: `delete from orchestrator.outbox o using orchestrator.items i where o.run_id = $1 and o.step = $2 and i.run_id = o.run_id and i.step = o.step and i.item = o.item and i.status = $3`,
      values: [s.runId, s.step, s.to],
    }),
    ...(s.unlocks ? [client.query({
      name: 'sweep-locks',
      text: `delete from orchestrator.locks l using orchestrator.items i where l.run_id = $1 and l.step = $2 and i.run_id = l.run_id and i.step = l.step and i.item = l.item and i.status = $3`,
      values: [s.runId, s.step, s.to],
    })] : []),
  ];
}

/** SQLSTATE division_by_zero: the statement's way to say that a version was not the expected one. */
const DIVISION_BY_ZERO = '22012';
/** SQLSTATE deadlock_detected: two processes wrote the same runs at once. */
const DEADLOCK = '40P01';

/** For a statement that fails when another process changes the same runs. @throws RunChangedError then, else what it is given */
export function asRunChanged(e: unknown): never {
  const code = e instanceof Error && 'code' in e ? e.code : undefined;
  if (code === DIVISION_BY_ZERO || code === DEADLOCK) throw new RunChangedError('a run was changed by another process', { cause: e });
  throw e;
}

function insertRuns(client: PoolClient, runs: readonly NewRun[], plans: PlanTexts): Promise<unknown>[] {
  const fresh = plans.unknownOf(runs.map((r) => r.plan));
  return [
    ...(fresh.length > 0 ? [client.query({ name: 'new-plans', text: 'insert into orchestrator.plans (sha256, plan) select * from unnest($1::text[], $2::json[]) on conflict do nothing', values: [fresh.map((p) => p.sha256), fresh.map((p) => p.text)] })] : []),
    client.query({
      name: 'new-runs',
      text: `with made as (
             insert into orchestrator.runs (id, tenant_id, actor_id, name, status, plan_sha256, inputs, warnings, parent_run_id, idempotency_key, request_sha256, parent_step, parent_item, parent_attempt, traceparent, manifest_sha256)
             select v.id, v.tenant, v.actor, v.name, 'running', v.plan, v.inputs::json, v.warnings::json, v.parent, v.key, v.sha256, v.p_step, v.p_item, v.p_attempt, v.trace, v.manifest
             from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::text[], $10::text[], $11::int[], $12::int[], $13::int[], $14::text[], $15::text[]) as v(id, tenant, actor, name, plan, inputs, warnings, parent, key, sha256, p_step, p_item, p_attempt, trace, manifest)
           )
           insert into orchestrator.run_states (run_id, version, state) select id, 0, '' from unnest($1::uuid[]) as v(id)`,
      values: [
        runs.map((r) => r.id), runs.map((r) => r.tenantId), runs.map((r) => r.actorId), runs.map((r) => r.plan.name), runs.map((r) => plans.of(r.plan).sha256), runs.map((r) => JSON.stringify(r.inputs)),
        runs.map((r) => JSON.stringify(r.warnings)), runs.map((r) => r.parentRunId), runs.map((r) => r.idempotencyKey), runs.map((r) => r.requestSha256),
        runs.map((r) => r.parentAttempt?.step ?? null), runs.map((r) => r.parentAttempt?.item ?? null), runs.map((r) => r.parentAttempt?.attempt ?? null), runs.map((r) => r.traceparent ?? null), runs.map((r) => r.manifestSha256 ?? null),
      ],
    }),
  ];
}

/** What of a timer has no column of its own. */
function timerData(event: TimedEvent): string | null {
  if (event.kind === 'wave') return JSON.stringify({ wave: event.wave });
  if (event.kind === 'finish') return JSON.stringify({ ending: event.ending });
  if (event.kind === 'settle') return JSON.stringify({ settlement: event.settlement });
  return event.kind === 'command' ? JSON.stringify({ command: event.command }) : null;
}

/** `$n` of a JSON text array. */
const json = (n: number): string => split(`$${n}::text`);

/** Deletes the outbox rows of attempts given by {@link attemptColumns} from `$first` on. A cancel may be deleting the same rows: what it has locked is left to it. */
const deleteSent = (first: number): string => `delete from orchestrator.outbox o where o.ctid = any(array(
    select m.ctid from orchestrator.outbox m join unnest($${first}::uuid[], $${first + 1}::int[], $${first + 2}::int[], $${first + 3}::int[]) as v(run_id, step, item, attempt)
      on m.run_id = v.run_id and m.step = v.step and m.item = v.item and m.attempt = v.attempt for update of m skip locked))`;

export const DELETE_SENT = deleteSent(1);

/** Positions of attempts as four array parameters. */
export function attemptColumns(attempts: readonly AttemptRef[]): string[] {
  return [plainArray(attempts.map((a) => a.runId)), plainArray(attempts.map((a) => a.step)), plainArray(attempts.map((a) => a.item)), plainArray(attempts.map((a) => a.attempt))];
}

const WRITE = `
with states as (
  update orchestrator.run_states s set state = v.state, stopping = v.stopping, version = s.version + 1
  from unnest($1::uuid[], $2::int[], ${json(3)}, $4::bool[]) as v(id, version, state, stopping)
  where s.run_id = v.id and s.version = v.version returning 1
), ended as (
  update orchestrator.runs r set status = v.status, finished_at = case when v.status in ('running', 'paused') then null else coalesce(r.finished_at, now()) end
  from unnest($47::uuid[], $5::text[]) as v(id, status) where r.id = v.id and r.status <> v.status
), new_items as (
  insert into orchestrator.items (run_id, step, item, status, attempt, target, lock_key, inputs, failure, queued_at, started_at, finished_at)
  select v.run_id, v.step, v.item, v.status, v.attempt, v.target, v.lock_key, v.inputs::json, v.failure::json, case when v.status = 'queued' then now() end, case when v.status = 'running' then now() end, case when v.status not in ('queued', 'pending', 'running') then now() end
  from unnest($6::uuid[], $7::int[], $8::int[], $9::text[], $10::int[], $11::text[], ${json(12)}, ${json(13)}, $57::text[]) as v(run_id, step, item, status, attempt, target, inputs, failure, lock_key)
), updated as (
  update orchestrator.items i set status = v.status, attempt = v.attempt, failure = v.failure::json, output = v.output::json, blob_sha256 = v.blob, truncated = v.truncated,
         worker_id = coalesce(v.worker, i.worker_id), duration_ms = v.duration,
         queued_at = case when v.status = 'queued' then now() else i.queued_at end,
         started_at = case when v.status = 'running' then now() when v.status = 'queued' then null else i.started_at end,
         finished_at = case when v.status in ('queued', 'running', 'pending') then null when i.status = 'unknown' then i.finished_at else now() end
  from unnest($14::uuid[], $15::int[], $16::int[], $17::text[], $18::int[], ${json(19)}, ${json(20)}, $21::text[], $22::bool[], $23::text[], $24::int[])
       as v(run_id, step, item, status, attempt, failure, output, blob, truncated, worker, duration)
  where i.run_id = v.run_id and i.step = v.step and i.item = v.item
), enqueued as (
  insert into orchestrator.outbox (queue, run_id, step, item, attempt, held_until, gated)
  select v.queue, v.run_id, v.step, v.item, v.attempt, case when v.held then now() + interval '${HOLD_MS} milliseconds' else now() end, v.gated
  from unnest($25::text[], $26::uuid[], $27::int[], $28::int[], $29::int[], $30::bool[], $58::bool[]) as v(queue, run_id, step, item, attempt, held, gated) on conflict do nothing
), grown as (
  insert into orchestrator.history (run_id, last_seq, entries)
  select v.run_id, v.last_seq, v.entries::json from unnest($31::uuid[], $32::int[], ${json(33)}) as v(run_id, last_seq, entries)
), set_timers as (
  insert into orchestrator.timers (run_id, step, item, attempt, due_at, kind, data)
  select v.run_id, v.step, v.item, v.attempt, now() + v.delay_ms * interval '1 millisecond', v.kind, v.data::json
  from unnest($34::uuid[], $35::int[], $36::int[], $37::int[], $38::float8[], $55::text[], ${json(56)}) as v(run_id, step, item, attempt, delay_ms, kind, data)
), fired as (
  delete from orchestrator.timers where id = any($39::bigint[])
), claimed as (
  insert into orchestrator.claims (run_id, step, item, attempt, worker_id, key_thumbprint, credential_id)
  select * from unnest($40::uuid[], $41::int[], $42::int[], $43::int[], $44::text[], $45::text[], $46::text[]) on conflict do nothing
), cleared as (
  ${deleteSent(49)}
)
select 1 / ((select count(*) from states) = $48 and not exists (
  select from unnest($53::uuid[], $54::int[]) as v(id, version) join orchestrator.run_states s on s.run_id = v.id and s.version <> v.version
))::int as "versions are as expected"`;

/** One array a column, in the order of the statement's parameters. Texts that people or hosts wrote are left to the driver to escape. */
function parameters(c: ChangeSet): unknown[] {
  // In one order, so that two processes that write the same runs wait for each other.
  const states = [...c.states.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const fresh = [...c.newItems.values()];
  const updates = [...c.itemUpdates.values()];
  const grown = [...c.history.entries()];
  const text = (v: unknown): string | null => (v === null || v === undefined ? null : JSON.stringify(v));
  const plain = <T>(rows: readonly T[], column: (row: T) => string | number | boolean | null): string => plainArray(rows.map(column));
  return [
    plain(states, ([id]) => id), plain(states, ([, s]) => s.version), textArray(states.map(([, s]) => encodeState(s.state))), plain(states, ([, s]) => s.state.stopping !== null), plainArray([...c.statuses.values()]),
    plain(fresh, (i) => i.runId), plain(fresh, (i) => i.step), plain(fresh, (i) => i.item), plain(fresh, (i) => i.status), plain(fresh, (i) => i.attempt),
    fresh.map((i) => i.target), textArray(fresh.map((i) => i.inputs)), textArray(fresh.map((i) => text(i.failure))),
    plain(updates, (i) => i.runId), plain(updates, (i) => i.step), plain(updates, (i) => i.item), plain(updates, (i) => i.status), plain(updates, (i) => i.attempt), textArray(updates.map((i) => text(i.failure))),
    textArray(updates.map((i) => i.output?.json ?? null)), plain(updates, (i) => i.output?.blobSha256 ?? null), plain(updates, (i) => i.output?.truncated ?? false), updates.map((i) => i.workerId), plain(updates, (i) => i.durationMs),
    plain(c.outbox, (o) => o.queue), plain(c.outbox, (o) => o.runId), plain(c.outbox, (o) => o.step), plain(c.outbox, (o) => o.item), plain(c.outbox, (o) => o.attempt), plain(c.outbox, (o) => o.inputs !== undefined),
    plain(grown, ([id]) => id), plain(grown, ([, entries]) => entries.at(-1)!.seq), textArray(grown.map(([, entries]) => JSON.stringify(entries.map((h) => [h.type, h.step, h.item, h.data])))),
    plain(c.timers, (t) => t.runId), plain(c.timers, ({ event }) => ('step' in event ? event.step : null)), plain(c.timers, ({ event }) => ('item' in event ? event.item : null)), plain(c.timers, ({ event }) => ('attempt' in event ? event.attempt : null)), plain(c.timers, (t) => t.delayMs),
    plainArray(c.firedTimers),
    plain(c.claims, (k) => k.runId), plain(c.claims, (k) => k.step), plain(c.claims, (k) => k.item), plain(c.claims, (k) => k.attempt), c.claims.map((k) => k.workerId), c.claims.map((k) => k.keyThumbprint), c.claims.map((k) => k.credentialId),
    plainArray([...c.statuses.keys()]), states.length, ...attemptColumns(c.sent),
    plain(c.unchanged, (u) => u.id), plain(c.unchanged, (u) => u.version),
    plain(c.timers, (t) => t.event.kind), textArray(c.timers.map((t) => timerData(t.event))), fresh.map((i) => i.lockKey), plain(c.outbox, (o) => o.gated),
  ];
}
