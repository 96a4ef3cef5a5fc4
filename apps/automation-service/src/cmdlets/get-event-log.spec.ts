import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GET_EVENT_LOG, GetEventLog, GetEventLogInput } from './get-event-log.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = { index: 8123, time: '2026-01-12T06:14:09.000Z', entry_type: 'Error', source: 'Service Control Manager', event_id: 7031, message: 'The service ended.\r\nTwice.', user: null, computer: 'WIN-01' };
const windows = new FakeWindows();
const events = (input: Partial<GetEventLogInput> = {}) => new GetEventLog(windows.cmdlets).run({ input: { target_host: 'WIN-01', log_name: 'System', ...input }, context: windows.context() });

it('gives the entries', async () => {
  windows.results({ log_name: 'System', events: [ROW] });
  expect(await events()).toEqual({ host: 'WIN-01', log_name: 'System', events: [ROW] });
  expect(windows.sent.at(-1)).toEqual({ script: GET_EVENT_LOG.text, data: { log_name: 'System', max_events: 100 } });
});

it('a log that is not there is not found', async () => {
  windows.fails({ category: 'ObjectNotFound', id: 'Refused' });
  expect((await failureOf(events())).failure.code).toBe('not-found');
});

it.each<[string, object]>([['a number for a type', { entry_type: 1 }], ['a time without zone', { time: '2026-01-12 06:14:09' }], ['no index', { index: null }]])('%s is no entry', async (_what, wrong) => {
  windows.results({ log_name: 'System', events: [{ ...ROW, ...wrong }] });
  expect((await failureOf(events())).failure.code).toBe('output-invalid');
});

it('takes times with a zone only', () => {
  for (const since of ['2026-01-31T00:00:00Z', '2026-01-31T00:00:00.5+02:00']) expect(accepts(GetEventLogInput, { log_name: 'System', since })).toBe(true);
  for (const since of ['2026-01-31', '2026-01-31T00:00:00', 'yesterday', '', ...HOSTILE_TEXTS]) expect(accepts(GetEventLogInput, { log_name: 'System', since })).toBe(false);
});

it('the log is one log', () => {
  for (const name of ['System', 'Application', 'Windows PowerShell', '$(x)', "it's"]) expect(accepts(GetEventLogInput, { log_name: name })).toBe(true);
  for (const name of ['*', 'Sys?em', ...IMPOSSIBLE_TEXTS]) expect(accepts(GetEventLogInput, { log_name: name })).toBe(false);
  expect(accepts(GetEventLogInput, {})).toBe(false);
  for (const more of [{ max_events: 0 }, { max_events: 1001 }, { entry_types: ['Bad'] }, { entry_types: ['Unknown'] }]) expect(accepts(GetEventLogInput, { log_name: 'System', ...more })).toBe(false);
});
