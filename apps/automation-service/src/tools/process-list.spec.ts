import { execFileSync } from 'node:child_process';
import { parsePs } from './process-list.js';

const ROW = '    812       1 www-data                                                         Ss     10240  0.3 Fri Jan  5 10:00:00 2024 my server                        /usr/sbin/my server -c "a  b"';

it('reads a row, spaces in names and command lines kept', () => {
  expect(parsePs(`${ROW}\n`)).toEqual([{ pid: 812, parentPid: 1, user: 'www-data', name: 'my server', state: 'Ss', memoryBytes: 10_485_760, cpuPercent: 0.3, startedAt: '2024-01-05T10:00:00.000Z', commandLine: '/usr/sbin/my server -c "a  b"' }]);
});

it('reads what the ps of this machine prints', () => {
  const args = ['-ww', '-e', ...['pid=', 'ppid=', 'user:64=', 'stat=', 'rss=', 'pcpu=', 'lstart=', 'comm:32=', 'args='].flatMap((c) => ['-o', c])];
  const own = parsePs(execFileSync('ps', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } }))?.find((p) => p.pid === process.pid);
  expect(own).toMatchObject({ parentPid: process.ppid, commandLine: expect.stringContaining('jest') as string });
  expect(Math.abs(Date.parse(own!.startedAt) - (Date.now() - process.uptime() * 1000))).toBeLessThan(5000);
});

it.each([['nothing', ''], ['a message', 'ps: bad option\n'], ['a header', `PID PPID USER\n${ROW}\n`], ['no time', ROW.replace('Fri Jan', 'Fri Foo')]])('refuses %s', (_what, text) => expect(parsePs(text)).toBeUndefined());
