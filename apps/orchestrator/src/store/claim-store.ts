import { Gathered } from '@opsmesh/platform';
import type { Pool } from 'pg';
import type { AttemptRef } from '../engine/change-set.js';
import { plainArray } from './arrays.js';

export interface ItemToClaim {
  readonly status: string;
  readonly attempt: number;
  readonly target: string | null;
  readonly inputs: Record<string, unknown>;
}

type Ref = Omit<AttemptRef, 'attempt'>;

/** Most items that are read by one statement. */
const MOST_ITEMS = 1000;

/** What the claim desk reads of the record. Items that are asked for together are read together. */
export class ClaimStore {
  private readonly items = new Gathered<Ref, ItemToClaim | undefined>((refs) => this.read(refs), { most: MOST_ITEMS });

  constructor(private readonly pool: Pool) {}

  item(ref: Ref): Promise<ItemToClaim | undefined> {
    return this.items.ask(ref);
  }

  /** Whether this very execution has the claim already: its answer was lost on the way. */
  async hasClaim({ runId, step, item, attempt }: AttemptRef, { workerId, keyThumbprint }: { readonly workerId: string; readonly keyThumbprint: string }): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'has-claim', text: 'select 1 from orchestrator.claims where run_id = $1 and step = $2 and item = $3 and attempt = $4 and key_thumbprint = $5 and worker_id = $6', values: [runId, step, item, attempt, keyThumbprint, workerId],
    });
    return rowCount === 1;
  }

  private async read(refs: readonly Ref[]): Promise<PromiseSettledResult<ItemToClaim | undefined>[]> {
    const { rows } = await this.pool.query<{ n: number; status: string; attempt: number; target: string | null; inputs: Record<string, unknown> }>({
      name: 'items-to-claim',
      text: `select r.n::int as n, i.status, i.attempt, i.target, i.inputs from unnest($1::uuid[], $2::int[], $3::int[]) with ordinality as r(run_id, step, item, n)
             join orchestrator.items i on i.run_id = r.run_id and i.step = r.step and i.item = r.item`,
      values: [plainArray(refs.map((r) => r.runId)), plainArray(refs.map((r) => r.step)), plainArray(refs.map((r) => r.item))],
    });
    const found = new Map(rows.map(({ n, ...item }) => [n, item]));
    return refs.map((_, i) => ({ status: 'fulfilled', value: found.get(i + 1) }));
  }
}
