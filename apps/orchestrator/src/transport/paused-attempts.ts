import { attemptId } from '@opsmesh/contracts';
import { toolStep } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import type { AttemptRef } from '../engine/positions.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { Queues } from './queues.js';

/** Removes from the queues what waits there of runs that are still paused. */
export async function takeOutPaused({ pool, queues, facts }: { readonly pool: Pool; readonly queues: Pick<Queues, 'removeWaiting'>; readonly facts: RunFactsCache }, runIds: readonly string[]): Promise<void> {
  const { rows } = await pool.query<AttemptRef>({ name: 'paused-attempts', text: QUEUED, values: [runIds] });
  const runs = await facts.get(runIds);
  const waiting = new Map<string, Set<string>>();
  for (const { step, ...position } of rows) {
    const { id, queue } = toolStep(runs.get(position.runId)!.plan, step);
    const ids = waiting.get(queue) ?? new Set();
    waiting.set(queue, ids.add(attemptId({ ...position, stepId: id })));
  }
  for (const [queue, ids] of waiting) await queues.removeWaiting(queue, ids);
}

const QUEUED = `
select i.run_id as "runId", i.step, i.item, i.attempt
from orchestrator.runs r join orchestrator.items i on i.run_id = r.id and i.status = 'queued'
where r.id = any($1::uuid[]) and r.status = 'paused'`;
