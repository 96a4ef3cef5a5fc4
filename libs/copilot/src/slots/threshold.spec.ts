import { computeAnswer } from '../answer/compute-answer.js';
import { respond } from '../conversation/respond.js';
import { NEW_CONVERSATION } from '../conversation/state.js';
import { situationFor } from '../testing/situation.js';
import { thresholdIn } from './threshold.js';

it.each([
  ['disks more than 80 % full', { than: '>', value: 80, unit: 'percent', of: 'used' }], ['disks > 80% full', { than: '>', value: 80, unit: 'percent', of: 'used' }], ['less than 10 GB free', { than: '<', value: 10e9, unit: 'bytes', of: 'free' }],
  ['at least 1,5 TB left', { than: '>=', value: 1.5e12, unit: 'bytes', of: 'free' }], ['under 512 MiB free', { than: '<', value: 512 * 1024 ** 2, unit: 'bytes', of: 'free' }], ['expire within 30 days', { than: '<', value: 30, unit: 'days' }], ['no more than 5 percent free', { than: '<=', value: 5, unit: 'percent', of: 'free' }],
  ['disks of web-01', null], ['over port 80', null], ['more than 3 hosts', null], ['for less than 24h', null],
])('%s', (text, expected) => {
  if (expected === null) expect(thresholdIn(text)).toBeNull();
  else expect(thresholdIn(text)).toMatchObject(expected);
});

const read = async (message: string) => respond(message, NEW_CONVERSATION, await situationFor(message));
const wheres = async (message: string) => {
  const reply = await read(message);
  return reply.kind === 'plan' ? reply.answers.map((a) => ('where' in a ? a.where : undefined)).map((w) => w && [w.column, w.than, w.value]) : reply.message;
};

it('is a filter of the column that is meant', async () => {
  expect(await wheres('show disks more than 80 % full on all linux servers')).toEqual([['use', '>', 80]]);
  expect(await wheres('show disks with less than 5% free on all linux servers')).toEqual([['use', '>', 95]]);
  expect(await wheres('which certificates of hosts tagged web expire in less than 30 days?')).toEqual([['days left', '<', 30]]);
});

it('is never lost in a list of the inventory', async () => {
  expect((await read('which linux hosts have more than 50% used?')).intents).toMatchObject([{ action: 'disk-report', selection: { os: 'Linux' } }]);
  expect(await read('which linux hosts cost more than 50%?')).toMatchObject({ kind: 'answer', intents: [{ kind: 'refuse', reason: 'unknown' }] });
});

it('asks all hosts where it is asked which', async () => {
  const reply = await read('which hosts have less than 10 GB free on C:?');
  expect(reply).toMatchObject({ kind: 'plan', changes: false, intents: [{ action: 'disk-report', selection: { all: true }, threshold: { value: 10e9 } }] });
});

it('is said where no figure is meant by it', async () => {
  const reply = await read('show processes of web-01 using more than 10 %');
  expect(reply).toMatchObject({ kind: 'plan', notes: [expect.stringContaining('"more than 10 %"')] });
});

it('leaves the rows within it, and every one that failed; what it left is said in numbers', () => {
  const items = [{ target: 'a', status: 'succeeded', output: { usedPercent: 93 } }, { target: 'b', status: 'succeeded', output: { usedPercent: 20 } }, { target: 'c', status: 'failed', failure: { code: 'unreachable', message: 'no' } }];
  const answer = computeAnswer({ kind: 'table', step: 's', subject: 'disk space', columns: [{ title: 'use', path: 'usedPercent', unit: 'percent' }], where: { column: 'use', than: '>', value: 80, said: '> 80%' } }, { s: { items } });
  expect(answer.sentence).toBe('disk space: 2 of 3 succeeded; the others say why. 1 of 2 rows has use > 80 %.');
  expect(answer.rows.map((r) => [r.target, r.status])).toEqual([['c', 'failed'], ['a', 'succeeded']]);
  expect(answer.figures).toMatchObject({ total: 3, matching: 1, looked: 2 });
});
