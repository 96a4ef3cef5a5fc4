import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';
import { RESTART_SERVICE, RestartWindowsService, RestartWindowsServiceInput } from './restart-service.js';

const DONE = { name: 'Spooler', display_name: 'Print Spooler', previous_status: 'Running', status: 'Running' };
const windows = new FakeWindows();
const restart = (input: Partial<RestartWindowsServiceInput> = {}) => new RestartWindowsService(windows.cmdlets).run({ input: { target_host: 'WIN-01', name: 'Spooler', ...input }, context: windows.context() });

it('tells the status before and after', async () => {
  windows.results(DONE);
  expect(await restart()).toEqual({ host: 'WIN-01', ...DONE });
  expect(windows.sent.at(-1)).toEqual({ script: RESTART_SERVICE.text, data: { name: 'Spooler' } });
});

it.each([['ObjectNotFound', false, 'not-found'], ['ResourceBusy', false, 'conflict'], ['OpenError', true, 'tool-failed'], ['ObjectNotFound', true, 'tool-failed']])('an error %s (acted: %s) is %s', async (category, acted, code) => {
  windows.fails({ category, acted });
  expect((await failureOf(restart())).failure.code).toBe(code);
});

it('sets the mark that it acts right before it does, after everything that may refuse', () => {
  const lines = RESTART_SERVICE.text.split('\n').map((l) => l.trim());
  const mark = lines.indexOf('$acted = $true');
  expect(lines[mark + 1]).toMatch(/^Restart-Service -InputObject/);
  expect(lines.findIndex((l) => l.includes("Refuse 'ResourceBusy'"))).toBeLessThan(mark);
  expect(lines.slice(0, mark).filter((l) => l.startsWith('Restart-Service'))).toEqual([]);
});

it.each(HOSTILE_TEXTS.filter((t) => accepts(RestartWindowsServiceInput, { name: t })))('a name %j is data, not script', async (name) => {
  windows.results({ ...DONE, name });
  await restart({ name });
  expect(windows.sent.at(-1)).toEqual({ script: RESTART_SERVICE.text, data: { name } });
});

it('names one service', () => {
  for (const name of ['*', 'Spool?r', '[S]pooler', 'a`b', ...IMPOSSIBLE_TEXTS]) expect(accepts(RestartWindowsServiceInput, { name })).toBe(false);
  expect(accepts(RestartWindowsServiceInput, {})).toBe(false);
  expect(accepts(RestartWindowsServiceInput, { name: 'MSSQL$PROD', force: true })).toBe(true);
});
