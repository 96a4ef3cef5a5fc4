import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import type { ToolContext } from '@opsmesh/worker-runtime';
import { Cmdlets } from '../cmdlets/cmdlets.js';
import { commandResult } from '../tools/command-result.js';
import { checkedEnv } from '../tools/environment.js';
import type { RunScriptInput, RunScriptOutput } from '../tools/run-script.dto.js';
import type { ScriptRunner } from '../tools/script-runner.js';
import { PowerShellClient } from './powershell-client.js';
import { runOnWindows, type WindowsContext } from './run-on-windows.js';
import { REMOVE_SCRIPT, RemovedScript, RUN_STORED_SCRIPT, STORE_SCRIPT, StoredScript } from './stored-script.js';

const DEFAULT_OUTPUT_BYTES = 1_048_576;
/** Time to remove the script after the attempt's own time, in milliseconds: less than what an aborted attempt has to end. */
const TIDY_MS = 4000;

/**
 * Scripts over WinRM.
 * 1. The script travels on stdin into a new folder that only its user can open; its name is random and made here, so it is known whatever happens.
 * 2. Arguments are data: they travel as JSON and are splatted.
 * 3. The folder is removed in every case; `removed` is true only if the host said so.
 */
@Injectable()
export class WindowsScriptRunner implements ScriptRunner {
  readonly protocol = 'winrm';

  constructor(private readonly powershell: PowerShellClient, private readonly cmdlets: Cmdlets) {}

  async run(input: RunScriptInput, context: ToolContext): Promise<RunScriptOutput> {
    const { powershell: script, args = [] } = input;
    if (script === undefined) throw new ToolFailure('input-invalid', 'the target is reached by WinRM, so it needs "powershell", a script for Windows PowerShell');
    if (input.sudo !== undefined || input.interpreter !== undefined) throw new ToolFailure('input-invalid', '"sudo" and "interpreter" are for targets that are reached by SSH');
    const env = checkedEnv(input.env);
    const nonce = randomBytes(12).toString('hex');
    let sent = false;
    const storing: WindowsContext = { ...shared(context), assertGrant: async () => { await context.assertGrant(); sent = true; } };
    let removed: boolean | undefined;
    const remove = async () => (removed ??= await this.remove(nonce, context));
    try {
      const { file } = await this.store({ nonce, script }, storing);
      const ran = await runOnWindows(this.powershell, context, {
        run: {
          script: RUN_STORED_SCRIPT, data: { file, args }, deliver: 'stdin',
          ...(input.cwd === undefined ? {} : { workingDirectory: input.cwd }), ...(env === undefined ? {} : { env }), ...(input.stdin === undefined ? {} : { stdin: input.stdin }),
        },
        maxOutputBytes: input.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES,
        idleMs: input.idleTimeoutMs,
        stdout: 'text',
      });
      return commandResult(ran, { removed: await remove() });
    } finally {
      if (sent) await remove();
    }
  }

  /** What goes wrong here went wrong before the script ran. */
  private async store(input: { readonly nonce: string; readonly script: string }, context: WindowsContext): Promise<StoredScript> {
    try {
      return await this.cmdlets.run(context, { script: STORE_SCRIPT, input, output: StoredScript, deliver: 'stdin' });
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
      const { code, message, cause } = error.failure;
      if (code === 'connection-lost') throw new ToolFailure('unreachable', `${message}; the script had not been run`, cause === undefined ? {} : { cause });
      if (code === 'tool-failed' || code === 'nonzero-exit' || code === 'output-invalid') throw new ToolFailure('capability-missing', `the script could not be stored: ${message}`, cause === undefined ? {} : { cause });
      throw error;
    }
  }

  /** Also after the attempt's time, its grant or its cancelling. True when the host said that nothing is left. */
  private async remove(nonce: string, context: WindowsContext): Promise<boolean> {
    const tidying: WindowsContext = { ...shared(context), deadline: performance.now() + TIDY_MS, signal: AbortSignal.timeout(TIDY_MS), assertGrant: () => Promise.resolve() };
    try {
      return (await this.cmdlets.run(tidying, { script: REMOVE_SCRIPT, input: { nonce }, output: RemovedScript })).removed;
    } catch (error) {
      if (error instanceof ToolFailure) return false;
      throw error;
    }
  }
}

/** The parts of a context, which may be getters, as an object's own. */
function shared(context: WindowsContext): WindowsContext {
  const { tenantId, connection, deadline, signal } = context;
  return {
    tenantId, deadline, signal, ...(connection === undefined ? {} : { connection }),
    credential: () => context.credential(), assertGrant: () => context.assertGrant(), progress: (news) => context.progress(news),
  };
}
