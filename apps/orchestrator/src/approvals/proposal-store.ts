import type { ApprovalDecision, Manifest, PlanApprovalActView, RiskView } from '@opsmesh/contracts';
import { ProblemError, transaction } from '@opsmesh/platform';
import type { Pool, PoolClient } from 'pg';
import type { NewProposal, NewQuestion, StoredProposal, StoredQuestion, StoredStatus } from './proposal.js';

/** For how long a proposal that is being started is left to the process that does it, in milliseconds; after that another one takes it. */
const HOLD_MS = 15_000;

interface ProposalRow {
  run_id: string; tenant_id: string; requested_by: string; proposed_by: string; origin: StoredProposal['origin']; plan: StoredProposal['plan']; inputs: StoredProposal['inputs']; warnings: StoredProposal['warnings'];
  preview: StoredProposal['preview']; idempotency_key: string | null; request_sha256: string; traceparent: string | null; status: StoredStatus; vanished: string[]; trouble: string | null; created_at: Date; expires_at: Date; is_over: boolean;
  questions: (Omit<StoredQuestion, 'acts' | 'manifestSha256' | 'minApprovals' | 'createdAt'> & { manifest_sha256: string; min_approvals: number; created_at: string; risk: RiskView; acts: PlanApprovalActView[] | null })[];
}

/** `is_over`: nobody decided, or it could not be started, in time. */
const SELECT = `
select p.*, p.status in ('waiting', 'approved') and p.expires_at <= now() as is_over,
       (select coalesce(json_agg(json_build_object('part', q.part, 'manifest_sha256', q.manifest_sha256, 'risk', q.risk, 'min_approvals', q.min_approvals, 'confirmation', q.confirmation, 'added', q.added, 'status', q.status, 'created_at', q.created_at,
          'acts', (select json_agg(json_build_object('actor_id', x.actor_id, 'decision', x.decision, 'comment', x.comment, 'at', x.at, 'manifest_sha256', x.manifest_sha256) order by x.at)
                   from orchestrator.proposal_acts x where x.run_id = q.run_id and x.part = q.part)) order by q.part), '[]')
        from orchestrator.proposal_questions q where q.run_id = p.run_id) as questions
from orchestrator.proposals p`;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface PlanVote {
  readonly runId: string;
  readonly part: number;
  readonly actorId: string;
  /** Whether a token proved who it is. */
  readonly isKnown: boolean;
  readonly decision: ApprovalDecision;
  readonly manifestSha256: string | undefined;
  readonly confirmation: string | undefined;
  readonly comment: string | null;
}

/**
 * Proposals, the questions about them and what people answered.
 * 1. Every act is made under the lock of its proposal: of two people at the same moment the second sees what the first did.
 * 2. `approved` is committed with the act that makes it so; from then on any process can start the run, whose id is known.
 * 3. Time is the database's clock.
 */
export class ProposalStore {
  constructor(private readonly pool: Pool) {}

  /** @returns false when the tenant has one with the same idempotency key */
  insert(p: NewProposal): Promise<boolean> {
    return transaction(this.pool, async (client) => {
      const { rowCount } = await client.query(
        `insert into orchestrator.proposals (run_id, tenant_id, requested_by, proposed_by, origin, plan, inputs, warnings, preview, idempotency_key, request_sha256, traceparent, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() + $13 * interval '1 millisecond') on conflict do nothing`,
        [p.runId, p.tenantId, p.requestedBy, p.proposedBy, p.origin, ...[p.plan, p.inputs, p.warnings, p.preview].map((v) => JSON.stringify(v)), p.idempotencyKey, p.requestSha256, p.traceparent, p.expiresMs],
      );
      if (rowCount !== 1) return false;
      await insertQuestion(client, { runId: p.runId, part: 0, status: 'open' }, p.question);
      return true;
    });
  }

  find(tenantId: string, runId: string): Promise<StoredProposal | undefined> {
    return UUID.test(runId) ? this.one('p.tenant_id = $1 and p.run_id = $2', [tenantId, runId]) : Promise.resolve(undefined);
  }

  findByKey(tenantId: string, key: string): Promise<StoredProposal | undefined> {
    return this.one('p.tenant_id = $1 and p.idempotency_key = $2', [tenantId, key]);
  }

  /** Those of the tenant that wait for people, oldest first, at most 200. */
  async waiting(tenantId: string): Promise<StoredProposal[]> {
    const { rows } = await this.pool.query<ProposalRow>(`${SELECT} where p.tenant_id = $1 and p.status = 'waiting' and p.expires_at > now() order by p.run_id limit 200`, [tenantId]);
    return rows.map(toProposal);
  }

