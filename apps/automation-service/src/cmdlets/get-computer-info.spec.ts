import { accepts, FakeWindows, failureOf } from './fake-windows.fixture.js';
import { GetComputerInfo, GetComputerInfoInput } from './get-computer-info.js';

const INFO = {
  computer_name: 'WIN-01', domain: 'corp.example', os_name: 'Microsoft Windows Server 2022 Standard', os_version: '10.0.20348', os_architecture: '64-bit', os_installed_at: '2024-03-05T09:30:00.000Z',
  last_boot_at: '2026-01-12T06:14:09.500Z', uptime_seconds: 86_400, manufacturer: 'Maker', model: 'Model', serial_number: 'S1', bios_version: '1.0', processors: ['CPU @ 2.40GHz'], logical_processors: 8,
  total_memory_bytes: 17_179_869_184, free_memory_bytes: 9_663_676_416, time_zone: '(UTC) Coordinated Universal Time',
};
const windows = new FakeWindows();
const info = () => new GetComputerInfo(windows.cmdlets).run({ input: { target_host: 'WIN-01' }, context: windows.context() });

it('gives one object', async () => {
  windows.results(INFO);
  expect(await info()).toEqual({ host: 'WIN-01', ...INFO });
});

it('what the host does not tell is null', async () => {
  const bare = { ...INFO, domain: null, os_installed_at: null, last_boot_at: null, uptime_seconds: null, serial_number: null, bios_version: null, processors: [], total_memory_bytes: null, free_memory_bytes: null, time_zone: null };
  windows.results(bare);
  expect(await info()).toEqual({ host: 'WIN-01', ...bare });
});

it.each<[string, object]>([['one processor that is no list', { processors: 'CPU' }], ['memory as text', { total_memory_bytes: '16 GB' }], ['an object without a name', { computer_name: null }]])('%s is refused', async (_what, wrong) => {
  windows.results({ ...INFO, ...wrong });
  expect((await failureOf(info())).failure.code).toBe('output-invalid');
});

it('takes a target and nothing else', () => {
  expect(accepts(GetComputerInfoInput, {})).toBe(true);
  expect(accepts(GetComputerInfoInput, { target_host: '' })).toBe(false);
  expect(accepts(GetComputerInfoInput, { property: 'Os*' })).toBe(false);
});
