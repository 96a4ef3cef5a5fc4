import type { PoolClient } from 'pg';
import type { ChangeSet } from '../engine/change-set.js';
import { itemKey, type ItemRef } from '../engine/positions.js';
import { itemColumns } from './positions.js';
import { statement } from './statement.js';

/** Keeps the list of items whose outcome nobody knows. Gives no statement when the changes have nothing to do with doubt, which is the rule. */
export function listUnknown(client: PoolClient, { itemUpdates, history }: Pick<ChangeSet, 'itemUpdates' | 'history'>): Promise<unknown>[] {
  const doubted: ItemRef[] = [];
  const settled: ItemRef[] = [];
  for (const { status, runId, step, item } of itemUpdates.values()) if (status === 'unknown') doubted.push({ runId, step, item });
  for (const [runId, entries] of history) {
    for (const { type, step, item } of entries) {
      if ((type !== 'item.resolved' && type !== 'item.repeated') || step === null || item === null) continue;
      // What became known of an earlier attempt changes no item.
      const update = itemUpdates.get(itemKey(runId, step, item));
      if (update && update.status !== 'unknown') settled.push({ runId, step, item });
    }
  }
  return [
    ...(doubted.length > 0 ? [client.query(nowUnknown(doubted))] : []),
    ...(settled.length > 0 ? [client.query(nowKnown(settled))] : []),
  ];
}

const nowUnknown = statement<readonly ItemRef[]>('now-unknown', (given) => `
insert into orchestrator.unknown_items (run_id, step, item) select * from ${given.rows((items) => items, itemColumns)} on conflict do nothing`);

const nowKnown = statement<readonly ItemRef[]>('now-known', (given) => `
delete from orchestrator.unknown_items u using ${given.rows((items) => items, itemColumns)} where u.run_id = v.run_id and u.step = v.step and u.item = v.item`);
