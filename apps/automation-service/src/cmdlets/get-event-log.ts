import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { EXACT_NAME, IsCount, IsTime, IsUtc, OrNull, PATTERN } from './fields.js';

/** .NET's EventLogEntryType; `Unknown` for entries without one. */
const ENTRY_TYPES = ['Error', 'Warning', 'Information', 'SuccessAudit', 'FailureAudit', 'Unknown'] as const;
const ASKED_TYPES = ['Error', 'Warning', 'Information', 'SuccessAudit', 'FailureAudit'] as const;

export class GetEventLogInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** A classic log, for example `System`, `Application` or `Security`. */
  @IsString() @Matches(EXACT_NAME) @MaxLength(256) log_name!: string;
  @IsOptional() @IsArray() @ArrayMaxSize(5) @IsIn(ASKED_TYPES, { each: true }) entry_types?: (typeof ASKED_TYPES)[number][];
  /** Who wrote the entries; `*` and `?` stand for other characters. */
  @IsOptional() @IsString() @Matches(PATTERN) @MaxLength(256) source?: string;
  /** Only entries after this time, ISO 8601 with zone. */
  @IsOptional() @IsTime() since?: string;
  /** Only entries before this time, ISO 8601 with zone. */
  @IsOptional() @IsTime() until?: string;
  /** Most entries told, the newest first; 100 by default. */
  @IsOptional() @IsInt() @Min(1) @Max(1000) max_events?: number;
}

class EventLogRow {
  @IsCount() index!: number;
  @IsUtc() time!: string;
  @IsIn(ENTRY_TYPES) entry_type!: (typeof ENTRY_TYPES)[number];
  @IsString() source!: string;
  @IsCount() event_id!: number;
  /** The first 8192 characters. */
  @OrNull() @IsString() message!: string | null;
  @OrNull() @IsString() user!: string | null;
  @OrNull() @IsString() computer!: string | null;
}

export class GetEventLogOutput {
  @IsString() host!: string;
  @IsString() log_name!: string;
  /** Newest first; empty when no entry fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => EventLogRow) events!: EventLogRow[];
}

export const GET_EVENT_LOG = cmdletScript('Get-EventLog', '1.0.0', String.raw`
  if (-not [Diagnostics.EventLog]::Exists($data.log_name)) { Refuse 'ObjectNotFound' 'the host has no classic event log of this name' }
  $find = @{ LogName = $data.log_name; Newest = $data.max_events }
  if ($data.entry_types) { $find.EntryType = @($data.entry_types) }
  if ($data.source) { $find.Source = $data.source }
  if ($data.since) { $find.After = Local $data.since }
  if ($data.until) { $find.Before = Local $data.until }
  $found = @(try { Get-EventLog @find } catch { if ("$($_.CategoryInfo.Category)" -ne 'ObjectNotFound') { throw } })
  $types = 'Error', 'Warning', 'Information', 'SuccessAudit', 'FailureAudit'
  $events = @($found | ForEach-Object {
    $type = "$($_.EntryType)"
    @{
      index = $_.Index; time = Utc $_.TimeGenerated; entry_type = $(if ($types -contains $type) { $type } else { 'Unknown' }); source = "$($_.Source)"
      event_id = $_.EventID; message = Short $_.Message; user = Text $_.UserName; computer = Text $_.MachineName
    }
  })
  $result = @{ log_name = $data.log_name; events = $events }
`);

const DEFAULT_EVENTS = 100;

@Controller()
export class GetEventLog {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-EventLog',
    version: '1.0.0',
    description: 'Reads the newest entries of a classic event log of a Windows host, over WinRM. For logs of applications and services use Get-WinEvent.',
    input: GetEventLogInput,
    output: GetEventLogOutput,
    listOutput: 'events',
    estimate: { durationMs: 5000 },
    examples: [{ target_host: 'WIN-SQL01', log_name: 'System', entry_types: ['Error'], max_events: 20 }, { target_host: '10.0.0.5', log_name: 'Application', source: 'MSSQL*', since: '2026-01-31T00:00:00Z' }],
  })
  run({ input, context }: ToolCall<GetEventLogInput>): Promise<GetEventLogOutput> {
    return this.cmdlets.run(context, { script: GET_EVENT_LOG, input: { ...input, max_events: input.max_events ?? DEFAULT_EVENTS }, output: GetEventLogOutput });
  }
}
