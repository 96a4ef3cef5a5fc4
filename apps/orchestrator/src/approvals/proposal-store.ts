import { DEFAULT_PAGE, UUID, type ListRunsQueryDto, type Manifest, type PlanApprovalActView, type ProposalStatus, type RiskView, type RunPageView, type RunSummary } from '@opsmesh/contracts';
import { transaction } from '@opsmesh/platform';
import type { Pool, PoolClient } from 'pg';
import type { OpenQuestionsQuery, QuestionPlace } from '../http/open-questions.js';
import { momentOf } from '../store/moment.js';
import type { NewProposal, NewQuestion, StoredProposal, StoredQuestion, StoredStatus } from './proposal.js';
import { shownText } from './shown.js';

/** For how long a proposal that is being started is left to the process that does it, in milliseconds; after that another one takes it. */
const HOLD_MS = 15_000;

interface ProposalRow {
  run_id: string; tenant_id: string; requested_by: string; proposed_by: string; origin: StoredProposal['origin']; plan: StoredProposal['plan']; inputs: StoredProposal['inputs']; warnings: StoredProposal['warnings'];
  preview: StoredProposal['preview']; rerun: StoredProposal['rerun']; idempotency_key: string | null; request_sha256: string; traceparent: string | null; status: StoredStatus; vanished: string[]; trouble: string | null; created_at: Date; expires_at: Date; shown: StoredProposal['shown'];
  questions: (Omit<StoredQuestion, 'acts' | 'manifestSha256' | 'minApprovals' | 'createdAt'> & { manifest_sha256: string; min_approvals: number; created_at: string; risk: RiskView; acts: PlanApprovalActView[] | null })[];
}

/** The status as people see it; `expired` also where that is not noted yet: nobody decided, or it could not be started, in time. */
const SHOWN = `case when p.status in ('waiting', 'approved') and p.expires_at <= now() then 'expired' when p.status = 'waiting' then 'awaiting-approval' when p.status = 'approved' then 'starting' else p.status end`;
const SELECT = `
select p.*, ${SHOWN} as shown,
       (select coalesce(json_agg(json_build_object('part', q.part, 'manifest_sha256', q.manifest_sha256, 'risk', q.risk, 'min_approvals', q.min_approvals, 'typedText', q.typed_text, 'added', q.added, 'changed', q.changed, 'status', q.status, 'created_at', q.created_at,
          'acts', (select json_agg(json_build_object('actor_id', x.actor_id, 'decision', x.decision, 'comment', x.comment, 'at', x.at, 'manifest_sha256', x.manifest_sha256) order by x.at)
                   from orchestrator.proposal_acts x where x.run_id = q.run_id and x.part = q.part)) order by q.part), '[]')
        from orchestrator.proposal_questions q where q.run_id = p.run_id) as questions
from orchestrator.proposals p`;
const WANTED = `(status = 'starting' or (status = 'approved' and expires_at > now()))`;

interface SummaryRow { run_id: string; tenant_id: string; requested_by: string; name: string; created_at: Date; parent_run_id: string | null; shown: ProposalStatus }

/**
 * Proposals and the questions about them.
 * 1. `approved` is committed with the act that makes it so; from then on any process can start the run, whose id is known.
 * 2. `starting` is committed before the run is created and is left for `started` or a refusal only: what people withdraw is no run, and becomes none.
 * 3. Time is the database's clock.
 */
export class ProposalStore {
  constructor(private readonly pool: Pool) {}

  /** @returns false when the tenant has one with the same idempotency key */
  insert(p: NewProposal): Promise<boolean> {
    return transaction(this.pool, async (client) => {
      const { rowCount } = await client.query(
        `insert into orchestrator.proposals (run_id, tenant_id, requested_by, proposed_by, origin, plan, inputs, warnings, preview, rerun, idempotency_key, request_sha256, traceparent, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + $14 * interval '1 millisecond') on conflict do nothing`,
        [p.runId, p.tenantId, p.requestedBy, p.proposedBy, p.origin, ...[p.plan, p.inputs, p.warnings, p.preview].map((v) => JSON.stringify(v)), p.rerun && JSON.stringify(p.rerun), p.idempotencyKey, p.requestSha256, p.traceparent, p.expiresMs],
      );
      if (rowCount !== 1) return false;
      await insertQuestion(client, { runId: p.runId, part: 0, status: 'open' }, p.question);
      return true;
    });
  }

