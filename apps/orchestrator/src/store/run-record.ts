import { WORKER_LOST_MS, type ItemStatus } from '@opsmesh/contracts';
import { transaction, type Last } from '@opsmesh/platform';
import type { CompiledPlan, ItemState, Json, JsonObject, RunState } from '@opsmesh/plan-model';
import type { Pool, PoolClient } from 'pg';
import type { ChangeSet, ItemUpdate } from '../engine/change-set.js';
import type { CachedOutput, CacheQuestion, ProbedAttempt, RecordTransaction, RunRecord, StoredItems, WantedItems } from '../engine/ports.js';
import { itemKey, type AttemptRef, type ItemRef } from '../engine/positions.js';
import type { RunFacts } from '../engine/run.js';
import { plainArray } from './arrays.js';
import { lockRuns } from './lock-runs.js';
import { endPastAttempt } from './past-attempts.js';
import { PlanTexts } from './plan-texts.js';
import { itemColumns } from './positions.js';
import { findCached } from './result-cache.js';
import { decodeState } from './state-codec.js';
import { statement } from './statement.js';
import { asRunChanged, writeChanges } from './write-changes.js';

/** The record in PostgreSQL. */
export class PostgresRunRecord implements RunRecord {
  private readonly plans = new PlanTexts();

  constructor(private readonly pool: Pool) {}

  async transaction<T>(work: (tx: RecordTransaction) => Promise<T>): Promise<T> {
    const planned: CompiledPlan[] = [];
    const result = await transaction(this.pool, (client, last) => work(new PostgresTransaction(client, { last, plans: this.plans, planned })));
    if (planned.length > 0) this.plans.committed(planned);
    return result;
  }

  async loadFacts(ids: readonly string[]): Promise<Map<string, RunFacts>> {
    const { rows } = await this.pool.query<FactsRow>({
      name: 'facts', text: 'select r.id, r.tenant_id, r.actor_id, p.plan, r.inputs, r.parent_run_id, r.parent_step, r.parent_item, r.parent_attempt, r.traceparent, r.manifest_sha256 from orchestrator.runs r join orchestrator.plans p on p.sha256 = r.plan_sha256 where r.id = any($1::uuid[])', values: [plainArray(ids)],
    });
    return new Map(rows.map((r) => [r.id, { id: r.id, tenantId: r.tenant_id, actorId: r.actor_id, plan: r.plan, inputs: r.inputs, parent: parentOf(r), traceparent: r.traceparent, manifestSha256: r.manifest_sha256 }]));
  }
}

interface FactsRow {
  id: string; tenant_id: string; actor_id: string; plan: CompiledPlan; inputs: JsonObject;
  parent_run_id: string | null; parent_step: number | null; parent_item: number | null; parent_attempt: number | null; traceparent: string | null; manifest_sha256: string | null;
}

function parentOf({ parent_run_id: runId, parent_step: step, parent_item: item, parent_attempt: attempt }: FactsRow): AttemptRef | null {
  return runId !== null && step !== null && item !== null && attempt !== null ? { runId, step, item, attempt } : null;
}

class PostgresTransaction implements RecordTransaction {
  constructor(private readonly client: PoolClient, private readonly parts: { readonly last: Last; readonly plans: PlanTexts; readonly planned: CompiledPlan[] }) {}

  lockRuns(ids: readonly string[]): Promise<Map<string, number>> {
    return lockRuns(this.client, ids).catch(asRunChanged);
  }

  async loadStates(ids: readonly string[]): Promise<Map<string, RunState>> {
    const { rows } = await this.client.query<{ run_id: string; state: string }>({
      name: 'load-states', text: 'select run_id, state from orchestrator.run_states where run_id = any($1::uuid[])', values: [plainArray(ids)],
    });
    return new Map(rows.map((r) => [r.run_id, decodeState(r.state)]));
  }

  async loadItems(refs: readonly ItemRef[]): Promise<Map<string, ItemState>> {
    const { rows } = await this.client.query<{ run_id: string; step: number; item: number; status: ItemStatus; attempt: number }>(loadItems(refs));
    return new Map(rows.map((r) => [itemKey(r.run_id, r.step, r.item), { status: r.status, attempt: r.attempt }]));
  }

  async loadStepItems({ runId, step, from, to, mostBytes }: WantedItems): Promise<StoredItems> {
    const { rows } = await this.client.query<{ item: number; status: ItemStatus; target: string | null; lock_key: string | null; inputs: Json; failure: Json; total: number; output: Json; bytes: Buffer | null }>({
      name: 'step-items',
      text: `select item, status, target, lock_key, inputs, failure, total, case when total <= $5 then output end as output, case when total <= $5 then bytes end as bytes
             from (select i.item, i.status, i.target, i.lock_key, i.inputs, i.failure, i.output, b.bytes, sum(coalesce(octet_length(b.bytes), octet_length(i.output::text))) over ()::float8 as total
                   from (select item, status, target, lock_key, inputs, failure, case when not truncated then output end as output, case when not truncated then blob_sha256 end as blob_sha256
                         from orchestrator.items where run_id = $1 and step = $2 and item >= $3 and item < $4) i left join orchestrator.blobs b on b.sha256 = i.blob_sha256) v
             order by item`,
      values: [runId, step, from, to, mostBytes],
    });
    const items = rows.map((r) => ({
      item: r.item, status: r.status, target: r.target, lockKey: r.lock_key, inputs: r.inputs, failure: r.failure,
      output: r.bytes ? (JSON.parse(r.bytes.toString('utf8')) as Json) : r.output ?? undefined,
    }));
    return { items, outputBytes: rows[0]?.total ?? 0 };
  }

