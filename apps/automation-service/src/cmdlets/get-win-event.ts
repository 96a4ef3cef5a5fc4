import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsCount, IsTime, IsUtc, OrNull } from './fields.js';

/** Levels of the Windows event schema, 0 to 5; `Other` for those that providers define themselves. */
const EVENT_LEVELS = ['LogAlways', 'Critical', 'Error', 'Warning', 'Information', 'Verbose', 'Other'] as const;
const ASKED_LEVELS = ['Critical', 'Error', 'Warning', 'Information', 'Verbose'] as const;
/** Names as they may stand in an event query: no wildcards, quotes or markup. */
const QUERY_NAME = /^[^\p{Cc}\p{Cs}*?[\]`'"<>&]+$/u;

export class GetWinEventInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** For example `System` or `Microsoft-Windows-TaskScheduler/Operational`. */
  @IsString() @Matches(QUERY_NAME) @MaxLength(256) log_name!: string;
  @IsOptional() @IsArray() @ArrayMaxSize(10) @IsString({ each: true }) @Matches(QUERY_NAME, { each: true }) @MaxLength(256, { each: true }) provider_names?: string[];
  @IsOptional() @IsArray() @ArrayMaxSize(20) @IsInt({ each: true }) @Min(0, { each: true }) @Max(65_535, { each: true }) event_ids?: number[];
  @IsOptional() @IsArray() @ArrayMaxSize(5) @IsIn(ASKED_LEVELS, { each: true }) levels?: (typeof ASKED_LEVELS)[number][];
  /** Only events from this time on, ISO 8601 with zone. */
  @IsOptional() @IsTime() since?: string;
  /** Only events until this time, ISO 8601 with zone. */
  @IsOptional() @IsTime() until?: string;
  /** Most events told, the newest first; 100 by default. */
  @IsOptional() @IsInt() @Min(1) @Max(1000) max_events?: number;
}

class WinEventRow {
  @OrNull() @IsCount() record_id!: number | null;
  @OrNull() @IsUtc() time!: string | null;
  @IsIn(EVENT_LEVELS) level!: (typeof EVENT_LEVELS)[number];
  @IsString() provider!: string;
  @IsCount() event_id!: number;
  @IsString() log_name!: string;
  /** The first 8192 characters; null when the host can't format it. */
  @OrNull() @IsString() message!: string | null;
  @OrNull() @IsCount() process_id!: number | null;
  /** Security identifier of the user, for example `S-1-5-18`. */
  @OrNull() @IsString() user_sid!: string | null;
  @OrNull() @IsString() computer!: string | null;
}

export class GetWinEventOutput {
  @IsString() host!: string;
  /** Newest first; empty when no event fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => WinEventRow) events!: WinEventRow[];
}

const GET_WIN_EVENT = cmdletScript('Get-WinEvent', '1.0.0', String.raw`
  $names = 'LogAlways', 'Critical', 'Error', 'Warning', 'Information', 'Verbose'
  $filter = @{ LogName = $data.log_name }
  if ($data.provider_names) { $filter.ProviderName = @($data.provider_names) }
  if ($data.event_ids) { $filter.Id = [int[]]@($data.event_ids) }
  if ($data.levels) { $filter.Level = [int[]]@($data.levels | ForEach-Object { [array]::IndexOf($names, $_) }) }
  if ($data.since) { $filter.StartTime = Local $data.since }
  if ($data.until) { $filter.EndTime = Local $data.until }
  $found = @(try { Get-WinEvent -FilterHashtable $filter -MaxEvents $data.max_events } catch { if ("$($_.FullyQualifiedErrorId)" -notlike 'NoMatchingEventsFound*') { throw } })
  $events = @($found | ForEach-Object {
    $e = $_
    $level = $(if ($null -ne $e.Level -and $e.Level -le 5) { $names[$e.Level] } else { 'Other' })
    @{
      record_id = $e.RecordId; time = Utc $e.TimeCreated; level = $level; provider = "$($e.ProviderName)"; event_id = $e.Id; log_name = "$($e.LogName)"
      message = Short (Quiet { $e.Message }); process_id = $e.ProcessId; user_sid = Text $e.UserId; computer = Text $e.MachineName
    }
  })
  $result = @{ events = $events }
`);

const DEFAULT_EVENTS = 100;

@Controller()
export class GetWinEvent {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-WinEvent',
    version: '1.0.0',
    description: 'Reads the newest events of any event log of a Windows host, by provider, id, level and time, over WinRM.',
    input: GetWinEventInput,
    output: GetWinEventOutput,
    listOutput: 'events',
    estimate: { durationMs: 5000 },
    examples: [
      { target_host: 'WIN-SQL01', log_name: 'System', levels: ['Critical', 'Error'], since: '2026-01-31T00:00:00Z' },
      { target_host: '10.0.0.5', log_name: 'Security', event_ids: [4625], max_events: 50 },
    ],
  })
  run({ input, context }: ToolCall<GetWinEventInput>): Promise<GetWinEventOutput> {
    return this.cmdlets.run(context, { script: GET_WIN_EVENT, input: { ...input, max_events: input.max_events ?? DEFAULT_EVENTS }, output: GetWinEventOutput });
  }
}