  find(tenantId: string, runId: string): Promise<StoredProposal | undefined> {
    return readProposal(this.pool, tenantId, runId);
  }

  findByKey(tenantId: string, key: string): Promise<StoredProposal | undefined> {
    return this.one('p.tenant_id = $1 and p.idempotency_key = $2', [tenantId, key]);
  }

  /** Open questions of the tenant about proposals that wait for people, oldest first. */
  async waiting(tenantId: string, { after, limit }: OpenQuestionsQuery): Promise<{ readonly place: QuestionPlace; readonly proposal: StoredProposal }[]> {
    const { rows } = await this.pool.query<ProposalRow & { asked_at: string; asked_part: number }>(
      `select s.*, ${momentOf('o.created_at')} as asked_at, o.part as asked_part from (${SELECT} where p.tenant_id = $1 and p.status = 'waiting' and p.expires_at > now()) s
       join orchestrator.proposal_questions o on o.run_id = s.run_id and o.status = 'open'
       where $2::timestamptz is null or (date_trunc('milliseconds', o.created_at), o.run_id, o.part, 0) > ($2, $3::uuid, $4::int, $5::int)
       order by date_trunc('milliseconds', o.created_at), o.run_id, o.part limit $6`,
      [tenantId, after?.at ?? null, after?.runId ?? null, after?.step ?? null, after?.item ?? null, limit],
    );
    return rows.map((r) => ({ place: { at: r.asked_at, runId: r.run_id, step: r.asked_part, item: 0 }, proposal: toProposal(r) }));
  }

  /** Those of the tenant that are no runs, the newest first; `cursor` is the id of the last one of the page before. */
  async list(tenantId: string, { status, name, limit = DEFAULT_PAGE, cursor }: ListRunsQueryDto): Promise<RunPageView> {
    if (cursor !== undefined && !UUID.test(cursor)) return { items: [], next: null };
    const { rows } = await this.pool.query<SummaryRow>(
      `select p.run_id, p.tenant_id, p.requested_by, p.plan->>'name' as name, p.created_at, p.rerun->>'parentRunId' as parent_run_id, ${SHOWN} as shown from orchestrator.proposals p
       where p.tenant_id = $1 and p.status <> 'started' and not exists (select 1 from orchestrator.runs r where r.id = p.run_id)
         and ($2::text is null or ${SHOWN} = $2) and ($3::text is null or p.plan->>'name' = $3) and ($4::uuid is null or p.run_id < $4) order by p.run_id desc limit $5`,
      [tenantId, status ?? null, name ?? null, cursor ?? null, limit + 1],
    );
    const page = rows.slice(0, limit);
    return { items: page.map(toSummary), next: rows.length > limit ? page.at(-1)!.run_id : null };
  }

  /** Takes an approved proposal to start it, for a while; undefined when it is not to be started now. `isOurs`: also one that is left to somebody, to us. */
  async hold(runId: string, isOurs: boolean): Promise<StoredProposal | undefined> {
    const { rows: [held] } = await this.pool.query<{ tenant_id: string }>(
      `update orchestrator.proposals set held_until = now() + $2 * interval '1 millisecond' where run_id = $1 and ${WANTED} and ($3 or held_until <= now()) returning tenant_id`, [runId, HOLD_MS, isOurs],
    );
    return held && this.find(held.tenant_id, runId);
  }

