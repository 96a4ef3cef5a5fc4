import fc from 'fast-check';
import type { Json } from '../shell-options.js';
import { CMD_LIMIT, CREATE_PROCESS_LIMIT, powerShellLaunch, readPowerShellLaunch } from './launch.js';

/** Keys that PowerShell can hold: none empty, none alike but for case. */
function rekeyed(json: unknown): Json {
  if (Array.isArray(json)) return json.map(rekeyed);
  if (typeof json === 'object' && json !== null) return Object.fromEntries(Object.entries(json).map(([key, value], i) => [`${i}_${key}`, rekeyed(value)]));
  return json as Json;
}

const decoded = (commandLine: string): string => Buffer.from(commandLine.slice(commandLine.lastIndexOf(' ') + 1), 'base64').toString('utf16le');

it('script and data read back, however long, and stand in the command only as base64', () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('\u2018', '\u2019', "'", '"', '`', '$(x)', '\n', '%PATH%', '\u{1F600}'), fc.string({ minLength: 1, maxLength: 1 })) });
  fc.assert(fc.property(text, fc.jsonValue(), fc.constantFrom(1, 400, 4_000), fc.constantFrom('auto', 'stdin'), (one, json, times, deliver) => {
    const script = one.repeat(times).replaceAll('\0', '').replace(/\p{Surrogate}/gu, '');
    const data = rekeyed(JSON.parse(JSON.stringify(json)));
    const launch = powerShellLaunch({ script, data, deliver: deliver as 'auto' });
    expect(launch.commandLine.length).toBeLessThanOrEqual(CMD_LIMIT);
    expect(launch.commandLine).toMatch(/^powershell\.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand [A-Za-z0-9+/=]+$/);
    expect(launch.stdinHead).toMatch(/^([A-Za-z0-9+/=]*\n[A-Za-z0-9+/=]+\n)?$/);
    const rest = Buffer.from("the caller's own\n");
    expect(readPowerShellLaunch(launch.commandLine, Buffer.concat([Buffer.from(launch.stdinHead), rest]))).toEqual({ script, data, stdin: rest });
  }));
});

it('a short script is in the command line, a long one on standard input', () => {
  expect(powerShellLaunch({ script: 'Get-Date' })).toMatchObject({ skipCmdShell: false, stdinHead: '' });
  const long = powerShellLaunch({ script: 'x'.repeat(3_000) });
  expect(long.skipCmdShell).toBe(false);
  expect(long.stdinHead).not.toBe('');
});

it('delivery by standard input leaves nothing of script or data in the command line', () => {
  const secret = powerShellLaunch({ script: 'Set-It', data: { password: 'hunter2' }, deliver: 'stdin' });
  const other = powerShellLaunch({ script: 'Another', data: 1, deliver: 'stdin' });
  expect(secret.commandLine).toBe(other.commandLine);
});

it('delivery by command line skips cmd.exe beyond its limit, and refuses what CreateProcess cannot take', () => {
  const middle = powerShellLaunch({ script: 'x'.repeat(5_000), deliver: 'command-line' });
  expect(middle).toMatchObject({ skipCmdShell: true, stdinHead: '' });
  expect(middle.commandLine.length).toBeGreaterThan(CMD_LIMIT);
  expect(middle.commandLine.length).toBeLessThanOrEqual(CREATE_PROCESS_LIMIT);
  expect(readPowerShellLaunch(middle.commandLine, Buffer.alloc(0))?.script).toBe('x'.repeat(5_000));
  expect(() => powerShellLaunch({ script: 'x'.repeat(20_000), deliver: 'command-line' })).toThrow(RangeError);
});

it('the bootstrap silences progress, asks for UTF-8 and takes data only as JSON', () => {
  const text = decoded(powerShellLaunch({ script: "'; Remove-Item C:\\ #", data: { a: "'; evil" } }).commandLine);
  expect(text).toContain("$ProgressPreference='SilentlyContinue'");
  expect(text).toContain('UTF8Encoding $false');
  expect(text).toContain('$data=ConvertFrom-Json $data');
  expect(text).not.toContain('evil');
  expect(text).not.toContain('Remove-Item');
});

it.each(['auto', 'stdin'] as const)('delivered by %s, script and data are read in a try whose catch ends PowerShell before the script is run', (deliver) => {
  const lines = decoded(powerShellLaunch({ script: 'x', data: 1, deliver }).commandLine).split('\n');
  const guarded = lines.slice(lines.indexOf('try{') + 1, lines.findIndex((line) => line.startsWith('}catch{')));
  expect(guarded.map((line) => /^(\$\w+=|if\(!\$data\)\{throw )/.exec(line)?.[0])).toEqual(['$winrmScript=', '$data=', 'if(!$data){throw ', '$data=']);
  expect(guarded.at(-1)).toBe('$data=ConvertFrom-Json $data -ErrorAction Stop');
  expect(lines.slice(-2)).toEqual([
    "}catch{[Console]::Error.WriteLine('The script or its $data cannot be read: '+$_.Exception.GetType().Name);exit 1}",
    '. ([scriptblock]::Create($winrmScript))',
  ]);
});

it.each([{ '': 1 }, { a: 1, A: 2 }])('data %j, which PowerShell cannot hold, is refused', (data) => {
  expect(() => powerShellLaunch({ script: 'x', data })).toThrow(RangeError);
});

it('a bootstrap that only looks like ours is not read', () => {
  const { commandLine } = powerShellLaunch({ script: 'x', data: 1 });
  const other = decoded(commandLine).replace('exit 1', 'exit 2');
  expect(readPowerShellLaunch(commandLine.slice(0, commandLine.lastIndexOf(' ') + 1) + Buffer.from(other, 'utf16le').toString('base64'), Buffer.alloc(0))).toBeUndefined();
});

it.each(['a\0b', '\ud800'])('script %j is refused', (script) => {
  expect(() => powerShellLaunch({ script })).toThrow(RangeError);
});

it('what is not ours is not read', () => {
  expect(readPowerShellLaunch('cmd /c dir', Buffer.alloc(0))).toBeUndefined();
  expect(readPowerShellLaunch(`powershell.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand ${Buffer.from('Get-Date', 'utf16le').toString('base64')}`, Buffer.alloc(0))).toBeUndefined();
  const { commandLine, stdinHead } = powerShellLaunch({ script: 'x', deliver: 'stdin' });
  expect(readPowerShellLaunch(commandLine, Buffer.from(stdinHead.slice(0, -1)))).toBeUndefined();
});
