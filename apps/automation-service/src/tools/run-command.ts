import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { SshClient } from '../ssh/ssh-client.js';
import { commandResult } from './command-result.js';
import { RunCommandInput, RunCommandOutput } from './run-command.dto.js';
import { checkedEnv } from './environment.js';
import { runOnTarget } from './run-on-target.js';
import { inFolder } from './working-folder.js';

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
    const { script, requireEntered } = inFolder(input.command, input.cwd);
    const ran = await runOnTarget(this.ssh, context, {
      command: {
        script,
        ...(input.stdin === undefined ? {} : { stdin: input.stdin }),
        ...(env === undefined ? {} : { env }),
      },
      maxOutputBytes: input.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES,
      idleMs: input.idleTimeoutMs,
      sudo: input.sudo,
      pty: input.pty,
      live: true,
    });
    requireEntered(ran);
    return commandResult(ran, {});
  }
}
