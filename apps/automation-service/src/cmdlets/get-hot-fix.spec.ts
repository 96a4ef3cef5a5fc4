import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GetHotFix, GetHotFixInput } from './get-hot-fix.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = { id: 'KB5031356', description: 'Security Update', installed_by: 'NT AUTHORITY\\SYSTEM', installed_on: '2026-01-09' };
const windows = new FakeWindows();
const hotfixes = (input: Partial<GetHotFixInput> = {}) => new GetHotFix(windows.cmdlets).run({ input: { target_host: 'WIN-01', ...input }, context: windows.context() });

it('gives the updates with the day of their installation', async () => {
  windows.results({ hotfixes: [ROW, { ...ROW, description: null, installed_by: null, installed_on: null }] });
  expect((await hotfixes({ id: 'KB5031356' })).hotfixes[0]).toEqual(ROW);
  expect(windows.sent.at(-1)?.data).toEqual({ id: 'KB5031356' });
});

it('an update that is not installed is an empty list, not a failure', async () => {
  windows.results({ hotfixes: [] });
  expect(await hotfixes({ id: 'KB1234567' })).toEqual({ host: 'WIN-01', hotfixes: [] });
});

it.each<[string, object]>([['a day as the host writes it', { installed_on: '1/9/2026 12:00:00 AM' }], ['no id', { id: null }]])('%s is no update', async (_what, wrong) => {
  windows.results({ hotfixes: [{ ...ROW, ...wrong }] });
  expect((await failureOf(hotfixes())).failure.code).toBe('output-invalid');
});

it('takes ids of updates only', () => {
  expect(accepts(GetHotFixInput, { id: 'kb5031356' })).toBe(true);
  for (const id of ['5031356', 'KB', 'KB5031356 ', 'KB503*', ...HOSTILE_TEXTS, ...IMPOSSIBLE_TEXTS]) expect(accepts(GetHotFixInput, { id })).toBe(false);
});