  /**
   * Records one person's word.
   * @returns the proposal after it
   * @throws ProblemError as `RunApprovals.decide` says
   */
  async vote(tenantId: string, vote: PlanVote): Promise<StoredProposal> {
    const { runId, part } = vote;
    if (!UUID.test(runId)) throw notFound();
    return transaction(this.pool, async (client) => {
      await client.query('select 1 from orchestrator.proposals where tenant_id = $1 and run_id = $2 for update', [tenantId, runId]);
      const proposal = await readOne(client, tenantId, runId);
      const question = proposal?.questions.find((q) => q.part === part);
      if (!proposal || !question) throw notFound();
      const earlier = question.acts.find((a) => a.actor_id === vote.actorId);
      if (earlier?.decision === vote.decision && earlier.manifest_sha256 === vote.manifestSha256) return proposal;
      assertMayDecide(proposal, question, vote);
      if (earlier) throw new ProblemError(409, 'already-decided', `${vote.actorId} has decided already: ${earlier.decision}`);
      await client.query('insert into orchestrator.proposal_acts (run_id, part, actor_id, is_known, decision, manifest_sha256, comment) values ($1, $2, $3, $4, $5, $6, $7)', [runId, part, vote.actorId, vote.isKnown, vote.decision, vote.manifestSha256, vote.comment]);
      const isSettled = vote.decision === 'reject' || question.acts.length + 1 >= question.minApprovals;
      if (isSettled) {
        await client.query('update orchestrator.proposal_questions set status = $3 where run_id = $1 and part = $2', [runId, part, vote.decision === 'reject' ? 'rejected' : 'approved']);
        // Without the added targets it runs on those that were approved before.
        await client.query(`update orchestrator.proposals set status = $2, held_until = now() where run_id = $1`, [runId, vote.decision === 'reject' && part === 0 ? 'rejected' : 'approved']);
      }
      return (await readOne(client, tenantId, runId))!;
    });
  }

  /** Takes an approved proposal to start it, for a while; undefined when it is not to be started now. */
  async hold(runId: string): Promise<StoredProposal | undefined> {
    const { rows: [held] } = await this.pool.query<{ tenant_id: string }>(
      `update orchestrator.proposals set held_until = now() + $2 * interval '1 millisecond' where run_id = $1 and status = 'approved' and held_until <= now() and expires_at > now() returning tenant_id`, [runId, HOLD_MS],
    );
    return held && this.find(held.tenant_id, runId);
  }

  /** Ids of proposals that are approved and that nobody is starting. */
  async startable(limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ run_id: string }>({ name: 'startable-proposals', text: `select run_id from orchestrator.proposals where status = 'approved' and held_until <= now() and expires_at > now() order by run_id limit $1`, values: [limit] });
    return rows.map((r) => r.run_id);
  }

  /** Marks what nobody decided, or what could not be started, in time. */
  async expire(): Promise<void> {
    await this.pool.query({ name: 'expire-proposals', text: `update orchestrator.proposals set status = 'expired' where status in ('waiting', 'approved') and expires_at <= now() and held_until <= now()` });
  }

  /** Asks about added targets, or with `isSettled` only records that they need no approval. The same part twice changes nothing. */
  ask(runId: string, part: number, { question, isSettled, vanished }: { question: NewQuestion; isSettled: boolean; vanished: readonly string[] }): Promise<void> {
    return transaction(this.pool, async (client) => {
      await client.query('select 1 from orchestrator.proposals where run_id = $1 for update', [runId]);
      const isNew = await insertQuestion(client, { runId, part, status: isSettled ? 'approved' : 'open' }, question);
      if (isNew && !isSettled) await client.query(`update orchestrator.proposals set status = 'waiting', held_until = now(), vanished = $2, trouble = null where run_id = $1 and status = 'approved'`, [runId, vanished]);
    });
  }

  async started(runId: string, vanished: readonly string[]): Promise<void> {
    await this.pool.query(`update orchestrator.proposals set status = 'started', vanished = $2, trouble = null where run_id = $1 and status in ('approved', 'waiting')`, [runId, vanished]);
  }

  /** Lets another try it again after so many milliseconds. */
  async release(runId: string, trouble: string, afterMs: number): Promise<void> {
    await this.pool.query(`update orchestrator.proposals set held_until = now() + $3 * interval '1 millisecond', trouble = $2 where run_id = $1 and status = 'approved'`, [runId, trouble, afterMs]);
  }

  /** Ends an approval that holds no more. */
  async close(runId: string, trouble: string): Promise<void> {
    await this.pool.query(`update orchestrator.proposals set status = 'expired', trouble = $2 where run_id = $1 and status = 'approved'`, [runId, trouble]);
  }

  async putManifest(sha256: string, manifest: Manifest): Promise<void> {
    await putManifest(this.pool, sha256, manifest);
  }

  async manifest(sha256: string): Promise<Manifest | undefined> {
    const { rows } = await this.pool.query<{ manifest: Manifest }>({ name: 'manifest', text: 'select manifest from orchestrator.manifests where sha256 = $1', values: [sha256] });
    return rows[0]?.manifest;
  }

  /** Hash of the manifest of a run that exists; undefined when there is no such run of the tenant, null when it needed no approval. */
  async manifestOfRun(tenantId: string, runId: string): Promise<string | null | undefined> {
    if (!UUID.test(runId)) return undefined;
    const { rows } = await this.pool.query<{ manifest_sha256: string | null }>('select manifest_sha256 from orchestrator.runs where tenant_id = $1 and id = $2', [tenantId, runId]);
    return rows[0]?.manifest_sha256;
  }

  /** Whether an approval of a run with that manifest has not expired. */
  async holds(tenantId: string, sha256: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('select 1 from orchestrator.runs r join orchestrator.proposals p on p.run_id = r.id where r.tenant_id = $1 and r.manifest_sha256 = $2 and p.expires_at > now() limit 1', [tenantId, sha256]);
    return rowCount === 1;
  }

  private async one(where: string, values: readonly unknown[]): Promise<StoredProposal | undefined> {
    const { rows } = await this.pool.query<ProposalRow>(`${SELECT} where ${where}`, [...values]);
    return rows[0] && toProposal(rows[0]);
  }
}

