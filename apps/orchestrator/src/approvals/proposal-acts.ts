import { UUID, type ApprovalDecision } from '@opsmesh/contracts';
import { ProblemError, transaction } from '@opsmesh/platform';
import type { Pool, PoolClient } from 'pg';
import type { StoredProposal, StoredQuestion } from './proposal.js';
import { readProposal } from './proposal-store.js';
import { isSamePerson } from './same-person.js';

export interface PlanVote {
  readonly runId: string;
  readonly part: number;
  readonly actorId: string;
  /** Whether a token proved who it is. */
  readonly isKnown: boolean;
  readonly decision: ApprovalDecision;
  readonly manifestSha256: string | undefined;
  readonly typedText: string | undefined;
  readonly comment: string | null;
}

/** For how long what was just approved is left to the process that heard of it, so that whoever approved it is told what became of it; in milliseconds. */
const LAUNCH_MS = 2000;

export type Withdrawal = Pick<PlanVote, 'runId' | 'actorId' | 'isKnown'>;

/** What people do to proposals, each act under the lock of its proposal: of two people at the same moment the second sees what the first did. */
export class ProposalActs {
  constructor(private readonly pool: Pool) {}

  /**
   * Records one person's word.
   * @returns the proposal after it
   * @throws ProblemError as `RunApprovals.decide` says
   */
  async vote(tenantId: string, vote: PlanVote): Promise<StoredProposal> {
    const { runId, part } = vote;
    return transaction(this.pool, async (client) => {
      const proposal = await lockedProposal(client, tenantId, runId);
      const question = proposal?.questions.find((q) => q.part === part);
      if (!proposal || !question) throw notFound();
      const earlier = question.acts.find((a) => isSamePerson(a.actor_id, vote.actorId));
      if (earlier?.decision === vote.decision && earlier.manifest_sha256 === vote.manifestSha256) return proposal;
      assertMayDecide(proposal, question, vote);
      if (earlier) throw new ProblemError(409, 'already-decided', `${vote.actorId} has decided already: ${earlier.decision}`);
      await client.query('insert into orchestrator.proposal_acts (run_id, part, actor_id, is_known, decision, manifest_sha256, comment) values ($1, $2, $3, $4, $5, $6, $7)', [runId, part, vote.actorId, vote.isKnown, vote.decision, vote.manifestSha256, vote.comment]);
      const isSettled = vote.decision === 'reject' || question.acts.length + 1 >= question.minApprovals;
      if (isSettled) {
        await client.query('update orchestrator.proposal_questions set status = $3 where run_id = $1 and part = $2', [runId, part, vote.decision === 'reject' ? 'rejected' : 'approved']);
        // Without the added targets it runs on those that were approved before.
        await client.query(`update orchestrator.proposals set status = $2, held_until = now() + $3 * interval '1 millisecond' where run_id = $1`, [runId, vote.decision === 'reject' && part === 0 ? 'rejected' : 'approved', LAUNCH_MS]);
      }
      return (await readProposal(client, tenantId, runId))!;
    });
  }

  /**
   * Takes a proposal back before it becomes a run. The act stands with its newest question.
   * @returns the proposal after it; undefined when there is none, or it became a run
   * @throws ProblemError 409 `run-ended` or `run-starting`
   */
  async withdraw(tenantId: string, { runId, actorId, isKnown }: Withdrawal): Promise<StoredProposal | undefined> {
    return transaction(this.pool, async (client) => {
      const proposal = await lockedProposal(client, tenantId, runId);
      if (!proposal || proposal.status === 'started') return undefined;
      if (proposal.status === 'starting') throw new ProblemError(409, 'run-starting', 'enough people approved it, and it is started this very moment: cancel it once more');
      if (proposal.shown !== 'awaiting-approval' && proposal.shown !== 'starting') throw new ProblemError(409, 'run-ended', `the run is ${proposal.shown}: there is nothing to cancel`);
      const question = proposal.questions.at(-1)!;
      await client.query(`insert into orchestrator.proposal_acts (run_id, part, actor_id, is_known, decision, manifest_sha256) values ($1, $2, $3, $4, 'withdraw', $5)`, [runId, question.part, actorId, isKnown, question.manifestSha256]);
      await client.query(`update orchestrator.proposals set status = 'withdrawn' where run_id = $1`, [runId]);
      return readProposal(client, tenantId, runId);
    });
  }
}

async function lockedProposal(client: PoolClient, tenantId: string, runId: string): Promise<StoredProposal | undefined> {
  if (!UUID.test(runId)) return undefined;
  await client.query('select 1 from orchestrator.proposals where tenant_id = $1 and run_id = $2 for update', [tenantId, runId]);
  return readProposal(client, tenantId, runId);
}

function assertMayDecide(proposal: StoredProposal, question: StoredQuestion, { actorId, decision, manifestSha256, typedText }: PlanVote): void {
  if (proposal.shown === 'expired') throw new ProblemError(409, 'approval-expired', 'the proposal has expired: ask for the run again');
  if (proposal.status !== 'waiting' || question.status !== 'open') throw new ProblemError(409, 'approval-closed', `the question is ${question.status === 'open' ? proposal.status : question.status}: there is nothing to decide`);
  if (manifestSha256 === undefined) throw new ProblemError(422, 'manifest-required', 'say in manifest_sha256 which manifest you have seen');
  if (manifestSha256 !== question.manifestSha256) throw new ProblemError(409, 'manifest-mismatch', 'that is not the manifest which is to be decided: look at it again');
  if (decision === 'reject') return;
  if (question.risk.tier === 'two-people' && [proposal.requestedBy, proposal.proposedBy].some((asked) => isSamePerson(actorId, asked))) throw new ProblemError(403, 'own-request', `this needs ${question.minApprovals} others than the one who asked for it`);
  if (question.typedText !== null && typedText?.trim().toLowerCase() !== question.typedText) throw new ProblemError(422, 'typed-text-required', `type "${question.typedText}" to approve`);
}

function notFound(): ProblemError {
  return new ProblemError(404, 'approval-not-found', 'there is no such question about a proposed run');
}
