import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GetProcess, GetProcessInput } from './get-process.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = { id: 4242, name: 'sqlservr', working_set_bytes: 4_294_967_296, private_bytes: 5_000_000_000, cpu_seconds: 12.345, threads: 40, handles: 900, session_id: 0, started_at: '2026-01-12T06:14:09.120Z', path: 'C:\\x.exe' };
const windows = new FakeWindows();
const processes = (input: Partial<GetProcessInput> = {}) => new GetProcess(windows.cmdlets).run({ input: { target_host: 'WIN-01', ...input }, context: windows.context() });

it('gives memory in bytes, processor time in seconds and the start in UTC', async () => {
  windows.results({ processes: [ROW], total: 1 });
  expect(await processes()).toEqual({ host: 'WIN-01', processes: [ROW], total: 1 });
});

it('asks for at most 1000 unless told otherwise', async () => {
  windows.results({ processes: [], total: 0 });
  await processes();
  expect(windows.sent.at(-1)?.data).toEqual({ limit: 1000 });
  await processes({ limit: 5, sort_by: 'cpu', id: 0 });
  expect(windows.sent.at(-1)?.data).toEqual({ limit: 5, sort_by: 'cpu', id: 0 });
});

it('what the credential may not see is null', async () => {
  const hidden = { ...ROW, cpu_seconds: null, started_at: null, path: null };
  windows.results({ processes: [hidden], total: 1 });
  expect((await processes()).processes).toEqual([hidden]);
});

it.each<[string, object]>([
  ['a date as the script library of .NET writes it', { started_at: '/Date(1768198449120)/' }], ['a local time', { started_at: '2026-01-12T06:14:09.120' }], ['a time with another zone', { started_at: '2026-01-12T06:14:09.120+01:00' }],
  ['an id as text', { id: '4242' }], ['no memory', { working_set_bytes: null }],
])('%s is no process', async (_what, wrong) => {
  windows.results({ processes: [{ ...ROW, ...wrong }], total: 1 });
  expect((await failureOf(processes())).failure.code).toBe('output-invalid');
});

it('refuses names that no process has and numbers out of range', () => {
  for (const name of IMPOSSIBLE_TEXTS) expect(accepts(GetProcessInput, { name })).toBe(false);
  for (const name of HOSTILE_TEXTS.filter((t) => !/[[\]`]/.test(t))) expect(accepts(GetProcessInput, { name })).toBe(true);
  for (const input of [{ id: -1 }, { id: 1.5 }, { id: '4' }, { limit: 0 }, { limit: 5001 }, { sort_by: 'pid' }]) expect(accepts(GetProcessInput, input)).toBe(false);
});
