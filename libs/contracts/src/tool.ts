import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';

/** `read`: changes nothing. `write`: changes something that can be changed back. `destructive`: it may not. */
export const TOOL_EFFECTS = ['read', 'write', 'destructive'] as const;
export type ToolEffect = (typeof TOOL_EFFECTS)[number];

/** A language in which an input of a tool is a command; embedded values are bound as data of that language. */
export const COMMAND_DIALECTS = ['posix-shell', 'powershell'] as const;
export type CommandDialect = (typeof COMMAND_DIALECTS)[number];

export class BackoffDto {
  @IsInt() @Min(0) @Max(3_600_000) initialMs!: number;
  @IsNumber() @Min(1) @Max(10) factor!: number;
  @IsInt() @Min(0) @Max(3_600_000) maxMs!: number;
  @IsBoolean() jitter!: boolean;
}

/** Retry policy; delays in milliseconds. Attempt n waits `initialMs * factor^(n-1)`, at most `maxMs`, with full jitter if set. */
export class RetryPolicyDto {
  @IsInt() @Min(1) @Max(20) maxAttempts!: number;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => BackoffDto) backoff?: BackoffDto;
}

/** Kind of credential of a tool that takes whatever protocol the target has. */
export const ANY_PROTOCOL = 'host';

/** That a tool acts on a target with a credential of the asset store. */
export class CredentialNeedDto {
  /** Kind of credential, for example `ssh`. It must match the protocol of the target's connection, unless it is {@link ANY_PROTOCOL}. */
  @Matches(/^[a-z][a-z0-9-]{0,31}$/) kind!: string;
  /** JSON pointer of the input that names the target (an address, a host name or an asset id). */
  @Matches(/^\/[A-Za-z0-9_/]+$/) target!: string;
}

/** An input that is a command of a dialect. */
export class CommandInputDto {
  @Matches(/^\/[A-Za-z0-9_/]+$/) pointer!: string;
  @IsIn(COMMAND_DIALECTS) dialect!: CommandDialect;
}

/** What one call is expected to take, for previews. */
export class ToolEstimateDto {
  @IsInt() @Min(0) durationMs!: number;
}

/** One entry of the tool catalogue: everything the orchestrator knows of a tool. A service registers it on start. */
export class ToolDeclarationDto {
  @Matches(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/) name!: string;
  @Matches(/^\d+\.\d+\.\d+$/) version!: string;
  @IsString() @MaxLength(2000) description!: string;
  @IsIn(TOOL_EFFECTS) effect!: ToolEffect;
  /** Whether a repeated attempt does no harm. Only then is an attempt with a doubtful outcome repeated. */
  @IsBoolean() idempotent!: boolean;
  /** JSON Schema (draft 7) of the input and the output, derived from the DTO classes. */
  @IsObject() inputSchema!: Record<string, unknown>;
  @IsObject() outputSchema!: Record<string, unknown>;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => CredentialNeedDto) credential?: CredentialNeedDto;
  /** JSON pointer of the input that names what the tool acts on, for display and policy; a credential's target is it by default. */
  @IsOptional() @Matches(/^\/[A-Za-z0-9_/]+$/) target?: string;
  /** Name of the field of the output that is its list, for steps that loop over `item` without saying over what. */
  @IsOptional() @Matches(/^[A-Za-z_][A-Za-z0-9_]*$/) listOutput?: string;
  @IsArray() @ArrayMaxSize(16) @ValidateNested({ each: true }) @Type(() => CommandInputDto) commands!: CommandInputDto[];
  @IsInt() @Min(1) @Max(86_400_000) timeoutMs!: number;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => RetryPolicyDto) retry?: RetryPolicyDto;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => ToolEstimateDto) estimate?: ToolEstimateDto;
  /** Example inputs, as plain JSON. */
  @IsArray() @ArrayMaxSize(16) @IsObject({ each: true }) examples!: Record<string, unknown>[];
}

/** Whether an attempt of the tool must be claimed first (architecture, invariant 5). */
export function needsClaim(tool: Pick<ToolDeclarationDto, 'effect' | 'credential'>): boolean {
  return tool.effect !== 'read' || tool.credential !== undefined;
}
