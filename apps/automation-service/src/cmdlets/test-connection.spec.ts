import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';
import { TestConnection, TestConnectionInput } from './test-connection.js';

const ANSWER = { sequence: 1, status: 'Success', address: '10.0.0.1', time_ms: 0, detail: null };
const SILENCE = { sequence: 2, status: 'Failed', address: null, time_ms: null, detail: 'Error due to lack of resources' };
const windows = new FakeWindows();
const test = (input: Partial<TestConnectionInput> = {}) => new TestConnection(windows.cmdlets).run({ input: { target_host: 'WIN-01', destination: '10.0.0.1', ...input }, context: windows.context() });

it('gives each answer and their mean', async () => {
  const result = { destination: '10.0.0.1', sent: 2, received: 1, average_ms: 0, replies: [ANSWER, SILENCE] };
  windows.results(result);
  expect(await test({ count: 2 })).toEqual({ host: 'WIN-01', ...result });
  expect(windows.sent.at(-1)?.data).toEqual({ destination: '10.0.0.1', count: 2, buffer_size: 32 });
});

it('that nothing answers is a result', async () => {
  windows.results({ destination: '10.0.0.1', sent: 1, received: 0, average_ms: null, replies: [{ ...SILENCE, sequence: 1 }] });
  expect(await test()).toMatchObject({ received: 0, average_ms: null });
  expect(windows.sent.at(-1)?.data).toMatchObject({ count: 4 });
});

it.each<[string, object]>([['a time as text', { time_ms: '1ms' }], ['an unknown status', { status: 'Maybe' }], ['an object for an address', { address: { IPAddressToString: '10.0.0.1' } }]])('%s is no answer', async (_what, wrong) => {
  windows.results({ destination: '10.0.0.1', sent: 1, received: 1, average_ms: 1, replies: [{ ...ANSWER, ...wrong }] });
  expect((await failureOf(test())).failure.code).toBe('output-invalid');
});

it('a destination is an address or a name', () => {
  for (const destination of ['10.0.0.1', 'fe80::1%eth0', '::1', 'dc01.corp.example', 'PC_1', 'dc01.', '3com', 'db-1.lan', '::ffff:10.0.0.1']) expect(accepts(TestConnectionInput, { destination })).toBe(true);
  for (const destination of ['-Count', '10.0.0.1,10.0.0.2', '10.0.0.1-5', '10.0.1-2.5', '127.1', '2130706433', '0x7f.1', 'a%PATH%', 'a-', 'a..b', '.', '10.0.0.0/8', 'a b', '*', ...HOSTILE_TEXTS, ...IMPOSSIBLE_TEXTS]) expect(accepts(TestConnectionInput, { destination })).toBe(false);
  for (const input of [{ count: 0 }, { count: 21 }, { buffer_size: 65_500 }]) expect(accepts(TestConnectionInput, { destination: 'a', ...input })).toBe(false);
});
