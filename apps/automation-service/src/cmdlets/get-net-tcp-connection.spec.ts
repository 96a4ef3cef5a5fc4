import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GetNetTcpConnection, GetNetTcpConnectionInput } from './get-net-tcp-connection.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = { local_address: '::', local_port: 5985, remote_address: '::', remote_port: 0, state: 'Listen', process_id: 4, created_at: null };
const windows = new FakeWindows();
const connections = (input: Partial<GetNetTcpConnectionInput> = {}) => new GetNetTcpConnection(windows.cmdlets).run({ input: { target_host: 'WIN-01', ...input }, context: windows.context() });

it('gives the connections and how many there are', async () => {
  windows.results({ connections: [ROW], total: 7 });
  expect(await connections({ state: ['Listen'], local_port: 0 })).toEqual({ host: 'WIN-01', connections: [ROW], total: 7 });
  expect(windows.sent.at(-1)?.data).toEqual({ state: ['Listen'], local_port: 0, limit: 1000 });
});

it.each<[string, object]>([['a number for a state', { state: 2 }], ['a port out of range', { local_port: 70_000 }], ['no process', { process_id: null }]])('%s is no connection', async (_what, wrong) => {
  windows.results({ connections: [{ ...ROW, ...wrong }], total: 1 });
  expect((await failureOf(connections())).failure.code).toBe('output-invalid');
});

it('filters are typed', () => {
  for (const input of [{ remote_address: '10.0.0.1' }, { remote_address: 'fe80::1' }, { remote_port: 1433 }, { process_id: 4 }]) expect(accepts(GetNetTcpConnectionInput, input)).toBe(true);
  for (const remote_address of ['10.0.0.0/8', '10.0.0.1-9', 'host', ...HOSTILE_TEXTS, ...IMPOSSIBLE_TEXTS]) expect(accepts(GetNetTcpConnectionInput, { remote_address })).toBe(false);
  for (const input of [{ local_port: 65_536 }, { local_port: -1 }, { remote_port: '80' }, { state: ['Open'] }, { limit: 0 }]) expect(accepts(GetNetTcpConnectionInput, input)).toBe(false);
});
