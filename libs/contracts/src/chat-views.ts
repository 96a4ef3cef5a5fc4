import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsNumber, IsObject, IsOptional, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { CHAT_KINDS, type ChatKind } from './chat.js';
import { OrNull } from './or-null.js';
import { ITEM_STATUSES, RUN_STATUSES, STEP_STATUSES, type ItemStatus, type RunStatus, type StepStatus } from './run.js';

/** A suggested answer to a question; free text is taken too. */
export class ChatOptionView {
  @IsString() label!: string;
  /** What to send as the next message when it is chosen. */
  @IsString() value!: string;
}

/** A step of the plan of a turn. */
export class ChatStepView {
  @IsString() id!: string;
  @OrNull() @IsString() tool!: string | null;
  /** Effect that the tool declares: `read`, `write` or `destructive`; null for steps without a tool. */
  @OrNull() @IsString() effect!: string | null;
  /** Risk that the server computed for the step. */
  @IsString() risk!: string;
  @OrNull() @IsIn(STEP_STATUSES) status!: StepStatus | null;
}

export class ChatPlanView {
  @IsString() name!: string;
  /** `template`, `inventory`, `tool` or `model`. */
  @OrNull() @IsString() source!: string | null;
  /** Risk of the whole, computed by the server. */
  @IsString() risk!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatStepView) steps!: ChatStepView[];
}

/** Where what a row says comes from. */
export class ChatSourceView {
  @IsInt() @Min(0) item!: number;
  /** The attempt that gave it, from 1. */
  @IsInt() @Min(0) attempt!: number;
  /** The command that ran, or the tool with its bound inputs as JSON. */
  @IsString() command!: string;
  /** Path of the item's log: every attempt with its inputs, its failure and its raw output. */
  @IsString() url!: string;
}

export class ChatColumnView {
  @IsString() title!: string;
  /** `number`, `text`, `boolean`, `list`, `object`, `mixed` or `none` (no row has a value). */
  @IsString() type!: string;
  /** `bytes`, `percent`, `milliseconds`, `seconds` or `time` (ISO 8601). */
  @OrNull() @IsString() unit!: string | null;
}

export class ChatRowView {
  /** Host, address or asset that the row is about. */
  @OrNull() @IsString() target!: string | null;
  @IsString() status!: string;
  /** Why it is not `succeeded`. */
  @OrNull() @IsString() reason!: string | null;
  /** One value for each column, as the tool gave it; null where there is none. */
  @IsArray() cells!: unknown[];
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatSourceView) source!: ChatSourceView | null;
}

/** The answer of one step: a sentence whose figures are computed from the results, and the rows it is computed from. */
export class ChatFullTableView {
  @IsString() step!: string;
  @OrNull() @IsString() tool!: string | null;
  @IsString() subject!: string;
  @IsString() sentence!: string;
  /** The figures of the sentence by name. */
  @IsObject() figures!: Record<string, number>;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatColumnView) columns!: ChatColumnView[];
  /** Failed rows first, then what is unknown. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatRowView) rows!: ChatRowView[];
  /** All rows of the table, shown or not. */
  @IsInt() @Min(0) total_rows!: number;
}

/** A table of a reply, with at most 200 of its rows. */
export class ChatTableView extends ChatFullTableView {
  /** Number of the table in the reply, from 0; part of its path. */
  @IsInt() @Min(0) table!: number;
  /** Path of the whole table as CSV (RFC 4180). */
  @IsString() csv!: string;
}

/** What became of one item of a step that changes something. */
export class ChatActionView {
  @IsString() step!: string;
  @IsString() tool!: string;
  @OrNull() @IsString() target!: string | null;
  @IsIn(ITEM_STATUSES) status!: ItemStatus;
  /** What happened, from the tool's output or its failure. */
  @IsString() happened!: string;
  @OrNull() @IsInt() @Min(0) duration_ms!: number | null;
  @IsObject() @ValidateNested() @Type(() => ChatSourceView) source!: ChatSourceView;
}

/** A step that failed, and whether of itself. */
export class ChatCauseView {
  @IsString() step!: string;
  @IsString() code!: string;
  @IsString() message!: string;
  /** The step where it began, for a consequence; null for a root cause. */
  @OrNull() @IsString() because_of!: string | null;
}

/** Something that did not go as planned: what was adapted, skipped or is unknown. */
export class ChatRemarkView {
  @IsIn(['adapted', 'skipped', 'unknown', 'cancelled', 'truncated']) what!: 'adapted' | 'skipped' | 'unknown' | 'cancelled' | 'truncated';
  @IsString() step!: string;
  @IsString() text!: string;
}

