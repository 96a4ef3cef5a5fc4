import type { PoolClient } from 'pg';
import type { AttemptRef } from '../engine/positions.js';
import type { Ending } from '../engine/timed-event.js';

/** Sets the timer that ends an item now, by what was decided or signalled outside of the engine: as lasting as the transaction it is part of. */
export async function finishSoon(client: PoolClient, { runId, step, item, attempt }: AttemptRef, ending: Ending): Promise<void> {
  await client.query(`insert into orchestrator.timers (run_id, step, item, attempt, due_at, kind, data) values ($1, $2, $3, $4, now(), 'finish', $5)`, [runId, step, item, attempt, JSON.stringify({ ending })]);
}
