import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';
import { STOP_PROCESS, StopProcess, StopProcessInput } from './stop-process.js';

const windows = new FakeWindows();
const stop = (input: Partial<StopProcessInput>) => new StopProcess(windows.cmdlets).run({ input: { target_host: 'WIN-01', ...input }, context: windows.context() });

it('gives what was stopped', async () => {
  const processes = [{ id: 4242, name: 'notepad', stopped: true }, { id: 4250, name: 'notepad', stopped: true }];
  windows.results({ processes });
  expect(await stop({ name: 'notepad' })).toEqual({ host: 'WIN-01', processes });
});

it('fails when one did not end, and tells which', async () => {
  windows.results({ processes: [{ id: 4242, name: 'notepad', stopped: true }, { id: 4250, name: 'notepad', stopped: false }] });
  const { failure, output } = await failureOf(stop({ name: 'notepad' }));
  expect(failure).toMatchObject({ code: 'tool-failed', cause: '4250' });
  expect(output).toMatchObject({ processes: [{ id: 4242, stopped: true }, { id: 4250, stopped: false }] });
});

it('sends nothing without an id or a name', async () => {
  const before = windows.sent.length;
  expect((await failureOf(stop({}))).failure.code).toBe('input-invalid');
  expect(windows.sent.length).toBe(before);
});

it('sets the mark that it acts after everything that may refuse', () => {
  const text = STOP_PROCESS.text;
  expect(text.indexOf('$acted = $true')).toBeGreaterThan(text.lastIndexOf("Refuse '"));
  expect(text.indexOf('Stop-Process -InputObject')).toBeGreaterThan(text.indexOf('$acted = $true'));
});

it.each(HOSTILE_TEXTS.filter((t) => accepts(StopProcessInput, { name: t })))('a name %j is data, not script', async (name) => {
  windows.results({ processes: [] });
  await stop({ name });
  expect(windows.sent.at(-1)).toEqual({ script: STOP_PROCESS.text, data: { name } });
});

it('never takes a wildcard or an id that is none', () => {
  for (const name of ['*', 'note*', 'n?tepad', '[n]otepad', ...IMPOSSIBLE_TEXTS]) expect(accepts(StopProcessInput, { name })).toBe(false);
  for (const id of [0, -1, 1.5, '4242', 2 ** 32]) expect(accepts(StopProcessInput, { id })).toBe(false);
  expect(accepts(StopProcessInput, { id: 4242, name: 'notepad' })).toBe(true);
});
