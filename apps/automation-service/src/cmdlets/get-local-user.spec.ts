import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GET_LOCAL_USER, GetLocalUser, GetLocalUserInput } from './get-local-user.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = {
  name: 'Administrator', full_name: null, description: 'Built-in account', enabled: true, sid: 'S-1-5-21-1-2-3-500', password_required: true, user_may_change_password: true,
  last_logon_at: '2026-01-12T06:14:09.000Z', password_last_set_at: '2025-11-01T08:00:00.000Z', password_expires_at: null, account_expires_at: null,
};
const windows = new FakeWindows();
const users = (input: Partial<GetLocalUserInput> = {}) => new GetLocalUser(windows.cmdlets).run({ input: { target_host: 'WIN-01', ...input }, context: windows.context() });

it('gives the accounts; false is a filter too', async () => {
  windows.results({ users: [ROW] });
  expect(await users({ enabled: false })).toEqual({ host: 'WIN-01', users: [ROW] });
  expect(windows.sent.at(-1)?.data).toEqual({ enabled: false });
});

it.each(HOSTILE_TEXTS.filter((t) => accepts(GetLocalUserInput, { name: t })))('a name %j is data, not script', async (name) => {
  windows.results({ users: [] });
  await users({ name });
  expect(windows.sent.at(-1)).toEqual({ script: GET_LOCAL_USER.text, data: { name } });
});

it.each<[string, object]>([['text for a flag', { enabled: 'True' }], ['a date without time', { last_logon_at: '2026-01-12' }], ['an object for a SID', { sid: { Value: 'S-1' } }]])('%s is no account', async (_what, wrong) => {
  windows.results({ users: [{ ...ROW, ...wrong }] });
  expect((await failureOf(users())).failure.code).toBe('output-invalid');
});

it('refuses what no name holds', () => {
  for (const name of IMPOSSIBLE_TEXTS) expect(accepts(GetLocalUserInput, { name })).toBe(false);
  expect(accepts(GetLocalUserInput, { enabled: 'true' })).toBe(false);
});
