import type { Pool, PoolClient } from 'pg';
import type { CachedItem, CacheKey } from '../engine/change-set.js';
import type { CachedOutput, CacheQuestion } from '../engine/ports.js';
import { itemColumns } from './positions.js';
import { statement } from './statement.js';

/** Keys that are looked at in one sweep. */
const SWEPT = 10_000;

/** Notes what the outputs of items will be answers to. Gives no statement where nothing of the plan may be cached. */
export function keepCacheKeys(client: PoolClient, keys: readonly CacheKey[]): Promise<unknown>[] {
  if (keys.length === 0) return [];
  return [client.query(keepKeys(keys))];
}

const keepKeys = statement<readonly CacheKey[]>('keep-cache-keys', (given) => `
insert into orchestrator.cache_keys (run_id, step, item, key, ttl_ms)
select * from ${given.rows((keys) => keys, (column) => ({ ...itemColumns(column), key: column.word((k) => k.key), ttl_ms: column.int((k) => k.ttlMs) }))}`);

/** Notes of items whose outputs answer for them, after they were written. */
export function tellCached(client: PoolClient, items: readonly CachedItem[]): Promise<unknown>[] {
  if (items.length === 0) return [];
  return [client.query({
    name: 'tell-cached',
    text: `update orchestrator.items i set cached_from = v.origin from json_to_recordset($1::json) as v(run_id uuid, step int, item int, origin json)
           where i.run_id = v.run_id and i.step = v.step and i.item = v.item`,
    values: [JSON.stringify(items.map(({ runId, step, item, from }) => ({ run_id: runId, step, item, origin: from })))],
  })];
}

interface FoundRow { run_id: string; step: number; item: number; json: string | null; blob: string | null; from_run: string; from_step: string; from_item: number; at: Date }

/** See RecordTransaction.loadCached. */
export async function findCached(client: PoolClient, wanted: readonly CacheQuestion[]): Promise<CachedOutput[]> {
  const { rows } = await client.query<FoundRow>(find(wanted));
  return rows.map((r) => ({
    runId: r.run_id, step: r.step, item: r.item, output: { json: r.json, blobSha256: r.blob, truncated: false },
    from: { runId: r.from_run, step: r.from_step, item: r.from_item, at: r.at.toISOString() },
  }));
}

/** Only whole outputs of calls that succeeded; what was answered from here before is as old as its origin, so it is none. Files belong to the run that made them. */
const find = statement<readonly CacheQuestion[]>('find-cached', (given) => `
with asked as (
  select v.run_id, v.step, v.ttl_ms, k.item, k.key
  from ${given.rows((wanted) => wanted, (column) => ({ run_id: column.uuid((w) => w.runId), step: column.int((w) => w.step), first: column.int((w) => w.from), last: column.int((w) => w.to), ttl_ms: column.int((w) => w.ttlMs) }))}
    join orchestrator.cache_keys k on k.run_id = v.run_id and k.step = v.step and k.item between v.first and v.last
), found as (
  select distinct on (a.run_id, a.step, a.item) a.run_id, a.step, a.item, i.output::text as json, i.blob_sha256 as blob, i.run_id as from_run, i.step as from_index, i.item as from_item, i.finished_at as at
  from asked a join orchestrator.cache_keys k on k.key = a.key join orchestrator.items i on i.run_id = k.run_id and i.step = k.step and i.item = k.item
  where i.status = 'succeeded' and not i.truncated and i.cached_from is null and i.finished_at > now() - a.ttl_ms * interval '1 millisecond'
    and not exists (select from orchestrator.run_blobs f where f.run_id = i.run_id)
  order by a.run_id, a.step, a.item, i.finished_at desc
)
select f.*, p.plan->'steps'->f.from_index->>'id' as from_step from found f join orchestrator.runs r on r.id = f.from_run join orchestrator.plans p on p.sha256 = r.plan_sha256`);

/** Forgets keys of items that can answer no more. */
export class ResultCacheStore {
  constructor(private readonly pool: Pool) {}

  /** @returns whether there may be more */
  async sweep(): Promise<boolean> {
    const { rowCount } = await this.pool.query({ name: 'sweep-cache-keys', text: SWEEP, values: [SWEPT] });
    return rowCount === SWEPT;
  }
}

const SWEEP = `
delete from orchestrator.cache_keys where ctid = any(array(
  select k.ctid from orchestrator.cache_keys k left join orchestrator.items i on i.run_id = k.run_id and i.step = k.step and i.item = k.item
  where i.run_id is null or i.finished_at < now() - k.ttl_ms * interval '1 millisecond' limit $1))`;