  /** Ids of proposals that are approved and that nobody is starting. */
  async startable(limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ run_id: string }>({ name: 'startable-proposals', text: `select run_id from orchestrator.proposals where ${WANTED} and held_until <= now() order by run_id limit $1`, values: [limit] });
    return rows.map((r) => r.run_id);
  }

  /** Marks what nobody decided, or what could not be started, in time. */
  async expire(): Promise<void> {
    await this.pool.query({ name: 'expire-proposals', text: `update orchestrator.proposals set status = 'expired' where status in ('waiting', 'approved') and expires_at <= now() and held_until <= now()` });
  }

  /** Asks about added and changed targets, or with `isSettled` only records that they need no approval. The same part twice changes nothing. */
  ask(runId: string, part: number, { question, isSettled, vanished }: { question: NewQuestion; isSettled: boolean; vanished: readonly string[] }): Promise<void> {
    return transaction(this.pool, async (client) => {
      await client.query('select 1 from orchestrator.proposals where run_id = $1 for update', [runId]);
      const isNew = await insertQuestion(client, { runId, part, status: isSettled ? 'approved' : 'open' }, question);
      if (isNew && !isSettled) await client.query(`update orchestrator.proposals set status = 'waiting', held_until = now(), vanished = $2, trouble = null where run_id = $1 and status in ('approved', 'starting')`, [runId, vanished]);
    });
  }

  /** From here on it becomes a run and can't be withdrawn. @returns false when it was withdrawn before, or its approval ran out in the meantime */
  async begin(runId: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(`update orchestrator.proposals set status = 'starting' where run_id = $1 and (status = 'starting' or (status = 'approved' and expires_at > now()))`, [runId]);
    return rowCount === 1;
  }

  async started(runId: string, vanished: readonly string[]): Promise<void> {
    await this.pool.query(`update orchestrator.proposals set status = 'started', vanished = $2, trouble = null where run_id = $1 and status in ('approved', 'starting', 'waiting')`, [runId, vanished]);
  }

  /** Lets another try it again after so many milliseconds. */
  async release(runId: string, trouble: string, afterMs: number): Promise<void> {
    await this.pool.query(`update orchestrator.proposals set held_until = now() + $3 * interval '1 millisecond', trouble = $2 where run_id = $1 and status in ('approved', 'starting')`, [runId, trouble, afterMs]);
  }

  /** Ends an approval that holds no more. */
  async close(runId: string, trouble: string): Promise<void> {
    await this.pool.query(`update orchestrator.proposals set status = 'expired', trouble = $2 where run_id = $1 and status in ('approved', 'starting')`, [runId, trouble]);
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

/** A proposal of the tenant with its questions and what people did. */
export async function readProposal(client: Pick<PoolClient, 'query'>, tenantId: string, runId: string): Promise<StoredProposal | undefined> {
  if (!UUID.test(runId)) return undefined;
  const { rows } = await client.query<ProposalRow>(`${SELECT} where p.tenant_id = $1 and p.run_id = $2`, [tenantId, runId]);
  return rows[0] && toProposal(rows[0]);
}

async function insertQuestion(client: PoolClient, { runId, part, status }: { runId: string } & Pick<StoredQuestion, 'part' | 'status'>, q: NewQuestion): Promise<boolean> {
  await putManifest(client, q.manifestSha256, q.manifest);
  const { rowCount } = await client.query(
    'insert into orchestrator.proposal_questions (run_id, part, manifest_sha256, risk, min_approvals, typed_text, added, changed, status) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing',
    [runId, part, q.manifestSha256, JSON.stringify(q.risk), q.minApprovals, q.typedText, q.added, JSON.stringify(q.changed), status],
  );
  return rowCount === 1;
}

async function putManifest(client: Pick<PoolClient, 'query'>, sha256: string, manifest: Manifest): Promise<void> {
  await client.query('insert into orchestrator.manifests (sha256, manifest) values ($1, $2) on conflict do nothing', [sha256, JSON.stringify(manifest)]);
}

function toSummary(r: SummaryRow): RunSummary {
  return { id: r.run_id, tenant_id: r.tenant_id, actor_id: r.requested_by, name: shownText(r.name), status: r.shown, createdAt: r.created_at.toISOString(), finishedAt: null, parentRunId: r.parent_run_id };
}

function toProposal(r: ProposalRow): StoredProposal {
  const iso = (time: string): string => new Date(time).toISOString();
  return {
    runId: r.run_id, tenantId: r.tenant_id, requestedBy: r.requested_by, proposedBy: r.proposed_by, origin: r.origin, plan: r.plan, inputs: r.inputs, warnings: r.warnings, preview: r.preview, rerun: r.rerun, idempotencyKey: r.idempotency_key,
    requestSha256: r.request_sha256, traceparent: r.traceparent, status: r.status, vanished: r.vanished, trouble: r.trouble, createdAt: r.created_at.toISOString(), expiresAt: r.expires_at.toISOString(), shown: r.shown,
    questions: r.questions.map(({ manifest_sha256: manifestSha256, min_approvals: minApprovals, created_at: createdAt, acts, ...q }) => ({ ...q, manifestSha256, minApprovals, createdAt: iso(createdAt), acts: (acts ?? []).map((a) => ({ ...a, at: iso(a.at) })) })),
  };
}
