import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsBoolean, IsIn, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { ACTS } from './declaration.js';
import { EXACT_NAME } from './fields.js';
import { SERVICE_STATUSES, type ServiceStatus } from './get-service.js';

export class RestartWindowsServiceInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Service name, not the display name, without wildcards. */
  @IsString() @Matches(EXACT_NAME) @MaxLength(256) name!: string;
  /** Restart also a service on which running services depend, and those with it. */
  @IsOptional() @IsBoolean() force?: boolean;
}

export class RestartWindowsServiceOutput {
  @IsString() host!: string;
  @IsString() name!: string;
  @IsString() display_name!: string;
  /** A stopped service is started. */
  @IsIn(SERVICE_STATUSES) previous_status!: ServiceStatus;
  @IsIn(SERVICE_STATUSES) status!: ServiceStatus;
}

export const RESTART_SERVICE = cmdletScript('Restart-Service', '1.0.0', String.raw`
  $service = Get-Service -Name $data.name
  $previous = "$($service.Status)"
  $users = @($service.DependentServices | Where-Object { "$($_.Status)" -ne 'Stopped' } | ForEach-Object { $_.ServiceName })
  if (-not $data.force -and $users.Count -gt 0) { Refuse 'ResourceBusy' "services that run depend on it: $($users -join ', ')" }
  $acted = $true
  Restart-Service -InputObject $service -Force:([bool]$data.force)
  $service.Refresh()
  $result = @{ name = $service.ServiceName; display_name = $service.DisplayName; previous_status = $previous; status = "$($service.Status)" }
`);

/** Not idempotent: whoever uses the service is interrupted by each restart, so one whose outcome is in doubt must not be repeated unasked. */
@Controller()
export class RestartWindowsService {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...ACTS,
    effect: 'write',
    name: 'Restart-Service',
    version: '1.0.0',
    description: 'Restarts a service of a Windows host and tells its status before and after, over WinRM. Fails when other running services depend on it, unless forced.',
    input: RestartWindowsServiceInput,
    output: RestartWindowsServiceOutput,
    estimate: { durationMs: 10_000 },
    examples: [{ target_host: 'WIN-SQL01', name: 'Spooler' }, { target_host: '10.0.0.5', name: 'MSSQLSERVER', force: true }],
  })
  run({ input, context }: ToolCall<RestartWindowsServiceInput>): Promise<RestartWindowsServiceOutput> {
    return this.cmdlets.run(context, { script: RESTART_SERVICE, input, output: RestartWindowsServiceOutput });
  }
}
