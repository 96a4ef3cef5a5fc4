import fc from 'fast-check';
import { CMD_LIMIT, CREATE_PROCESS_LIMIT, powerShellLaunch, readPowerShellLaunch } from './launch.js';

const decoded = (commandLine: string): string => Buffer.from(commandLine.slice(commandLine.lastIndexOf(' ') + 1), 'base64').toString('utf16le');

it('script and data read back, however long, and stand in the command only as base64', () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('\u2018', '\u2019', "'", '"', '`', '$(x)', '\n', '%PATH%', '\u{1F600}'), fc.string({ minLength: 1, maxLength: 1 })) });
  fc.assert(fc.property(text, fc.jsonValue(), fc.constantFrom(1, 400, 4_000), fc.constantFrom('auto', 'stdin'), (one, json, times, deliver) => {
    const script = one.repeat(times).replaceAll('\0', '').replace(/\p{Surrogate}/gu, '');
    const data = JSON.parse(JSON.stringify(json)) as never;
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
  expect(text).toContain('$data=ConvertFrom-Json (');
  expect(text).not.toContain('evil');
  expect(text).not.toContain('Remove-Item');
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
