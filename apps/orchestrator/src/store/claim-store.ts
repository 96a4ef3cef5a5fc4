import { Gathered } from '@opsmesh/platform';
import type { Pool } from 'pg';
import type { AttemptRef, ItemRef } from '../engine/positions.js';
import { itemColumns } from './positions.js';
import { statement } from './statement.js';

export interface ItemToClaim {
  readonly status: string;
  readonly attempt: number;
  readonly target: string | null;
  readonly inputs: Record<string, unknown>;
}

/** Most items that are read by one statement. */
const MOST_ITEMS = 1000;

/** What the claim desk reads of the record. Items that are asked for together are read together. */
export class ClaimStore {
  private readonly items = new Gathered<ItemRef, ItemToClaim | undefined>((refs) => this.read(refs), { most: MOST_ITEMS });

  constructor(private readonly pool: Pool) {}

  item(ref: ItemRef): Promise<ItemToClaim | undefined> {
    return this.items.ask(ref);
  }

  /** Whether this very execution has the claim already: its answer was lost on the way. */
  async hasClaim({ runId, step, item, attempt }: AttemptRef, { workerId, keyThumbprint }: { readonly workerId: string; readonly keyThumbprint: string }): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'has-claim', text: `select 1 from orchestrator.claims c join orchestrator.items i using (run_id, step, item, attempt) where run_id = $1 and step = $2 and item = $3 and attempt = $4
               and c.key_thumbprint = $5 and c.worker_id = $6 and i.status = 'running'`, values: [runId, step, item, attempt, keyThumbprint, workerId],
    });
    return rowCount === 1;
  }

  private async read(refs: readonly ItemRef[]): Promise<PromiseSettledResult<ItemToClaim | undefined>[]> {
    const { rows } = await this.pool.query<ItemToClaim & { n: number }>(itemsToClaim(refs));
    const found = new Map(rows.map(({ n, ...item }) => [n, item]));
    return refs.map((_, i) => ({ status: 'fulfilled', value: found.get(i + 1) }));
  }
}

const itemsToClaim = statement<readonly ItemRef[]>('items-to-claim', (given) => `
select v.n::int as n, i.status, i.attempt, i.target, i.inputs from ${given.rows((refs) => refs, itemColumns, 'n')}
  join orchestrator.items i on i.run_id = v.run_id and i.step = v.step and i.item = v.item`);
