import type { ItemView } from '@opsmesh/contracts';
import { failure } from '@opsmesh/contracts';
import { toCsv } from './items-csv.js';

const item = (more: Partial<ItemView>): ItemView => ({
  index: 0, target: '10.0.0.1', status: 'succeeded', attempt: 1, childRunId: null, inputs: {}, output: null, truncated: false, cached: false, cachedFrom: null, failure: null, workerId: null, queuedAt: null, startedAt: null, finishedAt: null, durationMs: 12, ...more,
});

it('has a column for each scalar field of any output, and a row for each item', () => {
  const csv = toCsv([item({ output: { sizeBytes: 5, disks: [] } }), item({ index: 1, status: 'failed', output: { host: 'a' }, failure: failure('unreachable', 'no route') })]);
  expect(csv.split('\r\n')).toEqual([
    'index,target,status,attempt,durationMs,cached,failureCode,failureMessage,output.sizeBytes,output.host',
    '0,10.0.0.1,succeeded,1,12,false,,,5,',
    '1,10.0.0.1,failed,1,12,false,unreachable,no route,,a',
    '',
  ]);
});

it('has a line for each row of an output that is a list, and one for an output without any', () => {
  const csv = toCsv([
    item({ output: { host: 'pc-1', volumes: [{ letter: 'C', size: 5 }, { letter: 'D', size: 7, type: { name: 'Fixed' } }] } }), item({ index: 1, output: { host: 'pc-2', volumes: [] } }),
  ]);
  expect(csv.split('\r\n')).toEqual([
    'index,target,status,attempt,durationMs,cached,failureCode,failureMessage,output.host,output.volumes.letter,output.volumes.size,output.volumes.type.name',
    '0,10.0.0.1,succeeded,1,12,false,,,pc-1,C,5,',
    '0,10.0.0.1,succeeded,1,12,false,,,pc-1,D,7,Fixed',
    '1,10.0.0.1,succeeded,1,12,false,,,pc-2,,,',
    '',
  ]);
});

it('says which rows an earlier result answered for', () => {
  const from = { runId: '0198c0de-0000-7000-8000-00000000000a', step: 'scan', item: 4, at: '2026-11-21T11:58:00.000Z' };
  const [header, ...rows] = toCsv([item({}), item({ index: 1, cached: true, cachedFrom: from })]).split('\r\n').map((l) => l.split(','));
  expect([0, 1].map((i) => rows[i]![header!.indexOf('cached')])).toEqual(['false', 'true']);
});

it('quotes what would break a row, and doubles quotes', () => {
  expect(toCsv([item({ target: 'a,"b"\nc' })])).toContain('"a,""b""\nc"');
});

it.each(['=1+1', '+1', '-2+3', '@SUM(A1)', '\tx'])('output %p is no formula', (text) => {
  expect(toCsv([item({ target: text })])).toContain(`'${text}`);
});
