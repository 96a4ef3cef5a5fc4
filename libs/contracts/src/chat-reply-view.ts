import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsObject, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { ChatConfirmationView } from './chat-confirmation-view.js';
import { ChatOptionView, ChatPlanView } from './chat-plan-views.js';
import { ChatResultView } from './chat-result-views.js';
import { ChatUsageView } from './chat-usage-view.js';
import { CHAT_KINDS, type ChatKind } from './chat.js';
import { OrNull } from './or-null.js';

/** Text that a model wrote around computed facts. It holds no figure of its own. */
export class ChatProseView {
  @IsString() text!: string;
  @IsIn(['model']) by!: 'model';
}

export class ChatErrorView {
  @IsString() code!: string;
  @IsString() detail!: string;
}

/** Answer to `POST /chat`: what became of a message. */
export class ChatReplyView {
  @IsUUID() conversation_id!: string;
  /** Number of the turn in its conversation, from 1. */
  @IsInt() @Min(1) turn!: number;
  @IsIn(CHAT_KINDS) kind!: ChatKind;
  @IsString() message!: string;
  /** Suggested answers to a question. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatOptionView) options!: ChatOptionView[];
  /** What can be asked for instead. */
  @IsArray() @IsString({ each: true }) suggestions!: string[];
  /** What a person should know, such as hosts that are left out. */
  @IsArray() @IsString({ each: true }) notes!: string[];
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatPlanView) plan!: ChatPlanView | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatConfirmationView) confirmation!: ChatConfirmationView | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatResultView) result!: ChatResultView | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatErrorView) error!: ChatErrorView | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatProseView) prose!: ChatProseView | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView | null;
}
