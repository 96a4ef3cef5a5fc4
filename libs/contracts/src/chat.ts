import { IsIn, IsInt, IsISO8601, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { Type } from 'class-transformer';
import { ITEM_STATUSES, type ItemStatus } from './run.js';

/** Text that PostgreSQL takes. */
const NO_NUL = /^[^\u0000]*$/;

/** What a reply of the copilot is. */
export const CHAT_KINDS = ['answer', 'question', 'confirmation', 'execution_result', 'error'] as const;
export type ChatKind = (typeof CHAT_KINDS)[number];

/** Body of `POST /chat`. */
export class ChatRequestDto {
  /** What the person says; more than 4000 characters are answered, not read. */
  @IsString() @MinLength(1) @MaxLength(20_000) message!: string;
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
  /** Who says it. With authentication on it may be left out: it is the token's own actor, and another name is refused with `actor-mismatch`. */
  @IsOptional() @Matches(NO_NUL) @MinLength(1) @MaxLength(256) actor_id?: string;
  /** Left out: a new conversation. */
  @IsOptional() @IsUUID() conversation_id?: string;
  /** The caller's own id of the message: the same again gives the same turn and starts nothing. Unique for an actor. */
  @IsOptional() @Matches(NO_NUL) @MinLength(1) @MaxLength(255) client_message_id?: string;
}

/** Query of `GET /conversations`. */
export class ListConversationsQueryDto {
  /** Only where authentication is off; with it, everybody sees their own. */
  @IsOptional() @Matches(NO_NUL) @MaxLength(256) actor_id?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(200) limit?: number;
  @IsOptional() @IsUUID() cursor?: string;
}

/** Query of `GET /conversations/:id` and of what belongs to it. */
export class ConversationQueryDto {
  /** Only where authentication is off: whose conversation it is. */
  @IsOptional() @Matches(NO_NUL) @MaxLength(256) actor_id?: string;
}

/** Query of `GET /conversations/:id/turns/:turn/tables/:table`. */
export class ChatTableQueryDto extends ConversationQueryDto {
  @IsOptional() @IsIn(ITEM_STATUSES) status?: ItemStatus;
}

/** Query of `GET /generations`. */
export class ListGenerationsQueryDto {
  @IsOptional() @IsUUID() conversation_id?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(200) limit?: number;
  /** `next` of the page before. */
  @IsOptional() @IsISO8601() cursor?: string;
}
