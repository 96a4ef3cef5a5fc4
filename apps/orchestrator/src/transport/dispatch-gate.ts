import { policyOf, toolStep, type RatePolicy } from '@opsmesh/plan-model';
import type { PoolClient } from 'pg';
import type { AttemptRef } from '../engine/positions.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import { decodeState } from '../store/state-codec.js';
import { attemptColumns } from '../store/positions.js';
import { statement } from '../store/statement.js';
import { HOLD_MS } from '../store/write-changes.js';
import type { ReadyAttempt } from './ready-attempt.js';

interface GatedAttempt extends ReadyAttempt { readonly target: string | null; readonly lockKey: string | null; readonly state: string }

/**
 * Lets attempts through that have their lock and the leave of their rate limit; both are rows, so that they hold for all orchestrators and runs of a tenant.
 *
 * 1. A lock is committed before its attempt is sent, and given back in the transaction that ends it: by its outcome, a retry in waiting, `unknown` or a cancel.
 *    The row stays until it was sent, held for who sends it: after a crash it is sent again under its id, and has its lock already.
 * 2. Attempts that are not wanted any more leave the gate.
 * 3. A rate is a token bucket by the clock of the database: full at first, `limit` tokens in `perMs`.
 */
export class DispatchGate {
  constructor(private readonly facts: RunFactsCache) {}

  /** Those that may go, oldest first. They are sent after the transaction's commit, and leave the gate after that: see {@link deletePassed}. */
  async take(client: PoolClient, { blockedQueues, limit }: { blockedQueues: readonly string[]; limit: number }): Promise<ReadyAttempt[]> {
    // Asked first and alone: most of the time there is none, and a join with all items would be made to find that out. In order, so that the index is asked and not the table.
    const { rows: waiting } = await client.query({ name: 'any-gated', text: 'select 1 from orchestrator.gated_attempts where held_until <= now() order by held_until limit 1' });
    if (waiting.length === 0) return [];
    const { rows } = await client.query<GatedAttempt>({ name: 'gated', text: GATED, values: [blockedQueues, MOST_LOOKED_AT, limit] });
    if (rows.length === 0) return [];
    const facts = await this.facts.get(rows.map((r) => r.runId));
    const passed: GatedAttempt[] = [];
    const exhausted = new Set<string>();
    for (const row of rows) {
      const { plan, tenantId } = facts.get(row.runId)!;
      const { lock, rate } = policyOf(plan, decodeState(row.state), row.step);
      const bucket = rate && bucketOf(rate, toolStep(plan, row.step).tool, row.target);
      if (bucket !== undefined && exhausted.has(`${tenantId} ${bucket}`)) continue;
      const key = lock === undefined ? null : row.lockKey ?? row.target;
      if (key !== null && !await takeLock(client, { tenantId, key, row })) continue;
      if (rate && bucket !== undefined && !await takeToken(client, { tenantId, bucket, rate })) {
        exhausted.add(`${tenantId} ${bucket}`);
        if (key !== null) await client.query('delete from orchestrator.locks where tenant_id = $1 and key = $2', [tenantId, key]);
        continue;
      }
      passed.push(row);
    }
    if (passed.length > 0) {
      await client.query(hold(passed));
    }
    return passed;
  }
}

function bucketOf({ key }: RatePolicy, tool: string, target: string | null): string {
  switch (key) {
    case 'tenant': return 'tenant';
    case 'tool': return `tool ${tool}`;
    case 'target': return `target ${target ?? ''}`;
  }
}

async function takeLock(client: PoolClient, { tenantId, key, row }: { tenantId: string; key: string; row: GatedAttempt }): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'take-lock',
    // The item stays locked until the commit: an outcome that comes meanwhile ends it after that, and finds the lock to give back.
    text: `insert into orchestrator.locks as l (tenant_id, key, run_id, step, item)
           select $1, $2, i.run_id, i.step, i.item from orchestrator.items i where i.run_id = $3 and i.step = $4 and i.item = $5 and i.attempt = $6 and i.status = 'queued' for share
           on conflict (tenant_id, key) do update set taken_at = now() where l.run_id = excluded.run_id and l.step = excluded.step and l.item = excluded.item`,
    values: [tenantId, key, row.runId, row.step, row.item, row.attempt],
  });
  return rowCount === 1;
}

async function takeToken(client: PoolClient, { tenantId, bucket, rate }: { tenantId: string; bucket: string; rate: RatePolicy }): Promise<boolean> {
  const { rowCount } = await client.query({ name: 'take-token', text: TOKEN, values: [tenantId, bucket, rate.limit, rate.perMs] });
  return rowCount === 1;
}

const REFILLED = `least($3::float8, r.tokens + extract(epoch from clock_timestamp() - r.at) * 1000 * $3::float8 / $4::float8)`;
const TOKEN = `
insert into orchestrator.rates as r (tenant_id, key, tokens, at) values ($1, $2, $3::float8 - 1, clock_timestamp())
on conflict (tenant_id, key) do update set tokens = ${REFILLED} - 1, at = clock_timestamp() where ${REFILLED} >= 1`;

/** Rows among which those that may go are looked for. */
const MOST_LOOKED_AT = 10_000;

/** Attempts of paused runs are left out, and those whose lock another item holds, so that they do not stand before others. */
const GATED = `
with unwanted as (
  delete from orchestrator.gated_attempts where ctid = any(array(
    select o.ctid from orchestrator.gated_attempts o where o.held_until <= now()
      and not exists (select from orchestrator.items i where i.run_id = o.run_id and i.step = o.step and i.item = o.item and i.attempt = o.attempt and i.status = 'queued') for update of o skip locked))
), oldest as materialized (
  select queue, run_id, step, item, attempt, held_until from orchestrator.gated_attempts where held_until <= now() and queue <> all($1) order by held_until, run_id, step, item limit $2 for update skip locked
)
select o.queue, o.run_id as "runId", o.step, o.item, o.attempt, i.inputs, i.target, i.lock_key as "lockKey", s.state
from oldest o join orchestrator.items i on i.run_id = o.run_id and i.step = o.step and i.item = o.item and i.attempt = o.attempt and i.status = 'queued'
join orchestrator.run_states s on s.run_id = o.run_id join orchestrator.runs r on r.id = o.run_id
where r.status = 'running' and not exists (select 1 from orchestrator.locks l where l.tenant_id = r.tenant_id and l.key = i.lock_key and (l.run_id, l.step, l.item) <> (o.run_id, o.step, o.item))
order by o.held_until, o.run_id, o.step, o.item limit $3`;

const SAME_ATTEMPT = 'o.run_id = v.run_id and o.step = v.step and o.item = v.item and o.attempt = v.attempt';

const hold = statement<readonly AttemptRef[]>('passed', (given) => `
update orchestrator.gated_attempts o set held_until = now() + interval '${HOLD_MS} milliseconds' from ${given.rows((rows) => rows, attemptColumns)} where ${SAME_ATTEMPT}`);

/** Given attempts that the gate let pass and that were sent. */
export const deletePassed = statement<readonly AttemptRef[]>('passed-sent', (given) => `
delete from orchestrator.gated_attempts o using ${given.rows((rows) => rows, attemptColumns)} where ${SAME_ATTEMPT}`);
