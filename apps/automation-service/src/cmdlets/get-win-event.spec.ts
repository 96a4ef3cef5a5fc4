import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GetWinEvent, GetWinEventInput } from './get-win-event.js';
import { IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = {
  record_id: 991, time: '2026-01-12T06:14:09.123Z', level: 'Error', provider: 'Service Control Manager', event_id: 7031, log_name: 'System', message: 'Ended.', process_id: 712, user_sid: 'S-1-5-18', computer: 'WIN-01',
};
const windows = new FakeWindows();
const events = (input: Partial<GetWinEventInput> = {}) => new GetWinEvent(windows.cmdlets).run({ input: { target_host: 'WIN-01', log_name: 'System', ...input }, context: windows.context() });

it('gives the events, also those that the host can not put into words', async () => {
  windows.results({ events: [ROW, { ...ROW, message: null, user_sid: null, level: 'Other' }] });
  expect(await events({ levels: ['Error'], event_ids: [7031] })).toEqual({ host: 'WIN-01', events: [ROW, { ...ROW, message: null, user_sid: null, level: 'Other' }] });
  expect(windows.sent.at(-1)?.data).toEqual({ log_name: 'System', levels: ['Error'], event_ids: [7031], max_events: 100 });
});

it.each<[string, object]>([['a number for a level', { level: 2 }], ['an id as text', { event_id: '7031' }], ['a local time', { time: '12.01.2026 06:14' }]])('%s is no event', async (_what, wrong) => {
  windows.results({ events: [{ ...ROW, ...wrong }] });
  expect((await failureOf(events())).failure.code).toBe('output-invalid');
});

it('names hold nothing that a query could take for more than a name', () => {
  for (const name of ['Security', 'Microsoft-Windows-TaskScheduler/Operational', 'Key Management Service', '$(x)', '%PATH%']) expect(accepts(GetWinEventInput, { log_name: name, provider_names: [name] })).toBe(true);
  for (const name of ["a' or '1'='1", 'a"b', '<x>', 'a&b', 'Sys*', '[a]', 'a`b', ...IMPOSSIBLE_TEXTS]) {
    expect(accepts(GetWinEventInput, { log_name: name })).toBe(false);
    expect(accepts(GetWinEventInput, { log_name: 'System', provider_names: [name] })).toBe(false);
  }
});

it('lists are bounded', () => {
  const with21 = Array.from({ length: 21 }, (_, i) => i);
  for (const more of [{ event_ids: with21 }, { event_ids: [70_000] }, { event_ids: ['1'] }, { levels: ['Fatal'] }, { provider_names: with21.map(String) }, { max_events: 0 }]) {
    expect(accepts(GetWinEventInput, { log_name: 'System', ...more })).toBe(false);
  }
});
