import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { parsePs, psScript } from './process-list.js';

const psOf = (what: Parameters<typeof psScript>[0]): string => execFileSync('/bin/sh', ['-c', psScript(what)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } });
const ROW = '    812       1 www-data                                                         Ss     10240  0.3 Fri Jan  5 10:00:00 2024 my server                        /usr/sbin/my server -c "a  b"';

it('reads a row, spaces in names and command lines kept', () => {
  expect(parsePs(`${ROW}\n`)).toEqual([{ pid: 812, parentPid: 1, user: 'www-data', name: 'my server', state: 'Ss', memoryBytes: 10_485_760, cpuPercent: 0.3, startedAt: '2024-01-05T10:00:00.000Z', commandLine: '/usr/sbin/my server -c "a  b"' }]);
});

it('reads what the ps of this machine prints', () => {
  const own = parsePs(psOf('with command lines'))?.find((p) => p.pid === process.pid);
  expect(own).toMatchObject({ parentPid: process.ppid, commandLine: expect.stringContaining('jest') as string });
  expect(Math.abs(Date.parse(own!.startedAt) - (Date.now() - process.uptime() * 1000))).toBeLessThan(5000);
});

it.each(['wörker', '工人 ps', 'e\u0301te'])('a process that is called %j keeps its name, and its command line is whole', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'process-list-'));
  const program = join(folder, name);
  copyFileSync('/bin/sleep', program);
  const child = spawn(program, ['600']);
  try {
    await once(child, 'spawn');
    for (const what of ['names', 'with command lines'] as const) {
      const seen = parsePs(psOf(what))?.find((p) => p.pid === child.pid);
      expect([seen?.name, seen?.commandLine]).toEqual([name, what === 'names' ? undefined : `${program} 600`]);
    }
  } finally {
    child.kill();
    rmSync(folder, { recursive: true });
  }
});

it('a user whose name has a space, or all that other columns have, is a user', () => {
  for (const user of ['DOM\\john doe', 'svc S 1 0.0', 'Ss']) expect(parsePs(ROW.replace('www-data'.padEnd(64), user.padEnd(64)))?.[0]).toMatchObject({ pid: 812, user, state: 'Ss', name: 'my server', commandLine: '/usr/sbin/my server -c "a  b"' });
});

it.each(['t', 't+'])('a process that is traced has a state: %s', (state) => expect(parsePs(ROW.replace('Ss', state.padEnd(2)))).toMatchObject([{ user: 'www-data', state, name: 'my server' }]));

it('a row that is none is refused in time that grows with its length', () => {
  for (const text of [`1 1 ${' '.repeat(300_000)}!`, `1 1 a${' '.repeat(300_000)}!`, `1 1 ${'a '.repeat(150_000)}`, `1 1 ${'S 1 '.repeat(75_000)}`, `1 1 ${'t 1 '.repeat(75_000)}`]) {
    // Given up after 5 s.
    expect(runInNewContext('parsePs(text) === undefined', { parsePs, text }, { timeout: 5000 })).toBe(true);
  }
});

it.each([['nothing', ''], ['a message', 'ps: bad option\n'], ['a header', `PID PPID USER\n${ROW}\n`], ['no time', ROW.replace('Fri Jan', 'Fri Foo')]])('refuses %s', (_what, text) => expect(parsePs(text)).toBeUndefined());
