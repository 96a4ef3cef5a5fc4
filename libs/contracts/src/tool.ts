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

/**
 * Another tool that only reads, and tells whether the effect of a call of unknown outcome took place. It is asked on the same target
 * once the call can't begin any more.
 */
export class ProbeDto {
  /** A tool that is read-only and idempotent. */
  @Matches(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/) tool!: string;
  /** Names of its inputs, and the JSON pointer of the call's input that each takes. What the call does not have is left out. */
  @IsObject() inputs!: Record<string, string>;
  /** Name of its input that takes the time at which the call was allowed to begin (ISO 8601, the database's clock). */
  @IsOptional() @Matches(/^[A-Za-z_][A-Za-z0-9_]*$/) since?: string;
  /** Name of the field of its output that answers: `true`, the effect took place; `false`, it did not and will not; anything else: it can't tell. */
  @Matches(/^[A-Za-z_][A-Za-z0-9_]*$/) answer!: string;
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
  /** Default time an attempt may take, in milliseconds; a plan may say another. Above {@link UNCLAIMED_MS} every attempt is claimed. */
  @IsInt() @Min(1) @Max(86_400_000) timeoutMs!: number;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => RetryPolicyDto) retry?: RetryPolicyDto;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => ToolEstimateDto) estimate?: ToolEstimateDto;
  /** For how long an output may answer calls with the same inputs, in milliseconds; only for a tool that {@link mayBeCached}. Left out: no step does so unless it says it. */
  @IsOptional() @IsInt() @Min(1) @Max(86_400_000) cacheMs?: number;
  /** Only for a tool whose outcome can be unknown: one that changes something and is not idempotent. */
  @IsOptional() @IsObject() @ValidateNested() @Type(() => ProbeDto) probe?: ProbeDto;
  /** Example inputs, as plain JSON. */
  @IsArray() @ArrayMaxSize(16) @IsObject({ each: true }) examples!: Record<string, unknown>[];
}

/** Longest `timeoutMs` with which a tool that needs no grant is not claimed either. */
export const UNCLAIMED_MS = 60_000;

/** Whether the tool acts under a grant only (architecture, invariant 5): it changes something, or gets a credential. */
export function needsGrant(tool: Pick<ToolDeclarationDto, 'effect' | 'credential'>): boolean {
  return tool.effect !== 'read' || tool.credential !== undefined;
}

/**
 * Whether an attempt of the tool is claimed first: for its grant, or because it may take longer than {@link UNCLAIMED_MS}. Of what is not claimed the
 * record does not know that it began: a cancel ends it at once, without its output and without a word on whether it stopped.
 */
export function needsClaim(tool: Pick<ToolDeclarationDto, 'effect' | 'credential' | 'timeoutMs'>): boolean {
  return needsGrant(tool) || tool.timeoutMs > UNCLAIMED_MS;
}

/** Whether outputs of the tool may answer later calls: it changes nothing, and no credential decides what it gets to see. */
export function mayBeCached(tool: Pick<ToolDeclarationDto, 'effect' | 'idempotent' | 'credential'>): boolean {
  return tool.effect === 'read' && tool.idempotent && tool.credential === undefined;
}

/** Whether an attempt of the tool can end as `unknown`. */
export function mayBeUnknown(tool: Pick<ToolDeclarationDto, 'effect' | 'idempotent'>): boolean {
  return tool.effect !== 'read' && !tool.idempotent;
}

/** What contradicts itself in a declaration that is valid by its fields; undefined when nothing does. */
export function declarationFault(tool: ToolDeclarationDto): string | undefined {
  if (tool.cacheMs !== undefined && !mayBeCached(tool)) return 'cacheMs is for a tool that only reads, is idempotent and takes no credential';
  if (tool.probe !== undefined && !mayBeUnknown(tool)) return 'probe is for a tool that changes something and is not idempotent: of others no outcome is unknown';
  const pointers = Object.values(tool.probe?.inputs ?? {});
  if (pointers.some((p) => typeof p !== 'string' || !/^\/[A-Za-z0-9_]+$/.test(p))) return 'probe.inputs names inputs of the call, such as "/target_host"';
  return undefined;
}

/** A tool as the catalogue gives it: its declaration and where its jobs go. */
export class CatalogueToolView extends ToolDeclarationDto {
  /** The service that owns it. */
  @IsString() service!: string;
  /** The BullMQ queue of that service. */
  @IsString() queue!: string;
}

/** Answer to `GET /tools`. */
export class ToolListView {
  @IsArray() @ValidateNested({ each: true }) @Type(() => CatalogueToolView) items!: CatalogueToolView[];
}
