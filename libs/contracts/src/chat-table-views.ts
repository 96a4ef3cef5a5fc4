import { Type } from 'class-transformer';
import { IsArray, IsInt, IsISO8601, IsObject, IsString, Min, ValidateNested } from 'class-validator';
import { OrNull } from './or-null.js';

/** An earlier result that answered in place of a call. */
export class ChatCachedView {
  /** When the host or service was really asked, ISO 8601. */
  @IsISO8601() at!: string;
  /** How old that result was when it answered. */
  @IsInt() @Min(0) age_ms!: number;
  /** Path of the log of the item that asked. */
  @IsString() url!: string;
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
  /** Null where it was really asked. */
  @OrNull() @IsObject() @ValidateNested() @Type(() => ChatCachedView) cached!: ChatCachedView | null;
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