async function readOne(client: PoolClient, tenantId: string, runId: string): Promise<StoredProposal | undefined> {
  const { rows } = await client.query<ProposalRow>(`${SELECT} where p.tenant_id = $1 and p.run_id = $2`, [tenantId, runId]);
  return rows[0] && toProposal(rows[0]);
}

async function insertQuestion(client: PoolClient, { runId, part, status }: { runId: string } & Pick<StoredQuestion, 'part' | 'status'>, q: NewQuestion): Promise<boolean> {
  await putManifest(client, q.manifestSha256, q.manifest);
  const { rowCount } = await client.query(
    'insert into orchestrator.proposal_questions (run_id, part, manifest_sha256, risk, min_approvals, confirmation, added, status) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing',
    [runId, part, q.manifestSha256, JSON.stringify(q.risk), q.minApprovals, q.confirmation, q.added, status],
  );
  return rowCount === 1;
}

async function putManifest(client: Pick<PoolClient, 'query'>, sha256: string, manifest: Manifest): Promise<void> {
  await client.query('insert into orchestrator.manifests (sha256, manifest) values ($1, $2) on conflict do nothing', [sha256, JSON.stringify(manifest)]);
}

function assertMayDecide(proposal: StoredProposal, question: StoredQuestion, { actorId, decision, manifestSha256, confirmation }: PlanVote): void {
  if (proposal.isOver || proposal.status === 'expired') throw new ProblemError(409, 'approval-expired', 'the proposal has expired: ask for the run again');
  if (proposal.status !== 'waiting' || question.status !== 'open') throw new ProblemError(409, 'approval-closed', `the question is ${question.status === 'open' ? proposal.status : question.status}: there is nothing to decide`);
  if (manifestSha256 === undefined) throw new ProblemError(422, 'manifest-required', 'say in manifest_sha256 which manifest you have seen');
  if (manifestSha256 !== question.manifestSha256) throw new ProblemError(409, 'manifest-mismatch', 'that is not the manifest which is to be decided: look at it again');
  if (decision === 'reject') return;
  if (question.risk.tier === 'two-people' && (actorId === proposal.requestedBy || actorId === proposal.proposedBy)) throw new ProblemError(403, 'own-request', `this needs ${question.minApprovals} others than the one who asked for it`);
  if (question.confirmation !== null && confirmation?.trim().toLowerCase() !== question.confirmation) throw new ProblemError(422, 'confirmation-required', `type "${question.confirmation}" to approve`);
}

function notFound(): ProblemError {
  return new ProblemError(404, 'approval-not-found', 'there is no such question about a proposed run');
}

function toProposal(r: ProposalRow): StoredProposal {
  const iso = (time: string): string => new Date(time).toISOString();
  return {
    runId: r.run_id, tenantId: r.tenant_id, requestedBy: r.requested_by, proposedBy: r.proposed_by, origin: r.origin, plan: r.plan, inputs: r.inputs, warnings: r.warnings, preview: r.preview, idempotencyKey: r.idempotency_key,
    requestSha256: r.request_sha256, traceparent: r.traceparent, status: r.status, vanished: r.vanished, trouble: r.trouble, createdAt: r.created_at.toISOString(), expiresAt: r.expires_at.toISOString(), isOver: r.is_over,
    questions: r.questions.map(({ manifest_sha256: manifestSha256, min_approvals: minApprovals, created_at: createdAt, acts, ...q }) => ({ ...q, manifestSha256, minApprovals, createdAt: iso(createdAt), acts: (acts ?? []).map((a) => ({ ...a, at: iso(a.at) })) })),
  };
}
