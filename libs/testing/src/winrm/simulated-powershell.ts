import { encodeClixml } from '@opsmesh/winrm/protocol';
import { ACTING_CMDLETS } from './acting-cmdlets.js';
import { CmdletError, type CmdletData } from './cmdlet-error.js';
import { READ_CMDLETS } from './read-cmdlets.js';
import { valueOf, type Scope } from './powershell-values.js';
import { statementsOf, wordsOf } from './powershell-words.js';
import type { CommandIo } from './running-command.js';
import type { WindowsState } from './windows-state.js';

/** What a program on a simulated host may see and change. */
export interface ProgramHost {
  readonly state: WindowsState;
  /** `DOMAIN\user` of the caller. */
  readonly user: string;
  /** Variables and folder that the shell was created with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string | undefined;
  /** Writes one line into the side-effect ledger. */
  ledger(argument: string): void;
}

export interface PowershellHost extends ProgramHost {
  /** `-OutputFormat Text` or `-Command`: errors are told as text; as CLIXML otherwise. */
  readonly plainErrors: boolean;
  /** Progress was silenced before the script; otherwise it has to do that itself. */
  readonly silentProgress?: boolean;
}

export interface PowershellScript {
  readonly script: string;
  /** The variable `$data`. */
  readonly data: unknown;
  /** The variable `$args`. */
  readonly args?: readonly unknown[];
}

/** First line of the product's own scripts. */
const MARKER = /^# opsmesh:([A-Za-z][\w-]*)@\d+\.\d+\.\d+\r?$/m;
const SILENCED = /\$ProgressPreference\s*=(?:[^\n;]*=)*\s*'SilentlyContinue'/i;
const CLIXML_HEADER = /^#< CLIXML\r\n/;

/**
 * SIMULATED: this is no PowerShell. A script of the product is known by its first line and answered from tables of what the host has
 * (READ_CMDLETS, ACTING_CMDLETS). Of other scripts these statements are understood, one a line or parted by `;`:
 *
 * | statement | what happens |
 * |---|---|
 * | `echo WORDS`, `Write-Output WORDS`, a value | the words, then CR LF; `'text'`, `"text"`, `$data`, `$data.name`, `$args`, `$args[0]`, `$env:NAME` are values |
 * | `Write-Error TEXT` | an error record; the script goes on |
 * | `throw TEXT` | an error record; the script ends with 1 |
 * | `[Console]::Error.Write(TEXT)`, `[Console]::Out.Write(TEXT)` | the text as it is |
 * | `Start-Sleep [-Seconds] N`, `Start-Sleep -Milliseconds N` | |
 * | `exit N` | |
 * | `hostname`, `whoami`, `pwd` | |
 * | `copy-stdin` | all of stdin to stdout |
 * | `write-utf8 N` | N bytes of {@link utf8Sample} |
 * | `stay-silent` | nothing, until it is stopped |
 * | `ledger WORDS` | a line in the side-effect ledger |
 *
 * Assignments to preference variables and to the console's encodings are taken without effect. Anything else is PowerShell's CommandNotFoundException and exit code 1.
 * As in PowerShell, U+2018 to U+201B quote like `'` and U+201C to U+201E like `"`.
 * @returns the exit code
 */
export async function runPowershell(given: PowershellScript, io: CommandIo, host: PowershellHost): Promise<number> {
  io.isScript(given.script);
  const progress = !host.plainErrors && !host.silentProgress && !SILENCED.test(given.script);
  if (progress) io.stderr(encodeClixml([{ activity: 'Preparing modules for first use.' }]));
  const errors: string[] = [];
  const code = await interpret(given, { io, host, errors });
  if (errors.length === 0) return code;
  const lines = errors.join('\n').split('\n').map((line) => `${line}\r\n`);
  if (host.plainErrors) io.stderr(lines.join(''));
  else io.stderr(encodeClixml(lines.map((text) => ({ stream: 'Error', text }))).replace(progress ? CLIXML_HEADER : '', ''));
  return code;
}

async function interpret({ script, data, args = [] }: PowershellScript, run: Run): Promise<number> {
  const tool = MARKER.exec(script)?.[1];
  if (tool === 'run-stored-script') return runStored(data, run);
  if (tool !== undefined) return runCmdlet(tool, data, run);
  const { computer } = run.host.state;
  const environment = { COMPUTERNAME: computer.name, USERNAME: run.host.user.split('\\').at(-1)!, ...run.host.environment };
  for (const statement of statementsOf(script)) {
    const code = await runStatement(statement, { ...run, scope: { data, args, environment } });
    if (code !== undefined) return code;
  }
  return 0;
}

