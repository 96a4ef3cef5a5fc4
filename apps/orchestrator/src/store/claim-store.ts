import type { Pool } from 'pg';
import type { AttemptRef } from '../engine/change-set.js';

export interface ItemToClaim {
  readonly status: string;
  readonly attempt: number;
  readonly target: string | null;
  readonly inputs: Record<string, unknown>;
}

/** What the claim desk reads of the record. */
export class ClaimStore {
  constructor(private readonly pool: Pool) {}

  async item({ runId, step, item }: Omit<AttemptRef, 'attempt'>): Promise<ItemToClaim | undefined> {
    const { rows } = await this.pool.query<{ status: string; attempt: number; target: string | null; inputs: Record<string, unknown> }>({
      name: 'item-to-claim', text: 'select status, attempt, target, inputs from orchestrator.items where run_id = $1 and step = $2 and item = $3', values: [runId, step, item],
    });
    return rows[0];
  }

  /** Whether this very execution has the claim already: its answer was lost on the way. */
  async hasClaim({ runId, step, item, attempt }: AttemptRef, { workerId, keyThumbprint }: { readonly workerId: string; readonly keyThumbprint: string }): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'has-claim', text: 'select 1 from orchestrator.claims where run_id = $1 and step = $2 and item = $3 and attempt = $4 and key_thumbprint = $5 and worker_id = $6', values: [runId, step, item, attempt, keyThumbprint, workerId],
    });
    return rowCount === 1;
  }
}
