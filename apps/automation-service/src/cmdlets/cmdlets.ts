import { Injectable } from '@nestjs/common';
import { fits, InvalidMessage, ToolFailure, validate } from '@opsmesh/contracts';
import type { Json } from '@opsmesh/winrm';
import type { ClassConstructor } from 'class-transformer';
import { failureOf } from '../tools/outcome-failure.js';
import { PowerShellClient } from '../winrm/powershell-client.js';
import { runOnWindows, type WindowsContext } from '../winrm/run-on-windows.js';
import { windowsSecretsOf } from '../winrm/windows-target.js';
import { failureOfError, readAnswer, type CmdletAnswer } from './cmdlet-answer.js';
import type { CmdletScript } from './cmdlet-script.js';

export interface CmdletCall<O extends object> {
  readonly script: CmdletScript;
  /** The tool's input; all of it but `target_host` is the script's `$data`. */
  readonly input: object;
  readonly output: ClassConstructor<O>;
  /** `stdin` keeps the input out of the host's process list; `auto` by default. */
  readonly deliver?: 'auto' | 'stdin';
}

/** Most bytes of an answer. A tool that would give more must be asked for less, since half a document is none. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Runs the scripts of the cmdlet tools and gives what they say as the tools' outputs. */
@Injectable()
export class Cmdlets {
  constructor(private readonly powershell: PowerShellClient) {}

  /** @throws ToolFailure */
  async run<O extends object>(context: WindowsContext, { script, input, output, deliver = 'auto' }: CmdletCall<O>): Promise<O> {
    const { host, outcome, workerStopped } = await runOnWindows(this.powershell, context, {
      run: { script: script.text, data: dataOf(input), deliver }, maxOutputBytes: MAX_ANSWER_BYTES, stdout: 'document',
    });
    const answer = 'output' in outcome ? await this.answerIn(outcome.output.stdout, context) : undefined;
    if (outcome.kind === 'nonzero' && answer?.kind === 'error') throw failureOfError(answer.error, host);
    // What came before an interruption is no answer, and half a document helps nobody.
    if (outcome.kind !== 'ok') throw failureOf(outcome, { host, workerStopped, output: { host } });
    if (outcome.output.truncated) throw new ToolFailure('output-invalid', `${script.tool} on ${host} answered more than ${MAX_ANSWER_BYTES} bytes; ask for less`);
    if (answer?.kind !== 'result') throw new ToolFailure('output-invalid', `${script.tool} on ${host} answered something that is no result`, { cause: outcome.output.stderr.slice(0, 500) });
    return checked(output, { ...answer.result, host });
  }

  private async answerIn(stdout: string, context: WindowsContext): Promise<CmdletAnswer | undefined> {
    const credential = await context.credential();
    return readAnswer(stdout, credential.kind === 'winrm' ? windowsSecretsOf(credential) : []);
  }
}

function dataOf(input: object): Json {
  return Object.fromEntries(Object.entries(input as Record<string, Json | undefined>).flatMap(([name, value]) => (name === 'target_host' || value === undefined ? [] : [[name, value]])));
}

/** As the worker checks outputs: the schema decides, since they may be large; the DTO's own rules say what is wrong. */
function checked<O extends object>(type: ClassConstructor<O>, value: object): O {
  try {
    return fits(type, value) ? value as O : validate(type, value);
  } catch (error) {
    if (error instanceof InvalidMessage) throw new ToolFailure('output-invalid', `the host answered something else than ${type.name}`, { cause: error.message });
    throw error;
  }
}
