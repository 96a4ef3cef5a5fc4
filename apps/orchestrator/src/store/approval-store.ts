import { failure, type ApprovalDecision, type ApprovalView } from '@opsmesh/contracts';
import { ProblemError, transaction } from '@opsmesh/platform';
import type { CompiledPlan } from '@opsmesh/plan-model';
import type { Pool, PoolClient } from 'pg';
import { isSamePerson } from '../approvals/same-person.js';
import type { Ending } from '../engine/timed-event.js';
import type { OpenQuestion, OpenQuestionsQuery } from '../http/open-questions.js';
import type { Approvals, Vote } from '../http/ports.js';
import { finishSoon } from './finish-soon.js';
import { momentOf } from './moment.js';

interface ApprovalRow {
  run_id: string; run_name: string; plan: CompiledPlan; requested_by: string; step: number; item: number; attempt: number; message: string; approvers: string[]; min_approvals: number;
  created_at: Date; place_at: string; expires_at: Date; item_status: string; acts: { actor_id: string; decision: ApprovalDecision; comment: string | null; at: string }[] | null;
}

const SELECT = `
select a.run_id, ${momentOf('a.created_at')} as place_at, r.name as run_name, p.plan, r.actor_id as requested_by, a.step, a.item, a.attempt, a.message, a.approvers, a.min_approvals, a.created_at, a.expires_at,
       case when i.attempt = a.attempt then i.status else 'cancelled' end as item_status,
       (select json_agg(json_build_object('actor_id', x.actor_id, 'decision', x.decision, 'comment', x.comment, 'at', x.at) order by x.at)
        from orchestrator.approval_acts x where x.run_id = a.run_id and x.step = a.step and x.item = a.item and x.attempt = a.attempt) as acts
from orchestrator.approvals a join orchestrator.runs r on r.id = a.run_id join orchestrator.plans p on p.sha256 = r.plan_sha256
join orchestrator.items i on i.run_id = a.run_id and i.step = a.step and i.item = a.item`;

/** Questions to people and what they decided. A decision that settles a question sets the timer that ends its item, in the same transaction. */
export class ApprovalStore implements Approvals {
  /** @param settled told after a question was settled */
  constructor(private readonly pool: Pool, private readonly settled: () => void) {}

  async ofRun(tenantId: string, runId: string): Promise<ApprovalView[]> {
    const { rows } = await this.pool.query<ApprovalRow>(`${SELECT} where r.tenant_id = $1 and a.run_id = $2 order by a.created_at, a.step, a.item`, [tenantId, runId]);
    return rows.map(toView);
  }

  async open(tenantId: string, { after, limit }: OpenQuestionsQuery): Promise<OpenQuestion<ApprovalView>[]> {
    const { rows } = await this.pool.query<ApprovalRow>(
      `${SELECT} where r.tenant_id = $1 and r.status in ('running', 'paused') and i.status = 'running' and i.attempt = a.attempt
         and ($2::timestamptz is null or (date_trunc('milliseconds', a.created_at), a.run_id, a.step, a.item) > ($2, $3::uuid, $4::int, $5::int))
       order by date_trunc('milliseconds', a.created_at), a.run_id, a.step, a.item limit $6`,
      [tenantId, after?.at ?? null, after?.runId ?? null, after?.step ?? null, after?.item ?? null, limit],
    );
    return rows.map((row) => ({ place: { at: row.place_at, runId: row.run_id, step: row.step, item: row.item }, view: toView(row) }));
  }

  async vote(tenantId: string, vote: Vote): Promise<ApprovalView> {
    const { runId, step, item } = vote;
    const view = await transaction(this.pool, async (client) => {
      // Two people at the same moment: the second sees what the first did.
      await client.query('select 1 from orchestrator.approvals where run_id = $1 and step = $2 and item = $3 for update', [runId, step, item]);
      const found = await readLatest(client, tenantId, vote);
      if (!found) throw new ProblemError(404, 'approval-not-found', 'the run asks no such question');
      const open = toView(found);
      const earlier = open.acts.find((a) => isSamePerson(a.actor_id, vote.actorId));
      if (earlier?.decision === vote.decision) return open;
      assertMayDecide(open, vote);
      if (earlier) throw new ProblemError(409, 'already-decided', `${vote.actorId} has decided already: ${earlier.decision}`);
      await client.query('insert into orchestrator.approval_acts (run_id, step, item, attempt, actor_id, decision, comment) values ($1, $2, $3, $4, $5, $6, $7)', [runId, step, item, found.attempt, vote.actorId, vote.decision, vote.comment]);
      const after = (await readLatest(client, tenantId, vote))!;
      const ending = endingOf(after);
      if (ending) await finishSoon(client, { runId, step, item, attempt: found.attempt }, ending);
      return toView(after);
    });
    this.settled();
    return view;
  }
}

async function readLatest(client: PoolClient, tenantId: string, { runId, step, item }: Vote): Promise<ApprovalRow | undefined> {
  const { rows } = await client.query<ApprovalRow>(`${SELECT} where r.tenant_id = $1 and a.run_id = $2 and a.step = $3 and a.item = $4 order by a.attempt desc limit 1`, [tenantId, runId, step, item]);
  return rows[0];
}

function assertMayDecide({ status, approvers, requestedBy }: ApprovalView, { actorId, isKnown }: Vote): void {
  if (status !== 'open') throw new ProblemError(409, 'approval-closed', `the question is ${status}: there is nothing to decide`);
  if (approvers.length > 0 && !approvers.some((a) => isSamePerson(a, actorId))) throw new ProblemError(403, 'not-an-approver', `${actorId} is none of those who may decide: ${approvers.join(', ')}`);
  if (approvers.length === 0 && isKnown && isSamePerson(actorId, requestedBy)) throw new ProblemError(403, 'own-request', 'who started the run does not decide on it, unless the plan names them as an approver');
}

/** How the item ends, when the question is settled. */
function endingOf({ acts, min_approvals: wanted }: ApprovalRow): Ending | undefined {
  const all = acts ?? [];
  const rejection = all.find((a) => a.decision === 'reject');
  const last = all.at(-1)!;
  const said = { by: all.map((a) => a.actor_id), at: new Date(last.at).toISOString(), comment: (rejection ?? last).comment };
  if (rejection) return { outcome: { status: 'failed', failure: failure('approval-rejected', `rejected by ${rejection.actor_id}${rejection.comment ? `: ${rejection.comment}` : ''}`) }, output: { decision: 'rejected', ...said } };
  return all.length >= wanted ? { outcome: { status: 'succeeded' }, output: { decision: 'approved', ...said } } : undefined;
}

function statusOf({ acts, min_approvals: wanted, item_status: item }: ApprovalRow): ApprovalView['status'] {
  if (acts?.some((a) => a.decision === 'reject')) return 'rejected';
  if ((acts?.length ?? 0) >= wanted) return 'approved';
  return item === 'running' ? 'open' : 'closed';
}

function toView(row: ApprovalRow): ApprovalView {
  const stepId = row.plan.steps[row.step]!.id;
  return {
    kind: 'step', id: `${stepId}.${row.item}`, runId: row.run_id, runName: row.run_name, step: stepId, item: row.item, message: row.message, approvers: row.approvers, minApprovals: row.min_approvals, status: statusOf(row),
    requestedBy: row.requested_by, createdAt: row.created_at.toISOString(), expiresAt: row.expires_at.toISOString(), acts: (row.acts ?? []).map((a) => ({ ...a, at: new Date(a.at).toISOString() })),
  };
}
