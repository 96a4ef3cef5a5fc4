import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsNotEmpty, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsCount, PATTERN } from './fields.js';

/** .NET's ServiceControllerStatus. */
export const SERVICE_STATUSES = ['Stopped', 'StartPending', 'StopPending', 'Running', 'ContinuePending', 'PausePending', 'Paused'] as const;
/** .NET's ServiceStartMode; `Unknown` where the host does not tell it. */
const START_TYPES = ['Boot', 'System', 'Automatic', 'Manual', 'Disabled', 'Unknown'] as const;

export type ServiceStatus = (typeof SERVICE_STATUSES)[number];
export type StartType = (typeof START_TYPES)[number];

export class GetServiceInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Service name (not the display name); `*` and `?` stand for other characters. */
  @IsOptional() @IsString() @Matches(PATTERN) @MaxLength(256) name?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(7) @IsIn(SERVICE_STATUSES, { each: true }) status?: ServiceStatus[];
  @IsOptional() @IsArray() @ArrayMaxSize(6) @IsIn(START_TYPES, { each: true }) start_type?: StartType[];
}

class ServiceRow {
  @IsString() name!: string;
  @IsString() display_name!: string;
  @IsIn(SERVICE_STATUSES) status!: ServiceStatus;
  @IsIn(START_TYPES) start_type!: StartType;
  @IsBoolean() can_stop!: boolean;
}

export class GetServiceOutput {
  @IsString() host!: string;
  /** Empty when no service fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ServiceRow) services!: ServiceRow[];
  /** Services that the credential may not look at. */
  @IsCount() unreadable!: number;
}

export const GET_SERVICE = cmdletScript('Get-Service', '1.0.0', String.raw`
  $pattern = $(if ($data.name) { $data.name } else { '*' })
  $failed = @()
  $services = @(Get-Service -Name $pattern -ErrorAction SilentlyContinue -ErrorVariable failed | ForEach-Object {
    $service = $_
    $start = Quiet { "$($service.StartType)" }
    if (-not $start) { $start = 'Unknown' }
    if ($data.status -and $data.status -notcontains "$($service.Status)") { return }
    if ($data.start_type -and $data.start_type -notcontains $start) { return }
    @{ name = $service.ServiceName; display_name = $service.DisplayName; status = "$($service.Status)"; start_type = $start; can_stop = [bool](Quiet { $service.CanStop }) }
  })
  $unreadable = @($failed | Where-Object { "$($_.CategoryInfo.Category)" -ne 'ObjectNotFound' }).Count
  $result = @{ services = $services; unreadable = $unreadable }
`);

@Controller()
export class GetService {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-Service',
    version: '1.0.0',
    description: 'Lists the services of a Windows host with status and start type, over WinRM.',
    input: GetServiceInput,
    output: GetServiceOutput,
    listOutput: 'services',
    estimate: { durationMs: 2000 },
    examples: [{ target_host: 'WIN-SQL01', name: 'MSSQL*' }, { target_host: '10.0.0.5', status: ['Stopped'], start_type: ['Automatic'] }],
  })
  run({ input, context }: ToolCall<GetServiceInput>): Promise<GetServiceOutput> {
    return this.cmdlets.run(context, { script: GET_SERVICE, input, output: GetServiceOutput });
  }
}
