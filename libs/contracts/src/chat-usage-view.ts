import { IsBoolean, IsInt, IsNumber, Min } from 'class-validator';

export class ChatUsageView {
  @IsInt() @Min(0) calls!: number;
  @IsInt() @Min(0) prompt_tokens!: number;
  @IsInt() @Min(0) completion_tokens!: number;
  /** Whether a part of it is an estimate. */
  @IsBoolean() estimated!: boolean;
  /** In the currency of the configured prices. */
  @IsNumber() @Min(0) cost!: number;
}
