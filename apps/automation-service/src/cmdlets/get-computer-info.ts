import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsArray, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsCount, IsUtc, OrNull } from './fields.js';

export class GetComputerInfoInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
}

/** Null where the host does not tell. */
export class GetComputerInfoOutput {
  @IsString() host!: string;
  @IsString() computer_name!: string;
  /** DNS name of the domain, or name of the workgroup. */
  @OrNull() @IsString() domain!: string | null;
  /** For example `Microsoft Windows Server 2022 Standard`. */
  @IsString() os_name!: string;
  /** For example `10.0.20348`. */
  @IsString() os_version!: string;
  @OrNull() @IsString() os_architecture!: string | null;
  @OrNull() @IsUtc() os_installed_at!: string | null;
  @OrNull() @IsUtc() last_boot_at!: string | null;
  @OrNull() @IsCount() uptime_seconds!: number | null;
  @OrNull() @IsString() manufacturer!: string | null;
  @OrNull() @IsString() model!: string | null;
  @OrNull() @IsString() serial_number!: string | null;
  @OrNull() @IsString() bios_version!: string | null;
  /** One name per socket. */
  @IsArray() @IsString({ each: true }) processors!: string[];
  @OrNull() @IsCount() logical_processors!: number | null;
  @OrNull() @IsCount() total_memory_bytes!: number | null;
  @OrNull() @IsCount() free_memory_bytes!: number | null;
  @OrNull() @IsString() time_zone!: string | null;
}

const GET_COMPUTER_INFO = cmdletScript('Get-ComputerInfo', '1.0.0', String.raw`
  $i = Get-ComputerInfo -Property 'Bios*', 'Cs*', 'Os*', 'TimeZone'
  # Windows PowerShell 5.1 spells the property with one letter too few.
  $serial = $i.PSObject.Properties['BiosSerialNumber'], $i.PSObject.Properties['BiosSeralNumber'] | Where-Object { $_ } | Select-Object -First 1
  $uptime = Quiet { [int64][math]::Floor($i.OsUptime.TotalSeconds) }
  $free = $(if ($null -ne $i.OsFreePhysicalMemory) { [uint64]$i.OsFreePhysicalMemory * 1024 } else { $null })
  $result = @{
    computer_name = "$($i.CsName)"; domain = Text $i.CsDomain; os_name = "$($i.OsName)"; os_version = "$($i.OsVersion)"; os_architecture = Text $i.OsArchitecture
    os_installed_at = Utc $i.OsInstallDate; last_boot_at = Utc $i.OsLastBootUpTime; uptime_seconds = $uptime
    manufacturer = Text $i.CsManufacturer; model = Text $i.CsModel; serial_number = Text $serial.Value; bios_version = Text $i.BiosSMBIOSBIOSVersion
    processors = @($i.CsProcessors | Where-Object { $_ } | ForEach-Object { "$($_.Name)".Trim() }); logical_processors = $i.CsNumberOfLogicalProcessors
    total_memory_bytes = $i.CsTotalPhysicalMemory; free_memory_bytes = $free; time_zone = Text $i.TimeZone
  }
`);

@Controller()
export class GetComputerInfo {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-ComputerInfo',
    version: '1.0.0',
    description: 'Tells operating system, hardware, memory in bytes, last boot and uptime of a Windows host, over WinRM.',
    input: GetComputerInfoInput,
    output: GetComputerInfoOutput,
    estimate: { durationMs: 10_000 },
    examples: [{ target_host: 'WIN-SQL01' }],
  })
  run({ input, context }: ToolCall<GetComputerInfoInput>): Promise<GetComputerInfoOutput> {
    return this.cmdlets.run(context, { script: GET_COMPUTER_INFO, input, output: GetComputerInfoOutput });
  }
}
