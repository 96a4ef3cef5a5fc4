import { IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { PlainMessage } from './validate.js';

/** Text that PostgreSQL takes. */
const NO_NUL = /^[^\u0000]*$/;

/** Body of `PATCH /runs/:id/steps/:step`: what changes of the step's `map` while it runs; null takes a key back. */
export class PatchStepDto {
  @IsObject() map!: Record<string, unknown>;
}

/** Body of `POST /runs/:id/steps/:step/items/:item/resolve`: how an attempt of unknown outcome really ended. */
export class ResolveItemDto {
  /** The attempt that is meant; the newest when left out. */
  @IsOptional() @IsInt() @Min(1) @Max(1000) attempt?: number;
  @IsIn(['succeeded', 'failed']) status!: 'succeeded' | 'failed';
  /** How it was found out; kept in the history with who said it. */
  @IsString() @Matches(NO_NUL) @MinLength(1) @MaxLength(2000) reason!: string;
}

/** Body of `POST /runs/:id/steps/:step/items/:item/repeat`: one more attempt of an item that failed or is unknown, while its step runs. */
export class RepeatItemDto {
  @IsOptional() @IsInt() @Min(1) @Max(1000) attempt?: number;
  @IsString() @Matches(NO_NUL) @MinLength(1) @MaxLength(2000) reason!: string;
}

/** Body of `POST /runs/:id/signals/:name`. */
@PlainMessage()
export class SignalDto {
  /** Any object, at most 64 KiB of JSON: the output of the step that waits for it. */
  @IsOptional() @IsObject() payload?: Record<string, unknown>;
}

export interface SignalView {
  /** Steps whose wait is over; empty when none waited: the signal is kept for the next that does. */
  readonly delivered: readonly { readonly step: string; readonly item: number }[];
}

export const APPROVAL_DECISIONS = ['approve', 'reject'] as const;
export type ApprovalDecision = (typeof APPROVAL_DECISIONS)[number];

/** Body of `POST /runs/:id/approvals/:approval`. */
export class DecideApprovalDto {
  @IsIn(APPROVAL_DECISIONS) decision!: ApprovalDecision;
  /** For a proposed run: SHA-256 of the manifest that was seen. */
  @IsOptional() @Matches(/^[0-9a-f]{64}$/) manifest_sha256?: string;
  /** For a proposed run whose approval asks for it: the text that must be typed. */
  @IsOptional() @IsString() @Matches(NO_NUL) @MaxLength(256) confirmation?: string;
  @IsOptional() @IsString() @Matches(NO_NUL) @MaxLength(2000) comment?: string;
  /** Who decides; only where authentication is off, and then for the record. */
  @IsOptional() @IsString() @Matches(NO_NUL) @MinLength(1) @MaxLength(256) actor_id?: string;
}

export interface ApprovalActView {
  readonly actor_id: string;
  readonly decision: ApprovalDecision;
  readonly comment: string | null;
  readonly at: string;
}

/** A question to people that a step of a run asks. */
export interface ApprovalView {
  readonly kind: 'step';
  /** `<step>.<item>`, unique in the run. */
  readonly id: string;
  readonly runId: string;
  readonly runName: string;
  readonly step: string;
  readonly item: number;
  readonly message: string;
  /** Actors who may decide; everybody whose token allows it when empty. */
  readonly approvers: readonly string[];
  readonly minApprovals: number;
  readonly status: 'open' | 'approved' | 'rejected' | 'closed';
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly acts: readonly ApprovalActView[];
}
