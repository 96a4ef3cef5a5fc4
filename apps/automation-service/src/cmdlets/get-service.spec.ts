import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GET_SERVICE, GetService, GetServiceInput } from './get-service.js';
import { HOSTILE_TEXTS, IMPOSSIBLE_TEXTS } from './hostile-texts.fixture.js';

const ROW = { name: 'Spooler', display_name: 'Print Spooler', status: 'Running', start_type: 'Automatic', can_stop: true };
const windows = new FakeWindows();
const services = (input: Partial<GetServiceInput> = {}) => new GetService(windows.cmdlets).run({ input: { target_host: 'WIN-01', ...input }, context: windows.context() });

it('gives the services and how many could not be read', async () => {
  windows.results({ services: [ROW], unreadable: 2 });
  expect(await services()).toEqual({ host: 'WIN-01', services: [ROW], unreadable: 2 });
});

it.each(HOSTILE_TEXTS.filter((t) => accepts(GetServiceInput, { name: t })))('a name %j is data, not script', async (name) => {
  windows.results({ services: [], unreadable: 0 });
  await services({ name, status: ['Stopped'] });
  expect(windows.sent.at(-1)).toEqual({ script: GET_SERVICE.text, data: { name, status: ['Stopped'] } });
});

it.each<[string, object]>([['a number for a status', { status: 4 }], ['an unknown start type', { start_type: 'Never' }], ['text for a flag', { can_stop: 'True' }]])('%s is no service', async (_what, wrong) => {
  windows.results({ services: [{ ...ROW, ...wrong }], unreadable: 0 });
  expect((await failureOf(services())).failure.code).toBe('output-invalid');
});

it('takes wildcards for many characters, and refuses what no name holds', () => {
  for (const name of ['Spooler', 'MSSQL*', 'W?2Time', 'MSSQL$PROD']) expect(accepts(GetServiceInput, { name })).toBe(true);
  for (const name of [...IMPOSSIBLE_TEXTS, '[a-z]*', 'a`*']) expect(accepts(GetServiceInput, { name })).toBe(false);
  expect(accepts(GetServiceInput, { status: ['Running', 'Paused'], start_type: ['Automatic'] })).toBe(true);
  expect(accepts(GetServiceInput, { status: 'Running' })).toBe(false);
  expect(accepts(GetServiceInput, { status: ['On'] })).toBe(false);
});
