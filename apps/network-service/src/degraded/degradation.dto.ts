import { IsString } from 'class-validator';

/** One thing that was done otherwise than it was asked for. A result is degraded when it has at least one. */
export class DegradationDto {
  /** What was asked, in the words of the input. */
  @IsString() asked!: string;
  /** What was done in its place; `none` when nothing was. */
  @IsString() done!: string;
  @IsString() reason!: string;
}
