import type { ChangedTarget, DiagnosticDto, Manifest, PlanApprovalActView, PlanApprovalView, PreviewView, ProposalStatus, ProposedRunView, RiskView, RunOrigin } from '@opsmesh/contracts';
import type { CompiledPlan, JsonObject } from '@opsmesh/plan-model';
import type { Repeat } from '../engine/submission.js';
import { changesText } from './endpoint-changes.js';
import { shownInputs, shownText } from './shown.js';

/** `approved`: enough people agreed and the run is yet to be created; `starting`: it is created now, and can't be withdrawn any more. */
export type StoredStatus = 'waiting' | 'approved' | 'starting' | 'started' | 'rejected' | 'withdrawn' | 'expired';

/** A run that was asked for, as it is stored. */
export interface NewProposal {
  readonly runId: string;
  readonly tenantId: string;
  readonly requestedBy: string;
  readonly proposedBy: string;
  readonly origin: RunOrigin;
  readonly plan: CompiledPlan;
  readonly inputs: JsonObject;
  readonly warnings: readonly DiagnosticDto[];
  readonly preview: Omit<PreviewView, 'manifest'>;
  /** Null where the run is no re-run. */
  readonly rerun: { readonly parentRunId: string; readonly repeat: Repeat } | null;
  readonly idempotencyKey: string | null;
  readonly requestSha256: string;
  readonly traceparent: string | null;
  readonly expiresMs: number;
  readonly question: NewQuestion;
}

/** What people are asked. */
export interface NewQuestion {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  readonly risk: RiskView;
  readonly minApprovals: number;
  readonly typedText: string | null;
  readonly added: readonly string[];
  readonly changed: readonly ChangedTarget[];
}

export interface StoredQuestion {
  readonly part: number;
  readonly manifestSha256: string;
  readonly risk: RiskView;
  readonly minApprovals: number;
  readonly typedText: string | null;
  readonly added: readonly string[];
  readonly changed: readonly ChangedTarget[];
  readonly status: 'open' | 'approved' | 'rejected';
  readonly createdAt: string;
  readonly acts: readonly PlanApprovalActView[];
}

export interface StoredProposal extends Omit<NewProposal, 'question' | 'expiresMs'> {
  readonly status: StoredStatus;
  readonly vanished: readonly string[];
  readonly trouble: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** The status as people see it, by the clock of the database. */
  readonly shown: ProposalStatus | 'started';
  readonly questions: readonly StoredQuestion[];
}

/** Name of a question in the API. */
export function approvalId(part: number): string {
  return part === 0 ? 'plan' : `added-${part}`;
}

/** The question that a name means; undefined when it is no name of one. */
export function partOf(approval: string): number | undefined {
  if (approval === 'plan') return 0;
  const number = /^added-([1-9]\d{0,2})$/.exec(approval)?.[1];
  return number === undefined ? undefined : Number(number);
}

export function toApprovalView(proposal: StoredProposal, question: StoredQuestion): PlanApprovalView {
  const { part, risk, status } = question;
  const name = shownText(proposal.plan.name);
  const hosts = risk.changedHosts === null ? 'targets that are not known before' : `${risk.changedHosts} host${risk.changedHosts === 1 ? '' : 's'}`;
  return {
    kind: 'plan', id: approvalId(part), runId: proposal.runId, runName: name, tier: risk.tier, risk, manifest_sha256: question.manifestSha256, minApprovals: question.minApprovals,
    message: part === 0 ? `may "${name}" run? It changes ${hosts}` : driftMessage(name, question), added: question.added, changed: question.changed,
    status: status === 'open' ? openStatus(proposal.shown) : status, requesterMayApprove: risk.tier !== 'two-people', typed_text: question.typedText, requestedBy: proposal.requestedBy,
    createdAt: question.createdAt, expiresAt: proposal.expiresAt, acts: question.acts,
  };
}

/** The question about what the inventory has otherwise than was approved. */
function driftMessage(name: string, { added, changed }: Pick<StoredQuestion, 'added' | 'changed'>): string {
  const more = added.length === 0 ? [] : [`the inventory has more targets for "${name}" than were approved: ${few(added)}`];
  const other = changed.length === 0 ? [] : [`targets of "${name}" are not reached as was approved: ${few(changed.map((c) => changesText(c.changes)))}`];
  return `${[...more, ...other].join('; ')}. May it run on these too?`;
}

function few(texts: readonly string[]): string {
  return `${texts.slice(0, 5).join(', ')}${texts.length > 5 ? ` and ${texts.length - 5} more` : ''}`;
}

/** What became of a question that nobody answered. */
function openStatus(shown: StoredProposal['shown']): PlanApprovalView['status'] {
  switch (shown) {
    case 'awaiting-approval': return 'open';
    case 'rejected': case 'withdrawn': return shown;
    default: return 'expired';
  }
}

/** @param status of the proposal, which has not become a run */
export function toProposedRunView(proposal: StoredProposal, status: ProposalStatus): ProposedRunView {
  const { runId, tenantId, requestedBy, plan, origin, inputs, warnings, preview, createdAt, expiresAt, questions, vanished, trouble, rerun } = proposal;
  return {
    id: runId, tenant_id: tenantId, actor_id: requestedBy, name: shownText(plan.name), createdAt, finishedAt: null, parentRunId: rerun?.parentRunId ?? null, origin, inputs: shownInputs(inputs, {}), warnings, bounds: preview.bounds, expiresAt, status,
    approvals: questions.map((q) => toApprovalView(proposal, q)), drift: { added: questions.flatMap((q) => q.added), changed: questions.flatMap((q) => q.changed), vanished }, trouble,
  };
}
