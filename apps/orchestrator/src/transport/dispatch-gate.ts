import { policyOf, toolStep, type RatePolicy } from '@opsmesh/plan-model';
import type { PoolClient } from 'pg';
import type { RunFactsCache } from '../engine/run-facts.js';
import { plainArray } from '../store/arrays.js';
import { decodeState } from '../store/state-codec.js';
import type { OutboxRow } from './relay.js';

interface GatedRow extends OutboxRow { readonly target: string | null; readonly lock_key: string | null; readonly state: string }

/**
 * Lets attempts through that have their lock and the leave of their rate limit; both are rows, so that they hold for all orchestrators and runs of a tenant.
 *
 * 1. A lock is taken in the transaction that sends the attempt, and given back in the one that ends it: by its outcome, a retry in waiting, `unknown` or a cancel.
 * 2. An attempt that is sent again under its id has its lock already.
 * 3. A rate is a token bucket by the clock of the database: full at first, `limit` tokens in `perMs`.
 */
export class DispatchGate {
  constructor(private readonly facts: RunFactsCache) {}

  /** Takes those that may go out of the outbox, oldest first. */
  async take(client: PoolClient, { blockedQueues, limit }: { blockedQueues: readonly string[]; limit: number }): Promise<OutboxRow[]> {
    const { rows } = await client.query<GatedRow>({ name: 'gated', text: GATED, values: [blockedQueues, limit] });
    if (rows.length === 0) return [];
    const facts = await this.facts.get(rows.map((r) => r.run_id));
    const passed: GatedRow[] = [];
    const exhausted = new Set<string>();
    for (const row of rows) {
      const { plan, tenantId } = facts.get(row.run_id)!;
      const { lock, rate } = policyOf(plan, decodeState(row.state), row.step);
      const bucket = rate && bucketOf(rate, toolStep(plan, row.step).tool, row.target);
      if (bucket !== undefined && exhausted.has(`${tenantId} ${bucket}`)) continue;
      const key = lock === undefined ? null : row.lock_key ?? row.target;
      if (key !== null && !await takeLock(client, { tenantId, key, row })) continue;
      if (rate && bucket !== undefined && !await takeToken(client, { tenantId, bucket, rate })) {
        exhausted.add(`${tenantId} ${bucket}`);
        if (key !== null) await client.query('delete from orchestrator.locks where tenant_id = $1 and key = $2', [tenantId, key]);
        continue;
      }
      passed.push(row);
    }
    if (passed.length > 0) {
      const column = (of: (r: GatedRow) => string | number): string => plainArray(passed.map(of));
      await client.query({ name: 'passed', text: PASSED, values: [column((r) => r.run_id), column((r) => r.step), column((r) => r.item), column((r) => r.attempt)] });
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

async function takeLock(client: PoolClient, { tenantId, key, row }: { tenantId: string; key: string; row: GatedRow }): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'take-lock',
    text: `insert into orchestrator.locks as l (tenant_id, key, run_id, step, item) values ($1, $2, $3, $4, $5)
           on conflict (tenant_id, key) do update set taken_at = now() where l.run_id = excluded.run_id and l.step = excluded.step and l.item = excluded.item`,
    values: [tenantId, key, row.run_id, row.step, row.item],
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

/** Attempts whose lock another item holds are left out, so that they do not stand before others. */
const GATED = `
select o.queue, o.run_id, o.step, o.item, o.attempt, i.inputs, i.target, i.lock_key, s.state
from orchestrator.outbox o join orchestrator.items i on i.run_id = o.run_id and i.step = o.step and i.item = o.item and i.attempt = o.attempt and i.status = 'queued'
join orchestrator.run_states s on s.run_id = o.run_id join orchestrator.runs r on r.id = o.run_id
where o.gated and o.held_until <= now() and o.queue <> all($1)
  and not exists (select 1 from orchestrator.locks l where l.tenant_id = r.tenant_id and l.key = coalesce(i.lock_key, i.target) and (l.run_id, l.step, l.item) <> (o.run_id, o.step, o.item))
order by o.held_until, o.run_id, o.step, o.item limit $2 for update of o skip locked`;

const PASSED = `
delete from orchestrator.outbox o using unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) as v(run_id, step, item, attempt)
where o.run_id = v.run_id and o.step = v.step and o.item = v.item and o.attempt = v.attempt`;
