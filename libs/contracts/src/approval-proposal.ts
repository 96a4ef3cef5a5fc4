import type { BoundsView, PolicyTier, RiskView } from './approval-manifest.js';
import type { RunOrigin } from './approval-policy.js';
import type { DiagnosticDto } from './problem.js';
import type { RunSummary } from './run.js';
import type { ApprovalActView } from './run-control.js';

/** What `GET /runs/:id` shows as the status of a run that was proposed and does not exist yet. */
export const PROPOSAL_STATUSES = ['awaiting-approval', 'starting', 'rejected', 'expired'] as const;
export type ProposalStatus = (typeof PROPOSAL_STATUSES)[number];

/** A change of the inventory between an approval and the start. */
export interface DriftView {
  /** Host names, or targets as the plan names them. */
  readonly added: readonly string[];
  readonly vanished: readonly string[];
}

/** What a person saw and did. */
export interface PlanApprovalActView extends ApprovalActView {
  readonly manifest_sha256: string;
}

/** The question whether a proposed run may start. */
export interface PlanApprovalView {
  readonly kind: 'plan';
  /** `plan`; `added-1`, `added-2`, ... for targets that appeared after an approval. */
  readonly id: string;
  readonly runId: string;
  readonly runName: string;
  readonly message: string;
  readonly status: 'open' | 'approved' | 'rejected' | 'expired';
  readonly tier: PolicyTier;
  readonly risk: RiskView;
  /** What an approval must repeat. */
  readonly manifest_sha256: string;
  readonly minApprovals: number;
  /** Whether the person who asked for the run may decide. A rejection may come from anyone who may approve. */
  readonly requesterMayApprove: boolean;
  /** The text that must be typed to approve; null where a click is enough. */
  readonly confirmation: string | null;
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly acts: readonly PlanApprovalActView[];
}

/** Answer to `GET /runs/:id` while a proposal has not become a run. */
export interface ProposedRunView extends Omit<RunSummary, 'status'> {
  readonly status: ProposalStatus;
  readonly origin: RunOrigin;
  readonly inputs: Record<string, unknown>;
  readonly warnings: readonly DiagnosticDto[];
  readonly bounds: BoundsView;
  readonly expiresAt: string;
  /** Oldest first; the last one is the one to decide. */
  readonly approvals: readonly PlanApprovalView[];
  readonly drift: DriftView;
  /** Why the last try to start it did not succeed; null when there was none or it did. */
  readonly trouble: string | null;
}
