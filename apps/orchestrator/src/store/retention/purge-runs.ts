import type { PoolClient } from 'pg';
import { actsOnProposal, actsOnRun } from './kept-acts.js';
import type { RetentionLimits } from './limits.js';

/** Runs without a parent that are looked at in one transaction, each with all that descends from it. */
const FAMILIES = 20;

/** A place in the order of ends: `at` as PostgreSQL writes it. */
export interface EndedAt { readonly at: string; readonly id: string }
export const BEGINNING: EndedAt = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

export interface PurgedRuns {
  readonly purged: number;
  /** Where to look next; null when that was the end. */
  readonly next: EndedAt | null;
}

/**
 * Deletes runs that ended long ago, so that nobody sees them any more; the rows of their items and their history are left to `purgeRows`.
 *
 * 1. A run goes together with the runs that repeat it or belong to it, when all of them may: a re-run shows what it took over from its parent.
 * 2. None goes whose outcome somebody still waits for: an open message of a conversation, a re-run that people are asked about, an unknown item.
 * 3. It waits for nobody: a run that somebody else has locked stays for the next round. What is being stored for a run that goes fails at its foreign key.
 * 4. What is kept of it is written in the same transaction.
 */
export async function purgeRuns(client: PoolClient, { days, unknownDays }: Pick<RetentionLimits, 'days' | 'unknownDays'>, after: EndedAt): Promise<PurgedRuns> {
  const { rows: roots } = await client.query<EndedAt>({ name: 'ended-families', text: ROOTS, values: [days, after.at, after.id, FAMILIES] });
  const next = roots.length === FAMILIES ? roots.at(-1)! : null;
  if (roots.length === 0) return { purged: 0, next };
  const ids = roots.map((r) => r.id);
  const { rows: locked } = await client.query<{ id: string }>({ name: 'lock-families', text: LOCK, values: [ids] });
  const { rows: going } = await client.query<{ id: string }>({ name: 'going-runs', text: GOING, values: [ids, locked.map((r) => r.id), days, unknownDays] });
  if (going.length > 0) await purge(client, going.map((r) => r.id));
  return { purged: going.length, next };
}

async function purge(client: PoolClient, ids: readonly string[]): Promise<void> {
  await client.query({ name: 'keep-purged-runs', text: KEEP, values: [ids] });
  for (const table of ['unknown_items', 'approvals', 'approval_acts', 'signals', 'decision_usage', 'gated_attempts', 'locks', 'proposal_acts', 'proposals']) {
    await client.query({ name: `purge-${table}`, text: `delete from orchestrator.${table} where run_id = any($1::uuid[])`, values: [ids] });
  }
  // Takes run_states and run_blobs along. Timers go when they are due and find no run; batches of the outbox were sent long ago.
  await client.query({ name: 'purge-runs', text: 'delete from orchestrator.runs where id = any($1::uuid[])', values: [ids] });
}

const ROOTS = `
select id, finished_at::text as at from orchestrator.runs
where parent_run_id is null and finished_at is not null and finished_at < now() - $1::int * interval '1 day' and (finished_at, id) > ($2::timestamptz, $3::uuid) order by finished_at, id limit $4`;

const FAMILY = `
with recursive family(root, id) as (
  select id, id from unnest($1::uuid[]) as r(id) union all select f.root, r.id from family f join orchestrator.runs r on r.parent_run_id = f.id
)`;

const LOCK = `${FAMILY}
select r.id from orchestrator.runs r join orchestrator.run_states s on s.run_id = r.id where r.id in (select id from family) for update of r, s skip locked`;

/** The last commit to a run may be younger than its end: an outcome that was settled, a result that came late. */
const GOING = `${FAMILY}, judged as (
  select f.root, bool_and(
    r.id = any($2::uuid[]) and r.status not in ('running', 'paused') and r.finished_at < now() - $3::int * interval '1 day'
    and not exists (select from (select h.at from orchestrator.history h where h.run_id = r.id order by h.last_seq desc limit 1) newest where newest.at >= now() - $3::int * interval '1 day')
    and (coalesce(r.finished_at < now() - $4::int * interval '1 day', false) or not exists (select from orchestrator.unknown_items u where u.run_id = r.id))
    and not exists (select from orchestrator.chat_turns t where t.status <> 'done' and t.run_id = r.id)
    and not exists (select from orchestrator.proposals p where p.status in ('waiting', 'approved', 'starting') and p.rerun->>'parentRunId' = r.id::text)
  ) as goes
  from family f join orchestrator.runs r on r.id = f.id group by f.root
)
select f.id from family f join judged j on j.root = f.root where j.goes`;

const KEEP = `
insert into orchestrator.purged_runs (id, tenant_id, actor_id, name, status, parent_run_id, plan_sha256, manifest_sha256, idempotency_key, request_sha256, created_at, finished_at, acts, has_rows)
select r.id, r.tenant_id, r.actor_id, r.name, r.status, r.parent_run_id, r.plan_sha256, r.manifest_sha256, coalesce(r.idempotency_key, p.idempotency_key), r.request_sha256, r.created_at, r.finished_at,
  (select json_agg(a.act order by a.at) from (${actsOnProposal('r.id')} union all ${actsOnRun('r.id', 'd.plan')}) a), true
from orchestrator.runs r left join orchestrator.proposals p on p.run_id = r.id left join orchestrator.plans d on d.sha256 = r.plan_sha256 where r.id = any($1::uuid[])`;