  async loadInputs(runId: string, step: number, items: readonly number[]): Promise<Map<number, JsonObject>> {
    const { rows } = await this.client.query<{ item: number; inputs: JsonObject }>({
      name: 'item-inputs', text: 'select item, inputs from orchestrator.items where run_id = $1 and step = $2 and item = any($3::int[])', values: [runId, step, plainArray(items)],
    });
    return new Map(rows.map((r) => [r.item, r.inputs]));
  }

  async loadQueued(runId: string): Promise<AttemptRef[]> {
    const { rows } = await this.client.query<AttemptRef>({
      name: 'queued-attempts', text: `select run_id as "runId", step, item, attempt from orchestrator.items where run_id = $1 and status = 'queued' order by step, item`, values: [runId],
    });
    return rows;
  }

  async loadUnclaimed(runId: string, step: number): Promise<AttemptRef[]> {
    const { rows } = await this.client.query<AttemptRef>({
      name: 'unclaimed-attempts',
      text: `select i.run_id as "runId", i.step, i.item, i.attempt from orchestrator.items i where i.run_id = $1 and i.step = $2 and i.status = 'queued'
               and not exists (select from orchestrator.claims c where c.run_id = i.run_id and c.step = i.step and c.item = i.item and c.attempt = i.attempt) order by i.item`,
      values: [runId, step],
    });
    return rows;
  }

  async loadGated(runId: string, step: number): Promise<AttemptRef[]> {
    const { rows } = await this.client.query<AttemptRef>({
      name: 'gated-attempts',
      text: 'select run_id as "runId", step, item, attempt from orchestrator.gated_attempts where run_id = $1 and step = $2 and held_until <= now() order by item for update skip locked', values: [runId, step],
    });
    return rows;
  }

  async openChildren(runId: string): Promise<string[]> {
    const { rows } = await this.client.query<{ id: string }>({
      name: 'open-children', text: `select id from orchestrator.runs where parent_run_id = $1 and parent_step is not null and status in ('running', 'paused')`, values: [runId],
    });
    return rows.map((r) => r.id);
  }

  async takeSignal(runId: string, name: string): Promise<{ payload: Json } | undefined> {
    // The run first, as whoever commits it does: two that hold one of both rows each would wait for each other.
    const run = this.lockRuns([runId]);
    const taken = this.client.query<{ payload: Json }>({
      name: 'take-signal',
      text: 'delete from orchestrator.signals where id = (select id from orchestrator.signals where run_id = $1 and name = $2 order by id limit 1 for update) returning payload',
      values: [runId, name],
    });
    const [, { rows }] = await Promise.all([run, taken]);
    return rows[0];
  }

  loadCached(wanted: readonly CacheQuestion[]): Promise<CachedOutput[]> {
    return findCached(this.client, wanted);
  }

  async loadProbed({ runId, step, item, attempt }: AttemptRef): Promise<ProbedAttempt | undefined> {
    const { rows } = await this.client.query<{ claimed_at: Date | null; is_probed: boolean; inputs: JsonObject }>({
      name: 'probed-attempt',
      text: `select i.inputs, (select min(c.claimed_at) from orchestrator.claims c where c.run_id = $1 and c.step = $2 and c.item = $3 and c.attempt = $4) as claimed_at,
               exists (select from orchestrator.runs r where r.parent_run_id = $1 and r.parent_step = $2 and r.parent_item = $3 and r.parent_attempt = $4) as is_probed
             from orchestrator.items i where i.run_id = $1 and i.step = $2 and i.item = $3`,
      values: [runId, step, item, attempt],
    });
    const row = rows[0];
    return row?.claimed_at ? { claimedAt: row.claimed_at.toISOString(), isProbed: row.is_probed, inputs: row.inputs } : undefined;
  }

  async keepPast(ended: ItemUpdate): Promise<boolean> {
    // The run first, as whoever commits it does: two that hold one of both rows each would wait for each other.
    const run = this.lockRuns([ended.runId]);
    const [, isNew] = await Promise.all([run, endPastAttempt(this.client, ended)]);
    return isNew;
  }

  async activeOn(workerId: string): Promise<ReadonlySet<string>> {
    const { rows } = await this.client.query<{ active: string[]; is_heard: boolean }>({
      name: 'active-on', text: `select active, seen_at > clock_timestamp() - $2 * interval '1 millisecond' as is_heard from orchestrator.workers where id = $1 for share`, values: [workerId, WORKER_LOST_MS],
    });
    return new Set(rows[0]?.is_heard ? rows[0].active : []);
  }

  async write(changes: ChangeSet): Promise<void> {
    await this.writing(changes);
  }

  writeLast(changes: ChangeSet): void {
    this.parts.last(this.writing(changes));
  }

  private writing(changes: ChangeSet): Promise<void> {
    this.parts.planned.push(...changes.newRuns.map((r) => r.plan));
    return writeChanges(this.client, changes, this.parts.plans);
  }
}

const loadItems = statement<readonly ItemRef[]>('load-items', (given) => `
select i.run_id, i.step, i.item, i.status, i.attempt from ${given.rows((refs) => refs, itemColumns)}
  join orchestrator.items i on i.run_id = v.run_id and i.step = v.step and i.item = v.item`);
