import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, IsUUID, Matches, Min, ValidateNested } from 'class-validator';
import { BoundsView, ChangedTarget, POLICY_TIERS, RiskView, type PolicyTier } from './approval-manifest.js';
import { RUN_ORIGINS, type RunOrigin } from './approval-policy.js';
import { OrNull } from './or-null.js';
import { DiagnosticDto } from './problem.js';
import { PROPOSAL_STATUSES, type ProposalStatus } from './run.js';
import { APPROVAL_DECISIONS } from './run-control.js';
import { RunHeadView } from './run-views.js';

/** What can be done to a proposed run; `withdraw` is `POST /runs/:id/cancel`. */
export const PROPOSAL_ACTS = [...APPROVAL_DECISIONS, 'withdraw'] as const;
export type ProposalAct = (typeof PROPOSAL_ACTS)[number];

/** A change of the inventory between an approval and the start. */
export class DriftView {
  /** Host names, or targets as the plan names them. */
  @IsArray() @IsString({ each: true }) readonly added!: readonly string[];
  /** Targets that are reached otherwise than was approved. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChangedTarget) readonly changed!: readonly ChangedTarget[];
  @IsArray() @IsString({ each: true }) readonly vanished!: readonly string[];
}

/** What a person saw and did. */
export class PlanApprovalActView {
  @IsString() readonly actor_id!: string;
  @IsIn(PROPOSAL_ACTS) readonly decision!: ProposalAct;
  @OrNull() @IsString() readonly comment!: string | null;
  @IsISO8601() readonly at!: string;
  @Matches(/^[0-9a-f]{64}$/) readonly manifest_sha256!: string;
}

/** The question whether a proposed run may start. */
export class PlanApprovalView {
  @IsIn(['plan']) readonly kind!: 'plan';
  /** `plan`; `added-1`, `added-2`, ... for targets that appeared or changed after an approval. */
  @IsString() readonly id!: string;
  @IsUUID() readonly runId!: string;
  @IsString() readonly runName!: string;
  @IsString() readonly message!: string;
  @IsIn(['open', 'approved', 'rejected', 'withdrawn', 'expired']) readonly status!: 'open' | 'approved' | 'rejected' | 'withdrawn' | 'expired';
  @IsIn(POLICY_TIERS) readonly tier!: PolicyTier;
  @IsObject() @ValidateNested() @Type(() => RiskView) readonly risk!: RiskView;
  /** Targets that appeared after the approval before. */
  @IsArray() @IsString({ each: true }) readonly added!: readonly string[];
  /** Targets that are reached otherwise than was approved before: what was, and what is to be. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChangedTarget) readonly changed!: readonly ChangedTarget[];
  /** What an approval must repeat. */
  @Matches(/^[0-9a-f]{64}$/) readonly manifest_sha256!: string;
  @IsInt() @Min(0) readonly minApprovals!: number;
  /** Whether the person who asked for the run may decide. A rejection may come from anyone who may approve. */
  @IsBoolean() readonly requesterMayApprove!: boolean;
  /** The text that must be typed to approve; null where a click is enough. */
  @OrNull() @IsString() readonly typed_text!: string | null;
  @IsString() readonly requestedBy!: string;
  @IsISO8601() readonly createdAt!: string;
  @IsISO8601() readonly expiresAt!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => PlanApprovalActView) readonly acts!: readonly PlanApprovalActView[];
}

/** Answer to `GET /runs/:id` while a proposal has not become a run. */
export class ProposedRunView extends RunHeadView {
  @IsIn(PROPOSAL_STATUSES) readonly status!: ProposalStatus;
  @IsIn(RUN_ORIGINS) readonly origin!: RunOrigin;
  /** Values of the plan's inputs, with `[masked]` for what looks like a secret. */
  @IsObject() readonly inputs!: Record<string, unknown>;
  @IsArray() @ValidateNested({ each: true }) @Type(() => DiagnosticDto) readonly warnings!: readonly DiagnosticDto[];
  @IsObject() @ValidateNested() @Type(() => BoundsView) readonly bounds!: BoundsView;
  @IsISO8601() readonly expiresAt!: string;
  /** Oldest first; the last one is the one to decide. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => PlanApprovalView) readonly approvals!: readonly PlanApprovalView[];
  @IsObject() @ValidateNested() @Type(() => DriftView) readonly drift!: DriftView;
  /** Why the last try to start it did not succeed; null when there was none or it did. */
  @OrNull() @IsString() readonly trouble!: string | null;
}

/** Answer to `POST /runs` and `POST /runs/:id/rerun`. */
export class StartedRunView {
  @IsUUID() readonly id!: string;
  /** Path of the run. */
  @IsString() readonly status_url!: string;
  /** Path of its events. */
  @IsString() readonly events_url!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => DiagnosticDto) readonly warnings!: readonly DiagnosticDto[];
  /** Only where people must agree before the run begins; then with the question that they are asked. */
  @IsOptional() @IsIn(['awaiting-approval']) readonly status?: 'awaiting-approval';
  @IsOptional() @IsObject() @ValidateNested() @Type(() => PlanApprovalView) readonly approval?: PlanApprovalView;
}
