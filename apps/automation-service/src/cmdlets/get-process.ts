import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsCount, IsUtc, OrNull, PATTERN } from './fields.js';

const PROCESS_ORDERS = ['name', 'memory', 'cpu'] as const;

export class GetProcessInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Process name without `.exe`; `*` and `?` stand for other characters. */
  @IsOptional() @IsString() @Matches(PATTERN) @MaxLength(260) name?: string;
  @IsOptional() @IsInt() @Min(0) @Max(4_294_967_295) id?: number;
  /** `memory` and `cpu` put the largest first; `name` by default. */
  @IsOptional() @IsIn(PROCESS_ORDERS) sort_by?: (typeof PROCESS_ORDERS)[number];
  /** Most processes told, 1000 by default. */
  @IsOptional() @IsInt() @Min(1) @Max(5000) limit?: number;
}

class ProcessRow {
  @IsCount() id!: number;
  @IsString() name!: string;
  @IsCount() working_set_bytes!: number;
  @IsCount() private_bytes!: number;
  /** Processor time so far, in seconds; null where the credential may not see it. */
  @OrNull() @IsNumber() cpu_seconds!: number | null;
  @IsCount() threads!: number;
  @IsCount() handles!: number;
  @IsCount() session_id!: number;
  /** Null where the credential may not see it. */
  @OrNull() @IsUtc() started_at!: string | null;
  /** Null where the credential may not see it. */
  @OrNull() @IsString() path!: string | null;
}

export class GetProcessOutput {
  @IsString() host!: string;
  /** Empty when no process fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ProcessRow) processes!: ProcessRow[];
  /** Processes that fit; more than are listed when `limit` cut the list. */
  @IsCount() total!: number;
}

const GET_PROCESS = cmdletScript('Get-Process', '1.0.0', String.raw`
  $pattern = $(if ($data.name) { $data.name } else { '*' })
  $found = @(Get-Process -Name $pattern -ErrorAction SilentlyContinue | Where-Object { $null -eq $data.id -or $_.Id -eq $data.id })
  $order = $(if ($data.sort_by -eq 'memory') { 'WorkingSet64' } elseif ($data.sort_by -eq 'cpu') { 'CPU' } else { 'ProcessName', 'Id' })
  # What the credential may not see has no place in the order, and is no error.
  $sorted = $found | Sort-Object -Property $order -Descending:($data.sort_by -in 'memory', 'cpu') -ErrorAction SilentlyContinue
  $processes = @($sorted | Select-Object -First $data.limit | ForEach-Object {
    $p = $_
    $cpu = Quiet { [math]::Round($p.TotalProcessorTime.TotalSeconds, 3) }
    @{
      id = $p.Id; name = $p.ProcessName; working_set_bytes = $p.WorkingSet64; private_bytes = $p.PrivateMemorySize64; cpu_seconds = $cpu
      threads = [int](Quiet { $p.Threads.Count }); handles = [int](Quiet { $p.HandleCount }); session_id = [int](Quiet { $p.SessionId })
      started_at = Utc (Quiet { $p.StartTime }); path = Text (Quiet { $p.Path })
    }
  })
  $result = @{ processes = $processes; total = $found.Count }
`);

const DEFAULT_LIMIT = 1000;

@Controller()
export class GetProcess {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-Process',
    version: '1.0.0',
    description: 'Lists the processes of a Windows host with memory in bytes, processor time and start, over WinRM.',
    input: GetProcessInput,
    output: GetProcessOutput,
    listOutput: 'processes',
    estimate: { durationMs: 3000 },
    examples: [{ target_host: 'WIN-SQL01', sort_by: 'memory', limit: 10 }, { target_host: '10.0.0.5', name: 'sqlservr' }],
  })
  run({ input, context }: ToolCall<GetProcessInput>): Promise<GetProcessOutput> {
    return this.cmdlets.run(context, { script: GET_PROCESS, input: { ...input, limit: input.limit ?? DEFAULT_LIMIT }, output: GetProcessOutput });
  }
}
