import type { PoolClient } from 'pg';
import { actsOnProposal } from './kept-acts.js';
import type { RetentionLimits } from './limits.js';

/** One kind of rows that go. `text` deletes at most `$2` of those that are older than `$1` days. */
export interface Purge {
  readonly name: string;
  readonly batch: number;
  /** Which limit is theirs. */
  readonly limit: keyof RetentionLimits;
  readonly text: string;
}

/** @returns whether there may be more */
export async function purgeOld(client: PoolClient, { name, batch, text }: Purge, days: number): Promise<boolean> {
  const { rowCount } = await client.query({ name: `purge-${name}`, text, values: [days, batch] });
  return rowCount === batch;
}

const OLD = `< now() - $1::int * interval '1 day'`;

/**
 * SQL of whether no row of a table names a hash: the next one in the order of its index is another. Asked for equality, PostgreSQL may read
 * a table from end to end where it takes each value of the column for a frequent one.
 */
const isUnnamed = (table: string, column: string, sha256: string): string => `(select x.${column} from orchestrator.${table} x where x.${column} >= ${sha256} order by x.${column} limit 1) is distinct from ${sha256}`;

/** Proposals that became no run, with what is kept of them. A message that waits for one is told first. */
const PROPOSALS = `
with old as (
  select p.run_id from orchestrator.proposals p where p.status in ('rejected', 'withdrawn', 'expired') and p.expires_at ${OLD}
    and not exists (select from orchestrator.chat_turns t where t.status <> 'done' and t.run_id = p.run_id) order by p.expires_at limit $2 for update skip locked
), kept as (
  insert into orchestrator.purged_runs (id, tenant_id, actor_id, name, status, parent_run_id, idempotency_key, request_sha256, created_at, acts, has_rows)
  select p.run_id, p.tenant_id, p.requested_by, p.plan->>'name', p.status, (p.rerun->>'parentRunId')::uuid, p.idempotency_key, p.request_sha256, p.created_at, (select json_agg(a.act order by a.at) from (${actsOnProposal('p.run_id')}) a), false
  from orchestrator.proposals p join old on old.run_id = p.run_id on conflict do nothing
), acts as (
  delete from orchestrator.proposal_acts x using old where x.run_id = old.run_id
)
delete from orchestrator.proposals p using old where p.run_id = old.run_id`;

/**
 * What grows by itself, in the order in which it goes: what refers to others before what is referred to. The age is looked at once more
 * where the row is deleted, so that one that was renewed at the same moment stays: see PlanTexts and BlobStore.
 */
export const PURGES: readonly Purge[] = [
  { name: 'old-proposals', batch: 200, limit: 'days', text: PROPOSALS },
  {
    name: 'plans', batch: 500, limit: 'days',
    text: `delete from orchestrator.plans where used_at ${OLD} and sha256 = any(array(
             select p.sha256 from orchestrator.plans p where p.used_at ${OLD} and ${isUnnamed('runs', 'plan_sha256', 'p.sha256')} order by p.used_at limit $2))`,
  },
  {
    // A blob has up to 16 MiB.
    name: 'blobs', batch: 20, limit: 'days',
    text: `delete from orchestrator.blobs where put_at ${OLD} and sha256 = any(array(
             select b.sha256 from orchestrator.blobs b where b.put_at ${OLD} and ${isUnnamed('items', 'blob_sha256', 'b.sha256')}
               and ${isUnnamed('past_attempts', 'blob_sha256', 'b.sha256')} and ${isUnnamed('run_blobs', 'sha256', 'b.sha256')} order by b.put_at limit $2))`,
  },
  {
    name: 'manifests', batch: 200, limit: 'days',
    text: `delete from orchestrator.manifests where sha256 = any(array(
             select m.sha256 from orchestrator.manifests m where m.created_at ${OLD} and ${isUnnamed('runs', 'manifest_sha256', 'm.sha256')}
               and ${isUnnamed('proposal_questions', 'manifest_sha256', 'm.sha256')} limit $2))`,
  },
  {
    // With their messages.
    name: 'conversations', batch: 50, limit: 'days',
    text: `delete from orchestrator.conversations where updated_at ${OLD} and id = any(array(
             select c.id from orchestrator.conversations c where c.updated_at ${OLD} and not exists (select from orchestrator.chat_turns t where t.conversation_id = c.id and t.status <> 'done') order by c.updated_at limit $2))`,
  },
  // Numbered in the order in which they came.
  { name: 'dead-letters', batch: 1000, limit: 'days', text: `delete from orchestrator.dead_letters where at ${OLD} and id = any(array(select id from orchestrator.dead_letters order by id limit $2))` },
  // No rate is over more than a day: a bucket that is not there is as full as one that nobody took from since.
  { name: 'rates', batch: 1000, limit: 'days', text: `delete from orchestrator.rates where at ${OLD} and ctid = any(array(select ctid from orchestrator.rates where at ${OLD} limit $2))` },
  { name: 'model-tokens', batch: 1000, limit: 'days', text: `delete from orchestrator.model_tokens where ctid = any(array(select ctid from orchestrator.model_tokens where day < to_char((now() at time zone 'utc') - $1::int * interval '1 day', 'YYYY-MM-DD') limit $2))` },
  { name: 'purged-runs', batch: 1000, limit: 'auditDays', text: `delete from orchestrator.purged_runs where id = any(array(select id from orchestrator.purged_runs where purged_at ${OLD} and not has_rows order by purged_at limit $2))` },
];
