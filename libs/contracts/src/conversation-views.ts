import { Type } from 'class-transformer';
import { IsArray, IsInt, IsISO8601, IsObject, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { ChatReplyView } from './chat-reply-view.js';
import { ChatUsageView } from './chat-usage-view.js';
import { OrNull } from './or-null.js';

/** One message of a conversation with what became of it. */
export class ChatTurnView {
  @IsInt() @Min(1) turn!: number;
  @OrNull() @IsString() client_message_id!: string | null;
  /** As written, with hidden characters made visible. */
  @IsString() message!: string;
  @IsISO8601() at!: string;
  /** Null while the message is being read. */
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatReplyView) reply!: ChatReplyView | null;
}

export class ConversationSummaryView {
  @IsUUID() id!: string;
  @IsString() tenant_id!: string;
  @IsString() actor_id!: string;
  /** Its first message. */
  @IsString() title!: string;
  @IsInt() @Min(0) turns!: number;
  @IsISO8601() created_at!: string;
  @IsISO8601() updated_at!: string;
}

/** Answer to `GET /conversations/:id`. */
export class ConversationView extends ConversationSummaryView {
  /** Oldest first; the newest 200. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatTurnView) messages!: ChatTurnView[];
  @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView;
}

export class ConversationPageView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => ConversationSummaryView) items!: ConversationSummaryView[];
  @OrNull() @IsUUID() next!: string | null;
}
