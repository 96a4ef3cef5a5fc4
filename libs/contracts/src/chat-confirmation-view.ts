import { IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsString, Min } from 'class-validator';
import { OrNull } from './or-null.js';

/** What waits for approval. */
export class ChatConfirmationView {
  @IsString() approval_id!: string;
  @IsString() manifest_sha256!: string;
  @IsIn(['open', 'approved', 'rejected', 'withdrawn', 'expired']) status!: 'open' | 'approved' | 'rejected' | 'withdrawn' | 'expired';
  @IsString() risk!: string;
  /** Why it is that risk. */
  @IsArray() @IsString({ each: true }) reasons!: string[];
  /** Tier of the policy, and what it asks of people in words. */
  @IsString() tier!: string;
  @IsString() wanted!: string;
  /** The text that an approval must repeat; null where a click is enough. */
  @OrNull() @IsString() typed_text!: string | null;
  /** Whether `approve` or `yes` as the next message of this conversation is enough. */
  @IsBoolean() approve_by_message!: boolean;
  /** Hosts and assets that it changes, at most 50, and how many there are. */
  @IsArray() @IsString({ each: true }) affected!: string[];
  @IsInt() @Min(0) affected_total!: number;
  @IsArray() @IsString({ each: true }) actions!: string[];
  @OrNull() @IsInt() @Min(0) estimated_duration_ms!: number | null;
  @IsISO8601() expires_at!: string;
  /** Where to decide: `POST` with `{ "decision": "approve" | "reject", "manifest_sha256", "typed_text"?, "comment"? }`. */
  @IsString() decide_url!: string;
  /** The whole manifest. */
  @IsString() manifest_url!: string;
}
