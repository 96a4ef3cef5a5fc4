import { captureAnswer, droppedPackets, type MadeCapture } from './capture-answer.js';

const made = (fields: Partial<MadeCapture> = {}): MadeCapture => ({
  interface: 'eth0', filter: 'net 10.0.0.0/8', startedAt: new Date(0), durationMs: 12.6, endedBy: 'time', file: { packets: 3, wholeBytes: 300, cutPackets: 0 },
  stderr: '3 packets captured\n5 packets received by filter\n0 packets dropped by kernel\n', ...fields,
});
const limits = { maxBytes: 4096, maxPackets: 10 };

it('a capture that had its time is whole', () => {
  expect(captureAnswer(made(), limits)).toEqual({
    interface: 'eth0', filter: 'net 10.0.0.0/8', startedAt: '1970-01-01T00:00:00.000Z', durationMs: 13, packets: 3, dropped: 0, endedBy: 'time', truncated: false, partial: false, warnings: [],
  });
});

it.each([
  ['its size', made({ endedBy: 'bytes' }), '4096 bytes'],
  ['its number of packets', made({ endedBy: 'packets' }), '10 packets'],
  ['cut packets', made({ file: { packets: 3, wholeBytes: 300, cutPackets: 2 } }), 'of 2 packets'],
  ['packets that were dropped', made({ stderr: '1 packet dropped by kernel\n2 packets dropped by interface\n' }), 'dropped 3 packets'],
])('%s makes it truncated, with a warning', (_what, one, warning) => {
  expect(captureAnswer(one, limits)).toMatchObject({ truncated: true, partial: false, warnings: [expect.stringContaining(warning)] });
});

it('one that was stopped is partial, and not for that truncated', () => {
  expect(captureAnswer(made({ endedBy: 'stopped', stderr: '' }), limits)).toMatchObject({ truncated: false, partial: true, dropped: null, warnings: [expect.stringContaining('stopped')] });
});

it('dropped packets are unknown when tcpdump could not say', () => {
  expect(droppedPackets('tcpdump: listening on eth0')).toBeNull();
});
