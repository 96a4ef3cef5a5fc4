import type { PoolClient } from 'pg';
import type { AttemptRef, ChangeSet } from '../engine/change-set.js';

type ItemRef = Omit<AttemptRef, 'attempt'>;

/** Keeps the list of items whose outcome nobody knows. Gives no statement when the changes have nothing to do with doubt, which is the rule. */
export function listUnknown(client: PoolClient, { itemUpdates, history }: Pick<ChangeSet, 'itemUpdates' | 'history'>): Promise<unknown>[] {
  const doubted: ItemRef[] = [];
  const settled: ItemRef[] = [];
  for (const { status, runId, step, item } of itemUpdates.values()) if (status === 'unknown') doubted.push({ runId, step, item });
  for (const [runId, entries] of history) {
    for (const { type, step, item } of entries) if ((type === 'item.resolved' || type === 'item.repeated') && step !== null && item !== null) settled.push({ runId, step, item });
  }
  return [
    ...(doubted.length > 0 ? [client.query({ name: 'now-unknown', text: `insert into orchestrator.unknown_items (run_id, step, item) select * from ${LIST} on conflict do nothing`, values: columns(doubted) })] : []),
    ...(settled.length > 0 ? [client.query({ name: 'now-known', text: `delete from orchestrator.unknown_items u using ${LIST} where u.run_id = v.run_id and u.step = v.step and u.item = v.item`, values: columns(settled) })] : []),
  ];
}

const LIST = 'unnest($1::uuid[], $2::int[], $3::int[]) as v(run_id, step, item)';

function columns(items: readonly ItemRef[]): unknown[] {
  return [items.map((i) => i.runId), items.map((i) => i.step), items.map((i) => i.item)];
}
