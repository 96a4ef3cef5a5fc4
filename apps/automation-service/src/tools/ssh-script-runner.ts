import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import type { ToolContext } from '@opsmesh/worker-runtime';
import type { CommandOutput, HostOutcome } from '../ssh/outcome.js';
import { posixQuote } from '../ssh/posix-quote.js';
import type { RemoteCommand } from '../ssh/remote-program.js';
import { SshClient } from '../ssh/ssh-client.js';
import { commandResult } from './command-result.js';
import { checkedEnv } from './environment.js';
import { failureOf } from './outcome-failure.js';
import type { RunScriptInput, RunScriptOutput } from './run-script.dto.js';
import { SshTarget, word, type TargetOutcome } from './run-on-target.js';
import type { ScriptRunner } from './script-runner.js';
import { inFolder } from './working-folder.js';

const DEFAULT_OUTPUT_BYTES = 1_048_576;
const UPLOAD_OUTPUT_BYTES = 65_536;

/**
 * Scripts over SSH.
 * 1. The script travels on stdin into a new folder that only its user can enter; its name is random and made here, so it is known whatever happens.
 * 2. Arguments are words of data after the file's name.
 * 3. The folder is removed in every case; `removed` is true only if the host said so.
 */
@Injectable()
export class SshScriptRunner implements ScriptRunner {
  readonly protocol = 'ssh';

  constructor(private readonly ssh: SshClient) {}

  async run(input: RunScriptInput, context: ToolContext): Promise<RunScriptOutput> {
    const { script, sudo } = input;
    if (script === undefined) throw new ToolFailure('input-invalid', 'the target is reached by SSH, so it needs a "script" for the POSIX shell');
    const args = (input.args ?? []).map((a, i) => word(`args/${i}`, a));
    const env = checkedEnv(input.env);
    const target = await SshTarget.of(this.ssh, context);
    const folder = `"\${TMPDIR:-/tmp}"/opsmesh-${randomBytes(12).toString('hex')}`;
    const stored = await target.run({ command: storing(folder, script), maxOutputBytes: UPLOAD_OUTPUT_BYTES, sudo });
    if (!begun(stored.outcome)) throw failureOf(stored.outcome, { ...stored, output: { host: target.host } });
    let removed: boolean | undefined;
    const remove = async () => (removed ??= await target.tidy(`rm -rf -- ${folder} && ! [ -e ${folder} ]`, sudo));
    try {
      const inside = inFolder(`exec ${input.interpreter ?? 'sh'} ${[posixQuote(fileOf(stored)), ...args].join(' ')}`, input.cwd);
      const ran = await target.run({
        command: {
          script: inside.script, ...(input.stdin === undefined ? {} : { stdin: input.stdin }), ...(env === undefined ? {} : { env }),
        },
        maxOutputBytes: input.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES,
        idleMs: input.idleTimeoutMs,
        sudo,
        live: true,
      });
      inside.requireEntered(ran);
      return commandResult(ran, { removed: await remove() });
    } finally {
      await remove();
    }
  }
}

/** Puts the script into its folder and prints the file's path. */
function storing(folder: string, script: string): RemoteCommand {
  return { script: `umask 077; mkdir -m 700 -- ${folder} && cat >${folder}/script && printf "%s" ${folder}/script`, stdin: script };
}

/** Whether something may have been left on the host. */
function begun(outcome: HostOutcome): outcome is Extract<HostOutcome, { readonly output: CommandOutput }> {
  return 'output' in outcome && !('stop' in outcome && outcome.stop.state === 'nothing-started');
}

/** @throws ToolFailure when the script was not stored: it did not run then, and whether the upload was stopped changes nothing on the host. */
function fileOf({ host, outcome, workerStopped }: TargetOutcome): string {
  switch (outcome.kind) {
    case 'connection-lost':
      throw new ToolFailure('unreachable', `the connection to ${host} was lost before the script ran`, { cause: outcome.detail });
    case 'nonzero':
      throw new ToolFailure('capability-missing', `the script could not be stored on ${host}`, { cause: outcome.output.stderr.slice(0, 500) });
    case 'ok': {
      const file = outcome.output.stdout;
      if (/^\/[^\0\n]*\/opsmesh-[0-9a-f]{24}\/script$/.test(file)) return file;
      throw new ToolFailure('capability-missing', `${host} did not say where the script is`);
    }
    case 'cancelled':
    case 'timed-out':
      throw failureOf({ ...outcome, stop: { state: 'nothing-started' } }, { host, workerStopped, output: { host } });
    default:
      throw failureOf(outcome, { host, workerStopped, output: { host } });
  }
}
