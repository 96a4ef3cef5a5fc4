import { parseOsRelease, parseSystemInfo } from './system-info.js';

const PRINTED = `== hostname
web-01
== kernel
6.1.0-18-amd64
== machine
x86_64
== os
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
ID=debian
VERSION_ID="12"
== cpus
4
== memory
MemTotal:        8000000 kB
MemFree:         1000000 kB
MemAvailable:    5000000 kB
SwapTotal:             0 kB
== load
0.10 0.20 0.30 1/234 5678
== uptime
3600.75 7000.00
== time
1704448800
`;

it('reads the facts', () => {
  expect(parseSystemInfo(PRINTED)).toEqual({
    hostname: 'web-01', os: 'Debian GNU/Linux 12 (bookworm)', osId: 'debian', osVersion: '12', kernel: '6.1.0-18-amd64', architecture: 'x86_64', cpus: 4,
    memoryBytes: 8_192_000_000, memoryAvailableBytes: 5_120_000_000, swapBytes: 0, load1: 0.1, load5: 0.2, load15: 0.3,
    uptimeSeconds: 3600, bootedAt: '2024-01-05T08:59:59.000Z', time: '2024-01-05T10:00:00.000Z',
  });
});

it('does without os-release', () => expect(parseSystemInfo(PRINTED.replace(/PRETTY_NAME[^=]*=.*\n.*\n.*\n/, ''))).toMatchObject({ os: 'Linux', kernel: '6.1.0-18-amd64' }));

it.each([['nothing', ''], ['a message first', `hello\n${PRINTED}`], ['a missing section', PRINTED.replace(/== cpus\n4\n/, '')], ['a number that is none', PRINTED.replace('8000000', 'many')], ['a time that is none', PRINTED.replace('1704448800', 'now')]])('refuses %s', (_what, text) => expect(parseSystemInfo(text)).toBeUndefined());

it('takes quotes and backslashes off os-release', () => {
  expect(parseOsRelease('A="x \\"y\\" \\$z"\nB=\'q\'\n# comment\nC=plain\nbad line')).toEqual(new Map([['A', 'x "y" $z'], ['B', 'q'], ['C', 'plain']]));
});
