import { ToolFailure, validate, type ConnectionDto, type Credential } from '@opsmesh/contracts';
import { fakeToolContext, type ToolContext } from '@opsmesh/worker-runtime';
import type { RunOptions, RunResult, WinRmClient } from '@opsmesh/winrm';
import type { ClassConstructor } from 'class-transformer';
import { PowerShellClient } from '../winrm/powershell-client.js';
import { Cmdlets } from './cmdlets.js';

/** What the fake host was sent. */
export interface SentScript {
  readonly script: string;
  readonly data: unknown;
}

export interface HostAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly truncated?: boolean;
}

export const PASSWORD = 'fake-pa55word-canary';

/** A Windows host behind a fake WinRM client, which answers each script with what the spec says. */
export class FakeWindows {
  readonly sent: SentScript[] = [];
  answer: HostAnswer = {};
  /** What is answered to which script; `answer` to all by default. */
  answers: (sent: SentScript) => HostAnswer = () => this.answer;
  readonly powershell: PowerShellClient;
  readonly cmdlets: Cmdlets;

  constructor() {
    const client: WinRmClient = {
      connect: () => Promise.resolve({ host: 'fake', isOpen: true, openShell: () => Promise.resolve({ id: 's', isOpen: true, run: (options) => this.run(options), close: () => Promise.resolve(true) }), close: () => Promise.resolve() }),
      run: () => Promise.reject(new Error('not used')),
    };
    this.powershell = new PowerShellClient({ client });
    this.cmdlets = new Cmdlets(this.powershell);
  }

  /** The host answers `{"result": ...}`. */
  results(result: unknown): this {
    this.answer = { stdout: JSON.stringify({ result }) };
    return this;
  }

  /** The host answers that the script failed. */
  fails(error: { category: string; id?: string; message?: string; acted?: boolean }): this {
    this.answer = { stdout: JSON.stringify({ error: { id: 'E', message: 'm', acted: false, ...error } }), exitCode: 1 };
    return this;
  }

  context(more: Partial<ToolContext> = {}): ToolContext {
    const connection: ConnectionDto = { assetId: 'a1', hostname: 'WIN-01', address: '10.0.0.5', protocol: 'winrm', port: 5986, credentialId: 'c1' };
    return fakeToolContext({ deadline: performance.now() + 5000, connection, credential: () => Promise.resolve<Credential>({ kind: 'winrm', username: 'ops', password: PASSWORD }), ...more });
  }

  private async run(options: RunOptions): Promise<RunResult> {
    if (options.script === undefined) throw new Error('no script');
    const sent = { script: options.script, data: options.data };
    this.sent.push(sent);
    const { stdout = '', stderr = '', exitCode = 0, truncated = false } = this.answers(sent);
    await options.onStdoutBytes?.(Buffer.from(stdout));
    await options.onStderr?.(stderr);
    return { kind: 'exited', exitCode, stdout, stderr, truncated, stdoutBytes: Buffer.byteLength(stdout), stderrBytes: Buffer.byteLength(stderr) };
  }
}

/** Whether a tool's input is taken. */
export function accepts(type: ClassConstructor<object>, input: object): boolean {
  try {
    validate(type, { target_host: 'WIN-01', ...input });
    return true;
  } catch {
    return false;
  }
}

/** The ToolFailure a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<ToolFailure> {
  const error: unknown = await promise.then(() => { throw new Error('it succeeded'); }, (e: unknown) => e);
  if (!(error instanceof ToolFailure)) throw error;
  return error;
}
