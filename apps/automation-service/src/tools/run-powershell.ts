import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { NAME } from '../cmdlets/fields.js';
import { PowerShellClient } from '../winrm/powershell-client.js';
import { runOnWindows } from '../winrm/run-on-windows.js';
import { commandResult } from './command-result.js';
import { RunCommandOutput } from './run-command.dto.js';

export class RunPowerShellInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Script for Windows PowerShell. */
  @IsString() @IsNotEmpty() @MaxLength(65_536) script!: string;
  /** Folder to run in, absolute, for example `C:\inetpub`. */
  @IsOptional() @IsString() @Matches(NAME) @MaxLength(4096) cwd?: string;
  /** Most bytes kept of each output stream (default 1 MiB); the rest is dropped and `truncated` says so. */
  @IsOptional() @IsInt() @Min(1) @Max(8_388_608) maxOutputBytes?: number;
  /** Longest time without any output, in milliseconds. */
  @IsOptional() @IsInt() @Min(100) @Max(86_400_000) idleTimeoutMs?: number;
}

const DEFAULT_OUTPUT_BYTES = 1_048_576;

@Controller()
export class RunPowerShell {
  constructor(private readonly powershell: PowerShellClient) {}

  @Tool({
    name: 'run-powershell',
    version: '1.0.0',
    description: 'Runs a script of Windows PowerShell on a host over WinRM and gives its exit code and output. A script that exits with another code than 0, or ends by an error, fails, with its output kept.',
    input: RunPowerShellInput,
    output: RunCommandOutput,
    effect: 'write',
    idempotent: false,
    credential: { kind: 'winrm', target: '/target_host' },
    commands: [{ pointer: '/script', dialect: 'powershell' }],
    timeoutMs: 60_000,
    estimate: { durationMs: 2000 },
    examples: [{ target_host: 'WIN-SQL01', script: 'Get-Date -Format o' }, { target_host: '10.0.0.5', script: 'Remove-Item -LiteralPath "C:\\Temp\\old.log"', cwd: 'C:\\Temp' }],
  })
  async run({ input, context }: ToolCall<RunPowerShellInput>): Promise<RunCommandOutput> {
    const ran = await runOnWindows(this.powershell, context, {
      run: { script: input.script, deliver: 'stdin', ...(input.cwd === undefined ? {} : { workingDirectory: input.cwd }) },
      maxOutputBytes: input.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES,
      idleMs: input.idleTimeoutMs,
      stdout: 'text',
    });
    return commandResult(ran, {});
  }
}
