import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsBoolean, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { commandResult } from './command-result.js';
import { checkedEnv } from './environment.js';
import { runOnTarget } from './run-on-target.js';
import { IsSudo, type SudoInput } from './sudo-input.js';

export class RunCommandInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Script for the POSIX shell of the host. */
  @IsString() @IsNotEmpty() @MaxLength(65_536) command!: string;
  /** Folder to run in, absolute or relative to the user's home folder. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(4096) cwd?: string;
  /** Text for the command's stdin. */
  @IsOptional() @IsString() @MaxLength(1_048_576) stdin?: string;
  /** Environment variables: names like `LANG`, values are texts. */
  @IsOptional() @IsObject() env?: Record<string, string>;
  /** Run the command as root (true) or as another user, by sudo; the password, where sudo asks for one, is the credential's. */
  @IsSudo() sudo?: SudoInput;
  /** Give the command a terminal, for programs that insist on one; stderr comes with stdout then, and there is no stdin. */
  @IsOptional() @IsBoolean() pty?: boolean;
  /** Most bytes kept of each output stream (default 1 MiB); the rest is dropped and `truncated` says so. */
  @IsOptional() @IsInt() @Min(1) @Max(8_388_608) maxOutputBytes?: number;
  /** Longest time without any output, in milliseconds. */
  @IsOptional() @IsInt() @Min(100) @Max(86_400_000) idleTimeoutMs?: number;
}

export class RunCommandOutput {
  @IsString() host!: string;
  @IsInt() exitCode!: number;
  @IsString() stdout!: string;
  @IsString() stderr!: string;
  /** True when stdout or stderr was longer than what is kept. */
  @IsBoolean() truncated!: boolean;
  /** Time on the host, waiting for its turn included, in milliseconds. */
  @IsInt() durationMs!: number;
}

const DEFAULT_OUTPUT_BYTES = 1_048_576;

@Controller()
export class RunCommand {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'run-command',
    version: '1.1.0',
    description: 'Runs a command of the POSIX shell on a host over SSH and gives its exit code and output. A command that exits with another code than 0 fails, with its output kept.',
    input: RunCommandInput,
    output: RunCommandOutput,
    effect: 'write',
    idempotent: false,
    credential: { kind: 'ssh', target: '/target_host' },
    commands: [{ pointer: '/command', dialect: 'posix-shell' }],
    timeoutMs: 60_000,
    estimate: { durationMs: 1000 },
    examples: [{ target_host: 'web-01', command: 'uptime' }, { target_host: '10.0.0.5', command: 'nginx -t && nginx -s reload', env: { LANG: 'C' }, sudo: true }],
  })
  async run({ input, context }: ToolCall<RunCommandInput>): Promise<RunCommandOutput> {
    if (input.pty === true && input.stdin !== undefined) throw new ToolFailure('input-invalid', 'stdin can\'t be given together with pty');
    const env = checkedEnv(input.env);
    const ran = await runOnTarget(this.ssh, context, {
      command: {
        script: input.command,
        ...(input.cwd === undefined ? {} : { cwd: input.cwd }),
        ...(input.stdin === undefined ? {} : { stdin: input.stdin }),
        ...(env === undefined ? {} : { env }),
      },
      maxOutputBytes: input.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES,
      idleMs: input.idleTimeoutMs,
      sudo: input.sudo,
      pty: input.pty,
      live: true,
    });
    return commandResult(ran, {});
  }
}
