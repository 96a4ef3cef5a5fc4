import { parseUnit, requireSystemd, UNIT_NAME } from './systemd-unit.js';

const SHOWN = `Id=nginx.service
Description=A high performance web server = proxy
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
MainPID=812
MemoryCurrent=18446744073709551615
NRestarts=2
ActiveEnterTimestamp=Fri 2024-01-05 10:00:00 UTC
`;

it('reads what systemctl show prints', () => {
  expect(parseUnit(SHOWN)).toEqual({
    service: 'nginx.service', description: 'A high performance web server = proxy', loadState: 'loaded', activeState: 'active', subState: 'running', active: true,
    enabledState: 'enabled', mainPid: 812, restarts: 2, activeSince: '2024-01-05T10:00:00.000Z',
  });
  expect(parseUnit(SHOWN.replace(/MemoryCurrent=.*/, 'MemoryCurrent=4096'))).toMatchObject({ memoryBytes: 4096 });
});

it('leaves out what a stopped unit does not have', () => {
  expect(parseUnit('Id=x.service\nDescription=\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nUnitFileState=\nMainPID=0\nMemoryCurrent=[not set]\nActiveEnterTimestamp=n/a\n')).toEqual({
    service: 'x.service', description: '', loadState: 'loaded', activeState: 'inactive', subState: 'dead', active: false,
  });
});

it.each([['nothing', ''], ['a login message', `hello\n${SHOWN}`], ['two units', `${SHOWN}\n${SHOWN}`], ['a part', 'Id=x.service\n'], ['an unknown property', `${SHOWN}Evil=1\n`]])('refuses %s', (_what, text) => expect(parseUnit(text)).toBeUndefined());

it.each(['nginx', 'nginx.service', 'getty@tty1.service', 'dev-disk-by\\x2dlabel.device'])('%s is a unit', (name) => expect(UNIT_NAME.test(name)).toBe(true));
it.each(['-H', '--force', '', 'a b', '*', '$(id)', 'a;b', '../x', 'a\nb'])('%j is no unit', (name) => expect(UNIT_NAME.test(name)).toBe(false));

it.each([[127, 'sh: systemctl: not found'], [1, 'System has not been booted with systemd as init system (PID 1). Can\'t operate.']])('a host without systemd is said to be one (%i %s)', (exitCode, stderr) => {
  expect(() => requireSystemd({ host: 'h', exitCode, stdout: '', stderr, truncated: false })).toThrow('h is not run by systemd');
});
