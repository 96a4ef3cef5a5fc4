import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { ACTS } from './declaration.js';
import { EXACT_NAME, IsCount } from './fields.js';

export class StopProcessInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** With `name`: the process is stopped only if it has that name, since Windows uses ids again. */
  @IsOptional() @IsInt() @Min(1) @Max(4_294_967_295) id?: number;
  /** Process name without `.exe` and without wildcards; every process of that name when `id` is left out. */
  @IsOptional() @IsString() @Matches(EXACT_NAME) @MaxLength(260) name?: string;
}

class StoppedProcessRow {
  @IsCount() id!: number;
  @IsString() name!: string;
  /** Whether the host saw it end. */
  @IsBoolean() stopped!: boolean;
}

export class StopProcessOutput {
  @IsString() host!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => StoppedProcessRow) processes!: StoppedProcessRow[];
}

export const STOP_PROCESS = cmdletScript('Stop-Process', '1.0.0', String.raw`
  $found = @(if ($null -ne $data.id) { Get-Process -Id $data.id } else { Get-Process -Name $data.name })
  if ($data.name) { $found = @($found | Where-Object { $_.ProcessName -eq $data.name }) }
  if ($found.Count -eq 0) { Refuse 'ObjectNotFound' 'the process with this id has another name' }
  if (@($found | Where-Object { $_.Id -in 0, 4, $PID }).Count -gt 0) { Refuse 'PermissionDenied' 'the system and the process that serves this call are not stopped' }
  # An open handle keeps the id from being given to another process.
  foreach ($p in $found) { $null = Quiet { $p.Handle } }
  $acted = $true
  $processes = @($found | ForEach-Object {
    $p = $_
    $null = Quiet { Stop-Process -InputObject $p -Force }
    @{ id = $p.Id; name = $p.ProcessName; stopped = [bool](Quiet { $p.WaitForExit(5000) }) }
  })
  $result = @{ processes = $processes }
`);

/** Not idempotent: by the time of a second attempt the id or the name may be another process's. */
@Controller()
export class StopProcess {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...ACTS,
    effect: 'destructive',
    name: 'Stop-Process',
    version: '1.0.0',
    description: 'Ends processes of a Windows host by id or name at once, over WinRM; what they had not saved is lost. Fails when one does not end.',
    input: StopProcessInput,
    output: StopProcessOutput,
    listOutput: 'processes',
    estimate: { durationMs: 3000 },
    examples: [{ target_host: 'WIN-SQL01', name: 'notepad' }, { target_host: '10.0.0.5', id: 4242, name: 'w3wp' }],
  })
  async run({ input, context }: ToolCall<StopProcessInput>): Promise<StopProcessOutput> {
    if (input.id === undefined && input.name === undefined) throw new ToolFailure('input-invalid', 'id or name must say which process to stop');
    const output = await this.cmdlets.run(context, { script: STOP_PROCESS, input, output: StopProcessOutput });
    const left = output.processes.filter((p) => !p.stopped);
    if (left.length > 0) throw new ToolFailure('tool-failed', `${left.length} of ${output.processes.length} processes did not end on ${output.host}`, { cause: left.map((p) => p.id).join(', '), output });
    return output;
  }
}
