import { programOf } from './command-line.js';
import { RunningCommand, STOPPED_EXIT_CODE } from './running-command.js';
import { utf8Sample, type ProgramHost } from './simulated-powershell.js';
import { windowsState } from './windows-state.js';
import { WsmanFault } from './wsman-fault.js';

let ledger: string[];
let host: ProgramHost;
beforeEach(() => {
  ledger = [];
  host = { state: windowsState('pc-01'), user: 'PC-01\\ops', environment: { GREETING: 'grüß' }, workingDirectory: undefined, ledger: (line) => { ledger.push(line); } };
});

function start(line: string, skipCmdShell = false): RunningCommand {
  const command = new RunningCommand({ commandId: 'c', shellId: 's', line, script: undefined, pid: 1, startedAt: 0, endedAt: undefined, end: undefined, exitCode: undefined });
  command.run(programOf(line, skipCmdShell, host));
  return command;
}

interface Told { readonly stdout: string; readonly stderr: string; readonly code: number | undefined }

async function told(command: RunningCommand): Promise<Told> {
  const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  while (command.finalCode === undefined) {
    await command.news(5000, new AbortController().signal);
    for (const part of command.take(1_000_000, 1_000_000)) streams[part.name].push(part.bytes);
  }
  return { stdout: Buffer.concat(streams.stdout).toString(), stderr: Buffer.concat(streams.stderr).toString(), code: command.finalCode };
}

const encoded = (script: string): string => `powershell.exe -NoProfile -OutputFormat Text -EncodedCommand ${Buffer.from(script, 'utf16le').toString('base64')}`;
const powershell = (script: string): Promise<Told> => told(start(encoded(script)));

it.each([
  ['hostname', 'PC-01\r\n', 0], ['whoami', 'pc-01\\ops\r\n', 0], ['echo %COMPUTERNAME% %nothing%', 'PC-01 %nothing%\r\n', 0], ['exit /b 9', '', 9], ['echo a & echo b', 'a\r\nb\r\n', 0],
])('cmd.exe: %s', async (line, stdout, code) => expect(await told(start(line))).toEqual({ stdout, stderr: '', code }));

it('cmd.exe does not know other programs, and takes 8191 characters', async () => {
  expect(await told(start('format c:'))).toMatchObject({ stderr: expect.stringContaining("'format' is not recognized"), code: 1 });
  expect(await told(start(`echo ${'x'.repeat(8186)}`))).toMatchObject({ code: 0 });
  expect(await told(start(`echo ${'x'.repeat(8187)}`))).toMatchObject({ stderr: 'The command line is too long.\r\n', code: 1 });
});

it('without cmd.exe a line may be longer, but not as long as one likes', async () => {
  expect(await told(start(encoded(`#${'x'.repeat(9000)}\nexit 5`), true))).toMatchObject({ code: 5 });
  expect(() => start('x'.repeat(32_768), true)).toThrow(WsmanFault);
});

it.each([
  ["echo 'a  b'; Write-Output \"on $env:COMPUTERNAME\"", { stdout: 'a  b\r\non PC-01\r\n', stderr: '', code: 0 }],
  ["'literal $env:COMPUTERNAME'", { stdout: 'literal $env:COMPUTERNAME\r\n', stderr: '', code: 0 }],
  ["[Console]::Out.Write('x'); [Console]::Error.WriteLine('y'); exit 300", { stdout: 'x', stderr: 'y\r\n', code: 300 }],
  ['"$env:greeting!"; $env:nothing; pwd', { stdout: 'grüß!\r\n\r\nC:\\Users\\ops\r\n', stderr: '', code: 0 }],
  ['write-utf8 12', { stdout: utf8Sample(12), stderr: '', code: 0 }],
])('PowerShell: %s', async (script, answer) => expect(await powershell(script)).toEqual(answer));

it.each(["it's; ledger canary", '$(ledger canary)', '\u2019; ledger canary #', '"; ledger canary; "', '$env:COMPUTERNAME', '%PATH%', 'a\nledger canary'])('a value that the plan language put in is data: %j', async (value) => {
  const expression = `([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${Buffer.from(value).toString('base64')}')))`;
  expect(await powershell(`echo ${expression}; echo "<$${expression}>"`)).toEqual({ stdout: `${value}\r\n<${value}>\r\n`, stderr: '', code: 0 });
  expect(ledger).toEqual([]);
});

it('what it does not know is an error of PowerShell, and nothing after it runs', async () => {
  const { stdout, stderr, code } = await powershell('echo before\nRemove-Item C:\\ -Recurse\nledger after');
  expect({ stdout, code, ledger }).toEqual({ stdout: 'before\r\n', code: 1, ledger: [] });
  expect(stderr).toContain("The term 'Remove-Item' is not recognized as the name of a cmdlet");
});

it('errors come as CLIXML unless text was asked for', async () => {
  const script = "$ProgressPreference = 'SilentlyContinue'; Write-Error 'a<b_x0041_'";
  const { stderr } = await told(start(encoded(script).replace(' -OutputFormat Text', '')));
  expect(stderr).toMatch(/^#< CLIXML\r\n<Objs [^>]*><S S="Error">a&#60;b_x005F_x0041__x000D__x000A_<\/S>/);
  expect((await powershell(script)).stderr).toMatch(/^a<b_x0041_\r\n/);
});

it('stdin is given to the script', async () => {
  const command = start(encoded('copy-stdin'));
  command.feed(Buffer.from('grü'), false);
  command.feed(Buffer.from('ße'), true);
  expect(await told(command)).toMatchObject({ stdout: 'grüße', code: 0 });
});

it('a script that is stopped goes no further and leaves the code of a console program that was ended', async () => {
  const command = start(encoded('echo on; stay-silent; ledger never'));
  await command.news(5000, new AbortController().signal);
  expect(command.stop('interrupted')).toBe(true);
  expect(command.stop('terminated')).toBe(false);
  expect(await told(command)).toEqual({ stdout: 'on\r\n', stderr: '', code: STOPPED_EXIT_CODE });
  expect(command.record).toMatchObject({ end: 'interrupted', script: 'echo on; stay-silent; ledger never' });
  expect(ledger).toEqual([]);
});
