import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { OrNull } from './or-null.js';
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

/** A step whose wait is over. */
export class DeliveredSignalView {
  @IsString() readonly step!: string;
  @IsInt() @Min(0) readonly item!: number;
}

/** Answer to `POST /runs/:id/signals/:name`. */
export class SignalView {
  /** Empty when no step waited: the signal is kept for the next that does. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => DeliveredSignalView) readonly delivered!: readonly DeliveredSignalView[];
}

export const APPROVAL_DECISIONS = ['approve', 'reject'] as const;
export type ApprovalDecision = (typeof APPROVAL_DECISIONS)[number];

/** Query of `GET /approvals`. */
export class ListApprovalsQueryDto {
  /** Questions in a page at most (100). */
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(200) limit?: number;
  @IsOptional() @IsString() @MaxLength(256) cursor?: string;
}

/** Body of `POST /runs/:id/approvals/:approval`. */
export class DecideApprovalDto {
  @IsIn(APPROVAL_DECISIONS) decision!: ApprovalDecision;
  /** For a proposed run: SHA-256 of the manifest that was seen. */
  @IsOptional() @Matches(/^[0-9a-f]{64}$/) manifest_sha256?: string;
  /** For a proposed run whose approval asks for it: the text that must be typed. */
  @IsOptional() @IsString() @Matches(NO_NUL) @MaxLength(256) typed_text?: string;
  @IsOptional() @IsString() @Matches(NO_NUL) @MaxLength(2000) comment?: string;
  /** Who decides. With authentication on it may be left out: it is the token's own actor, and another name is refused with `actor-mismatch`. */
  @IsOptional() @IsString() @Matches(NO_NUL) @MinLength(1) @MaxLength(256) actor_id?: string;
}

/** What a person decided of a step's question. */
export class ApprovalActView {
  @IsString() readonly actor_id!: string;
  @IsIn(APPROVAL_DECISIONS) readonly decision!: ApprovalDecision;
  @OrNull() @IsString() readonly comment!: string | null;
  @IsISO8601() readonly at!: string;
}

/** A question to people that a step of a run asks. */
export class ApprovalView {
  @IsIn(['step']) readonly kind!: 'step';
  /** `<step>.<item>`, unique in the run. */
  @IsString() readonly id!: string;
  @IsUUID() readonly runId!: string;
  @IsString() readonly runName!: string;
  @IsString() readonly step!: string;
  @IsInt() @Min(0) readonly item!: number;
  @IsString() readonly message!: string;
  /** Actors who may decide; when empty, everybody whose token allows it but the one who started the run. */
  @IsArray() @IsString({ each: true }) readonly approvers!: readonly string[];
  @IsInt() @Min(1) readonly minApprovals!: number;
  @IsIn(['open', 'approved', 'rejected', 'closed']) readonly status!: 'open' | 'approved' | 'rejected' | 'closed';
  @IsString() readonly requestedBy!: string;
  @IsISO8601() readonly createdAt!: string;
  @IsISO8601() readonly expiresAt!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ApprovalActView) readonly acts!: readonly ApprovalActView[];
}
