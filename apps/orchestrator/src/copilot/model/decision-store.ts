import type { DecisionListView } from '@opsmesh/contracts';
import type { Decided, Usage } from '@opsmesh/copilot';
import type { Pool } from 'pg';
import type { WantedDecision } from '../../engine/ports.js';
import type { RunReader } from '../../http/ports.js';
import { usageView } from '../reply.js';

interface Row { step: number; item: number; attempt: number; choice: string; chosen_by: string; reason: string; usage: Usage; at: Date }

/** What was chosen for decision steps when a model was asked, why, and for how many tokens. */
export class DecisionStore {
  constructor(private readonly pool: Pool, private readonly reader: RunReader) {}

  async keep({ runId, step, item, attempt }: WantedDecision, { choice, by, reason, usage }: Decided): Promise<void> {
    await this.pool.query(
      `insert into orchestrator.decision_usage (run_id, step, item, attempt, choice, chosen_by, reason, usage) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [runId, step, item, attempt, choice, by, reason.replaceAll('\u0000', ''), JSON.stringify(usage)],
    );
  }

  /** @throws ProblemError 404 `run-not-found` */
  async ofRun(tenantId: string, runId: string): Promise<DecisionListView> {
    const run = await this.reader.getRun(tenantId, runId);
    const { rows } = await this.pool.query<Row>('select step, item, attempt, choice, chosen_by, reason, usage, at from orchestrator.decision_usage where run_id = $1 order by at, step, item, attempt limit 1000', [run.id]);
    return {
      usage: usageView(rows.map((r) => r.usage)),
      items: rows.map((r) => ({ step: run.steps[r.step]!.id, item: r.item, attempt: r.attempt, choice: r.choice, by: r.chosen_by, reason: r.reason, at: r.at.toISOString(), usage: usageView([r.usage]) })),
    };
  }
}
