import { Controller, Inject } from '@nestjs/common';
import { ANY_PROTOCOL, ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { NAME } from '../cmdlets/fields.js';
import { RunScriptInput, RunScriptOutput } from './run-script.dto.js';
import { SCRIPT_RUNNERS, type ScriptRunner } from './script-runner.js';

@Controller()
export class RunScript {
  constructor(@Inject(SCRIPT_RUNNERS) private readonly runners: readonly ScriptRunner[]) {}

  @Tool({
    name: 'run-script',
    version: '1.0.0',
    description: 'Uploads a script to a host (over SSH or WinRM, as the asset says), runs it there with arguments and takes it away again, also when it fails or is stopped. Exit code and output as with run-command.',
    input: RunScriptInput,
    output: RunScriptOutput,
    effect: 'write',
    idempotent: false,
    credential: { kind: ANY_PROTOCOL, target: '/target_host' },
    commands: [{ pointer: '/script', dialect: 'posix-shell' }, { pointer: '/powershell', dialect: 'powershell' }],
    timeoutMs: 300_000,
    estimate: { durationMs: 3000 },
    examples: [
      { target_host: 'web-01', script: 'set -eu\nfor name in "$@"; do\n  echo "$name"\ndone', args: ['first', 'second'], interpreter: 'bash' },
      { target_host: 'WIN-SQL01', powershell: 'param($Name)\nGet-Service -Name $Name', args: ['Spooler'] },
    ],
  })
  run({ input, context }: ToolCall<RunScriptInput>): Promise<RunScriptOutput> {
    const protocol = context.connection?.protocol;
    const runner = this.runners.find((r) => r.protocol === protocol);
    if (!runner) throw new ToolFailure('target-refused', `no script can be run over ${protocol ?? 'nothing'}`);
    if (protocol === 'winrm' && input.cwd !== undefined && !NAME.test(input.cwd)) throw new ToolFailure('input-invalid', 'cwd: a Windows folder has no control characters in its name');
    return runner.run(input, context);
  }
}
