import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsNotEmpty, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsCount, OrNull } from './fields.js';

/** Names of .NET's System.IO.DriveType, whose numbers are those of MSFT_Volume.DriveType. */
const DRIVE_TYPES = ['Unknown', 'NoRootDirectory', 'Removable', 'Fixed', 'Network', 'CDRom', 'Ram'] as const;
/** MSFT_Volume.HealthStatus. */
const VOLUME_HEALTH = ['Healthy', 'Warning', 'Unhealthy', 'Unknown'] as const;

export class GetVolumeInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** One letter, for example `C`; all volumes when left out. */
  @IsOptional() @IsString() @Matches(/^[A-Za-z]$/) drive_letter?: string;
  @IsOptional() @IsIn(DRIVE_TYPES) drive_type?: (typeof DRIVE_TYPES)[number];
}

class VolumeRow {
  @OrNull() @IsString() @Matches(/^[A-Z]$/) drive_letter!: string | null;
  @OrNull() @IsString() label!: string | null;
  /** For example `NTFS`; null without a medium or format. */
  @OrNull() @IsString() file_system!: string | null;
  @IsIn(DRIVE_TYPES) drive_type!: (typeof DRIVE_TYPES)[number];
  @IsIn(VOLUME_HEALTH) health!: (typeof VOLUME_HEALTH)[number];
  @IsCount() size_bytes!: number;
  @IsCount() free_bytes!: number;
  /** The volume's own path, `\\?\Volume{...}\`. */
  @OrNull() @IsString() path!: string | null;
}

export class GetVolumeOutput {
  @IsString() host!: string;
  /** Empty when no volume fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => VolumeRow) volumes!: VolumeRow[];
}

export const GET_VOLUME = cmdletScript('Get-Volume', '1.0.0', String.raw`
  $health = @{ '0' = 'Healthy'; '1' = 'Warning'; '2' = 'Unhealthy' }
  $volumes = @(Get-Volume | ForEach-Object {
    $letter = "$($_.DriveLetter)".Trim([char]0).ToUpperInvariant()
    $type = "$([IO.DriveType][int]$_.CimInstanceProperties['DriveType'].Value)"
    if ($data.drive_letter -and $letter -ne $data.drive_letter) { return }
    if ($data.drive_type -and $type -ne $data.drive_type) { return }
    $state = $health["$($_.CimInstanceProperties['HealthStatus'].Value)"]
    @{
      drive_letter = Text $letter; label = Text $_.FileSystemLabel; file_system = Text $_.CimInstanceProperties['FileSystem'].Value
      drive_type = $type; health = $(if ($state) { $state } else { 'Unknown' })
      size_bytes = [uint64]$_.Size; free_bytes = [uint64]$_.SizeRemaining; path = Text $_.Path
    }
  })
  $result = @{ volumes = $volumes }
`);

@Controller()
export class GetVolume {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-Volume',
    version: '1.0.0',
    description: 'Lists the volumes of a Windows host with drive letter, file system, health, size and free space in bytes, over WinRM.',
    input: GetVolumeInput,
    output: GetVolumeOutput,
    listOutput: 'volumes',
    estimate: { durationMs: 2000 },
    examples: [{ target_host: 'WIN-SQL01', drive_letter: 'C' }, { target_host: '10.0.0.5', drive_type: 'Fixed' }],
  })
  run({ input, context }: ToolCall<GetVolumeInput>): Promise<GetVolumeOutput> {
    return this.cmdlets.run(context, { script: GET_VOLUME, input, output: GetVolumeOutput });
  }
}
