import { validate } from '@opsmesh/contracts';
import { pingArguments } from '../tools/ping.js';
import { PingInput } from './ping.dto.js';
import { readPingSummary } from './ping-output.js';

const summary = (line: string, times = ''): string => `PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.\n\n--- 10.0.0.1 ping statistics ---\n${line}\n${times}`;

it('reads a summary with all answers', () => {
  expect(readPingSummary(summary('2 packets transmitted, 2 received, 0% packet loss, time 203ms', 'rtt min/avg/max/mdev = 0.033/0.048/0.064/0.015 ms\n'))).toEqual({
    sent: 2, received: 2, lossPercent: 0, rttMs: { min: 0.033, avg: 0.048, max: 0.064 },
  });
});

it('without answers there are no times', () => {
  expect(readPingSummary(summary('3 packets transmitted, 0 received, 100% packet loss, time 2031ms'))).toEqual({ sent: 3, received: 0, lossPercent: 100, rttMs: null });
});

it.each([
  ['errors', '3 packets transmitted, 1 received, +2 errors, 66.6667% packet loss, time 2031ms'],
  ['duplicates', '3 packets transmitted, 1 received, +1 duplicates, 66.6667% packet loss, time 2031ms'],
])('reads a summary with %s', (_what, line) => expect(readPingSummary(summary(line))).toMatchObject({ sent: 3, received: 1, lossPercent: 66.6667 }));

it('there is nothing to read without a summary', () => expect(readPingSummary('ping: connect: Network is unreachable')).toBeUndefined());

it('builds exactly these arguments', () => {
  expect(pingArguments('10.0.0.1', validate(PingInput, { target_host: 'x' }), 5)).toEqual(['-n', '-q', '-i', '0.200', '-c', '3', '-W', '2', '--', '10.0.0.1']);
  expect(pingArguments('::1', validate(PingInput, { target_host: 'x', count: 10, timeout: 1 }), 1)).toEqual(['-n', '-q', '-i', '1.000', '-c', '10', '-W', '1', '--', '::1']);
});

it.each([{ count: 0 }, { count: 11 }, { count: 1.5 }, { count: '3' }, { timeout: 0 }, { timeout: 61 }, { flood: true }])('refuses %j', (fields) => {
  expect(() => validate(PingInput, { target_host: '10.0.0.1', ...fields })).toThrow();
});
