import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsNotEmpty, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { OrNull } from './fields.js';

export class GetHotFixInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** For example `KB5031356`. */
  @IsOptional() @IsString() @Matches(/^[Kk][Bb]\d{4,10}$/) id?: string;
}

class HotFixRow {
  @IsString() id!: string;
  /** Kind of the update as Windows says it, for example `Security Update`. */
  @OrNull() @IsString() description!: string | null;
  @OrNull() @IsString() installed_by!: string | null;
  /** Day in the host's time zone, `YYYY-MM-DD`; Windows keeps no time of day. */
  @OrNull() @IsString() @Matches(/^\d{4}-\d\d-\d\d$/) installed_on!: string | null;
}

export class GetHotFixOutput {
  @IsString() host!: string;
  /** Empty when no update fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => HotFixRow) hotfixes!: HotFixRow[];
}

const GET_HOT_FIX = cmdletScript('Get-HotFix', '1.0.0', String.raw`
  $hotfixes = @(Get-HotFix | Where-Object { -not $data.id -or $_.HotFixID -eq $data.id } | ForEach-Object {
    $fix = $_
    $day = Quiet { ([datetime]$fix.InstalledOn).ToString('yyyy-MM-dd', [Globalization.CultureInfo]::InvariantCulture) }
    @{ id = "$($fix.HotFixID)"; description = Text $fix.Description; installed_by = Text $fix.InstalledBy; installed_on = $day }
  })
  $result = @{ hotfixes = $hotfixes }
`);

@Controller()
export class GetHotFix {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-HotFix',
    version: '1.0.0',
    description: 'Lists the updates installed on a Windows host that Windows keeps as hot fixes, over WinRM.',
    input: GetHotFixInput,
    output: GetHotFixOutput,
    listOutput: 'hotfixes',
    estimate: { durationMs: 3000 },
    examples: [{ target_host: 'WIN-SQL01' }, { target_host: '10.0.0.5', id: 'KB5031356' }],
  })
  run({ input, context }: ToolCall<GetHotFixInput>): Promise<GetHotFixOutput> {
    return this.cmdlets.run(context, { script: GET_HOT_FIX, input, output: GetHotFixOutput });
  }
}