/** A script file that `store-script` wrote. */
function runStored(data: unknown, run: Run): Promise<number> {
  const { file, args } = (data ?? {}) as { readonly file?: string; readonly args?: readonly unknown[] };
  const script = run.host.state.files[file ?? ''];
  if (script !== undefined) return interpret({ script, data: undefined, ...(args ? { args } : {}) }, run);
  run.errors.push(notFound(file ?? ''));
  return Promise.resolve(1);
}

interface Run {
  readonly io: CommandIo;
  readonly host: ProgramHost;
  readonly errors: string[];
}

async function runCmdlet(tool: string, given: unknown, { io, host, errors }: Run): Promise<number> {
  const data = (given ?? {}) as CmdletData;
  const read = READ_CMDLETS[tool];
  const act = ACTING_CMDLETS[tool];
  if (!read && !act) {
    errors.push(notFound(tool));
    return 1;
  }
  try {
    const result = read ? read(host.state, data) : await act!({ state: host.state, user: host.user, io, ledger: (line) => host.ledger(line) }, data);
    io.stdout(JSON.stringify({ result }));
    return 0;
  } catch (error) {
    if (!(error instanceof CmdletError)) throw error;
    io.stdout(JSON.stringify({ error: { category: error.category, id: error.id, message: error.message, acted: error.acted } }));
    return 1;
  }
}

/** Gives the exit code when the script ends here. */
async function runStatement(statement: string, { io, host, errors, scope }: Run & { readonly scope: Scope }): Promise<number | undefined> {
  const console = /^\[Console\]::(Error|Out)\.Write(Line)?\((.*)\)$/is.exec(statement);
  if (console) {
    const text = wordsOf(console[3]!).map((w) => valueOf(w, scope)).join(' ') + (console[2] ? '\r\n' : '');
    if (console[1]!.toLowerCase() === 'error') io.stderr(text);
    else io.stdout(text);
    return undefined;
  }
  if (/^(?:\$\w*(?:Preference|data|OutputEncoding)\s*=|\[Console\]::\w*Encoding\s*=)/i.test(statement)) return undefined;
  const [head, ...rest] = wordsOf(statement);
  if (!head) return undefined;
  const values = rest.map((w) => valueOf(w, scope));
  const text = values.join(' ');
  if (head.quoted || head.text.startsWith('$')) {
    io.stdout(`${valueOf(head, scope)}\r\n`);
    return undefined;
  }
  switch (head.text.toLowerCase()) {
    case 'echo':
    case 'write-output':
      io.stdout(`${text}\r\n`);
      return undefined;
    case 'write-error':
      errors.push(`${text}\n    + CategoryInfo          : NotSpecified: (:) [Write-Error], WriteErrorException\n    + FullyQualifiedErrorId : Microsoft.PowerShell.Commands.WriteErrorException`);
      return undefined;
    case 'throw':
      errors.push(`${text}\nAt line:1 char:1\n    + CategoryInfo          : OperationStopped: (${text}:String) [], RuntimeException\n    + FullyQualifiedErrorId : ${text}`);
      return 1;
    case 'start-sleep':
      await io.sleep(Number(values.at(-1)) * (/^-m/i.test(values[0] ?? '') ? 1 : 1000));
      return undefined;
    case 'exit':
      return Number(values[0] ?? 0);
    case 'hostname':
      io.stdout(`${host.state.computer.name}\r\n`);
      return undefined;
    case 'whoami':
      io.stdout(`${host.user.toLowerCase()}\r\n`);
      return undefined;
    case 'pwd':
      io.stdout(`${host.workingDirectory ?? `C:\\Users\\${host.user.split('\\').at(-1)!}`}\r\n`);
      return undefined;
    case 'copy-stdin':
      io.stdout(await io.stdin());
      return undefined;
    case 'write-utf8':
      io.stdout(utf8Sample(Number(values[0])));
      return undefined;
    case 'stay-silent':
      await io.sleep(FOREVER_MS);
      return undefined;
    case 'ledger':
      host.ledger(text);
      return undefined;
    default:
      errors.push(notFound(head.text));
      return 1;
  }
}

function notFound(name: string): string {
  return `${name} : The term '${name}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.\n`
    + `At line:1 char:1\n+ ${name}\n+ ${'~'.repeat(name.length)}\n    + CategoryInfo          : ObjectNotFound: (${name}:String) [], CommandNotFoundException\n    + FullyQualifiedErrorId : CommandNotFoundException`;
}

/** The longest a timer waits. */
const FOREVER_MS = 2 ** 31 - 1;

const SAMPLE = 'aé€😀\n';

/** Text of exactly that many bytes of UTF-8, with characters of one to four bytes. */
export function utf8Sample(bytes: number): string {
  const size = Buffer.byteLength(SAMPLE);
  return SAMPLE.repeat(Math.floor(bytes / size)) + 'x'.repeat(bytes % size);
}
