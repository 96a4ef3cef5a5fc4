import { ProblemError, transaction } from '@opsmesh/platform';
import type { Json } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import { signalled } from '../engine/begin-item.js';
import type { Signal, SignalledItem, Signals } from '../http/ports.js';
import { finishSoon } from './finish-soon.js';

/** Signals of one run that may wait for a step that wants them. */
const MOST_KEPT = 1000;

/**
 * Signals from outside. One that nobody waits for is kept for the step that will.
 * The run is locked meanwhile and gets a new version, so that a step which begins to wait at the same moment sees the signal or is seen.
 */
export class SignalStore implements Signals {
  /** @param delivered told after a wait was ended */
  constructor(private readonly pool: Pool, private readonly delivered: () => void) {}

  async send(tenantId: string, { runId, name, payload, waitSteps }: Signal): Promise<SignalledItem[]> {
    const reached = await transaction(this.pool, async (client) => {
      const { rows: [run] } = await client.query<{ status: string }>(
        'select r.status from orchestrator.run_states s join orchestrator.runs r on r.id = s.run_id where s.run_id = $1 and r.tenant_id = $2 for update of s', [runId, tenantId],
      );
      if (!run) throw new ProblemError(404, 'run-not-found', 'there is no such run');
      if (run.status !== 'running' && run.status !== 'paused') throw new ProblemError(409, 'run-ended', `the run is ${run.status}: no signal can reach it`);
      const { rows: waiting } = await client.query<SignalledItem & { attempt: number }>(WAITING, [runId, waitSteps, name]);
      for (const { step, item, attempt } of waiting) await finishSoon(client, { runId, step, item, attempt }, signalled(payload as Json));
      if (waiting.length === 0) {
        const { rowCount } = await client.query('insert into orchestrator.signals (run_id, name, payload) select $1, $2, $3::json where (select count(*) from orchestrator.signals where run_id = $1) < $4', [runId, name, JSON.stringify(payload), MOST_KEPT]);
        if (rowCount === 0) throw new ProblemError(409, 'too-many-signals', `the run keeps ${MOST_KEPT} signals that nothing waits for`);
      }
      await client.query('update orchestrator.run_states set version = version + 1 where run_id = $1', [runId]);
      return waiting.map(({ step, item }) => ({ step, item }));
    });
    this.delivered();
    return reached;
  }
}

/** Items that wait for the signal and whose wait is not over already. */
const WAITING = `
select i.step, i.item, i.attempt from orchestrator.items i
where i.run_id = $1 and i.status = 'running' and i.step = any($2::int[]) and i.inputs->>'signal' = $3
  and not exists (select 1 from orchestrator.timers t where t.run_id = i.run_id and t.step = i.step and t.item = i.item and t.kind = 'finish' and t.due_at <= now())`;