/** What a run gave. While it runs, what is known so far. */
export class ChatResultView {
  /** Id of the run. */
  @IsUUID() workflow_id!: string;
  @IsIn(RUN_STATUSES) status!: RunStatus;
  /** From the start of the run to its end, or to now; by the database's clock. */
  @IsInt() @Min(0) execution_time_ms!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatTableView) tables!: ChatTableView[];
  /** At most 200, failed first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatActionView) actions!: ChatActionView[];
  @IsInt() @Min(0) total_actions!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatCauseView) root_causes!: ChatCauseView[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatCauseView) consequences!: ChatCauseView[];
  @IsArray() @ArrayMaxSize(100) @ValidateNested({ each: true }) @Type(() => ChatRemarkView) remarks!: ChatRemarkView[];
  @IsString() run_url!: string;
  @IsString() events_url!: string;
}

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

/** Text that a model wrote around computed facts. It holds no figure of its own. */
export class ChatProseView {
  @IsString() text!: string;
  @IsIn(['model']) by!: 'model';
}

export class ChatUsageView {
  @IsInt() @Min(0) calls!: number;
  @IsInt() @Min(0) prompt_tokens!: number;
  @IsInt() @Min(0) completion_tokens!: number;
  /** Whether a part of it is an estimate. */
  @IsBoolean() estimated!: boolean;
  /** In the currency of the configured prices. */
  @IsNumber() @Min(0) cost!: number;
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

/** Events on the way from a message to a plan. */
export const CHAT_NOTE_TYPES = ['understood', 'template', 'rejected', 'model.tools', 'model.plan', 'model.diagnostics', 'model.repair', 'model.failed'] as const;
/** Events of `POST /chat` with `Accept: text/event-stream`, in the order in which they come. */
export const CHAT_EVENT_TYPES = ['started', ...CHAT_NOTE_TYPES, 'confirmation', 'progress', 'result'] as const;
export type ChatEventType = (typeof CHAT_EVENT_TYPES)[number];

/** The event `started`. */
export class ChatStartedView {
  @IsUUID() conversation_id!: string;
  @IsInt() @Min(1) turn!: number;
}

/** How far a step is. */
export class ChatStepProgressView {
  @IsString() id!: string;
  @OrNull() @IsString() tool!: string | null;
  @IsIn(STEP_STATUSES) status!: StepStatus;
  /** Items that are over, and all of them; null before the step was prepared. */
  @IsInt() @Min(0) done!: number;
  @OrNull() @IsInt() @Min(0) total!: number | null;
}

/** How far a run is, as the event `progress` tells it. */
export class ChatProgressView {
  @IsUUID() workflow_id!: string;
  @IsIn(RUN_STATUSES) status!: RunStatus;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ChatStepProgressView) steps!: ChatStepProgressView[];
}

/** What was chosen for a decision step, and by whom. */
export class DecisionView {
  @IsString() step!: string;
  @IsInt() @Min(0) item!: number;
  @IsInt() @Min(1) attempt!: number;
  @IsString() choice!: string;
  /** `model` or `default`. */
  @IsString() by!: string;
  /** Why the default was taken, or what the model gave as its reason. */
  @IsString() reason!: string;
  @IsISO8601() at!: string;
  @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView;
}

/** Answer to `GET /runs/:id/decisions`. */
export class DecisionListView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => DecisionView) items!: DecisionView[];
  /** What models used for the run. */
  @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView;
}

/** One entry of `GET /generations`: how a message became a plan, or did not. */
export class GenerationView {
  @IsUUID() conversation_id!: string;
  @IsInt() @Min(1) turn!: number;
  @IsString() actor_id!: string;
  @IsISO8601() at!: string;
  /** As shown: hidden characters made visible. */
  @IsString() message!: string;
  @OrNull() @IsString() source!: string | null;
  @IsArray() @IsString({ each: true }) understood!: string[];
  @IsArray() @IsObject({ each: true }) matched!: object[];
  /** Templates that were looked at and not taken, with the reason. */
  @IsArray() @IsObject({ each: true }) rejected!: object[];
  @IsArray() @IsString({ each: true }) optimised!: string[];
  /** Repairs of a model's plan: the diagnostics and the JSON Patch of each. */
  @IsArray() @IsObject({ each: true }) repairs!: object[];
  /** JSON pointers of credentials that were taken out of a model's plan. */
  @IsArray() @IsString({ each: true }) dropped!: string[];
  @OrNull() @IsUUID() run_id!: string | null;
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatUsageView) usage!: ChatUsageView | null;
  @IsOptional() @IsString() kind?: string;
}

export class GenerationPageView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => GenerationView) items!: GenerationView[];
  @OrNull() @IsISO8601() next!: string | null;
}
