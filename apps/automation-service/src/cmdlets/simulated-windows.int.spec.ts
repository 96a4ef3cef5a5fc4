import { validate, type ConnectionDto, type Credential } from '@opsmesh/contracts';
import { startFleet, volume, type Fleet, type SimulatedWindowsHost } from '@opsmesh/testing';
import { fakeToolContext, type ToolCall, type ToolContext } from '@opsmesh/worker-runtime';
import type { ClassConstructor } from 'class-transformer';
import { PowerShellClient } from '../winrm/powershell-client.js';
import { Cmdlets } from './cmdlets.js';
import { failureOf } from './fake-windows.fixture.js';
import { GetComputerInfo, GetComputerInfoInput, GetComputerInfoOutput } from './get-computer-info.js';
import { GetEventLog, GetEventLogInput, GetEventLogOutput } from './get-event-log.js';
import { GetHotFix, GetHotFixInput, GetHotFixOutput } from './get-hot-fix.js';
import { GetLocalUser, GetLocalUserInput, GetLocalUserOutput } from './get-local-user.js';
import { GetNetTcpConnection, GetNetTcpConnectionInput, GetNetTcpConnectionOutput } from './get-net-tcp-connection.js';
import { GetProcess, GetProcessInput, GetProcessOutput } from './get-process.js';
import { GetService, GetServiceInput, GetServiceOutput } from './get-service.js';
import { GetVolume, GetVolumeInput, GetVolumeOutput } from './get-volume.js';
import { GetWinEvent, GetWinEventInput, GetWinEventOutput } from './get-win-event.js';
import { HOSTILE_TEXTS } from './hostile-texts.fixture.js';
import { RestartWindowsService, RestartWindowsServiceInput, RestartWindowsServiceOutput } from './restart-service.js';
import { StopProcess, StopProcessInput, StopProcessOutput } from './stop-process.js';
import { TestConnection, TestConnectionInput, TestConnectionOutput } from './test-connection.js';

/** Cmdlets over real HTTP with sealed NTLM; what answers is simulated. */

const PASSWORD = 'cmdlet-pa55word-canary';
let fleet: Fleet;
let powershell: PowerShellClient;
let cmdlets: Cmdlets;

beforeAll(async () => {
  fleet = await startFleet({ hosts: [], windowsHosts: [{
    hostname: 'WIN-01', address: '127.0.3.21', port: 0, username: 'ops', password: PASSWORD,
    state: { volumes: [volume('C', 'Windows', 256, 97.3), volume('D', `Data ${PASSWORD}`, 1000, 1)] },
  }] });
  powershell = new PowerShellClient();
  cmdlets = new Cmdlets(powershell);
});
afterAll(async () => {
  await powershell.pool.close();
  await fleet.stop();
});

const host = (): SimulatedWindowsHost => fleet.windowsHost('WIN-01');

function context(more: Partial<ToolContext> = {}): ToolContext {
  const connection: ConnectionDto = { assetId: 'a1', hostname: 'WIN-01', address: host().address, protocol: 'winrm', port: host().port, tls: false, credentialId: 'c1' };
  return fakeToolContext({ deadline: performance.now() + 15_000, connection, credential: () => Promise.resolve<Credential>({ kind: 'winrm', username: 'ops', password: PASSWORD }), ...more });
}

interface Case<I extends object, O extends object> {
  readonly tool: { run(call: ToolCall<I>): Promise<O> };
  readonly input: ClassConstructor<I>;
  readonly output: ClassConstructor<O>;
}

/** The output of a tool for an input, checked against both DTOs. */
async function outputOf<I extends object, O extends object>({ tool, input, output }: Case<I, O>, values: Partial<I> = {}): Promise<O> {
  return validate(output, await tool.run({ input: validate(input, { target_host: 'WIN-01', ...values }), context: context() }));
}

const volumes = (values?: Partial<GetVolumeInput>) => outputOf({ tool: new GetVolume(cmdlets), input: GetVolumeInput, output: GetVolumeOutput }, values);
const services = (values?: Partial<GetServiceInput>) => outputOf({ tool: new GetService(cmdlets), input: GetServiceInput, output: GetServiceOutput }, values);
const processes = (values?: Partial<GetProcessInput>) => outputOf({ tool: new GetProcess(cmdlets), input: GetProcessInput, output: GetProcessOutput }, values);
const restart = (values: Partial<RestartWindowsServiceInput>) => outputOf({ tool: new RestartWindowsService(cmdlets), input: RestartWindowsServiceInput, output: RestartWindowsServiceOutput }, values);
const stop = (values: Partial<StopProcessInput>) => outputOf({ tool: new StopProcess(cmdlets), input: StopProcessInput, output: StopProcessOutput }, values);

it('Get-Volume: the C drive in bytes, sealed on the wire', async () => {
  const sealed = host().counters.sealed;
  const { host: name, volumes: rows } = await volumes({ drive_letter: 'C' });
  expect(name).toBe('WIN-01');
  expect(rows).toEqual([expect.objectContaining({ drive_letter: 'C', file_system: 'NTFS', health: 'Healthy', size_bytes: 256_000_000_000, free_bytes: 97_300_000_000 })]);
  expect(host().counters.sealed).toBeGreaterThan(sealed);
  expect(host().counters.plain).toBe(0);
});

it('Get-Volume: a label that is the password is masked, and a drive that is not there is an empty list', async () => {
  expect((await volumes({ drive_letter: 'd' })).volumes[0]?.label).toBe('Data [redacted]');
  expect((await volumes({ drive_letter: 'Z' })).volumes).toEqual([]);
});

it('Get-Service', async () => {
  expect((await services({ name: 'Spool*' })).services).toEqual([{ name: 'Spooler', display_name: 'Print Spooler', status: 'Running', start_type: 'Automatic', can_stop: true }]);
  expect(new Set((await services({ status: ['Stopped'] })).services.map((s) => s.status))).toEqual(new Set(['Stopped']));
});

it('Get-Process', async () => {
  const { processes: rows, total } = await processes({ sort_by: 'memory', limit: 3 });
  expect(rows).toHaveLength(3);
  expect(total).toBeGreaterThan(3);
  expect(rows[0]!.working_set_bytes).toBeGreaterThanOrEqual(rows[1]!.working_set_bytes);
});

it('Get-EventLog and Get-WinEvent', async () => {
  const log = await outputOf({ tool: new GetEventLog(cmdlets), input: GetEventLogInput, output: GetEventLogOutput }, { log_name: 'System', max_events: 2 });
  expect(log.events.length).toBeGreaterThan(0);
  expect(log.events.length).toBeLessThanOrEqual(2);
  const events = await outputOf({ tool: new GetWinEvent(cmdlets), input: GetWinEventInput, output: GetWinEventOutput }, { log_name: 'System', levels: ['Error'] });
  expect(new Set(events.events.map((e) => e.level))).toEqual(new Set(['Error']));
  const missing = await failureOf(outputOf({ tool: new GetWinEvent(cmdlets), input: GetWinEventInput, output: GetWinEventOutput }, { log_name: 'No such log' }));
  expect(missing.failure.code).toBe('not-found');
});

it('Get-ComputerInfo', async () => {
  const info = await outputOf({ tool: new GetComputerInfo(cmdlets), input: GetComputerInfoInput, output: GetComputerInfoOutput });
  expect(info).toMatchObject({ host: 'WIN-01', computer_name: 'WIN-01', total_memory_bytes: 17_179_869_184 });
});

it('Get-NetTCPConnection, Get-LocalUser, Get-HotFix and Test-Connection', async () => {
  const connections = await outputOf({ tool: new GetNetTcpConnection(cmdlets), input: GetNetTcpConnectionInput, output: GetNetTcpConnectionOutput }, { state: ['Listen'] });
  expect(new Set(connections.connections.map((c) => c.state))).toEqual(new Set(['Listen']));
  const users = await outputOf({ tool: new GetLocalUser(cmdlets), input: GetLocalUserInput, output: GetLocalUserOutput }, { enabled: true });
  expect(new Set(users.users.map((u) => u.enabled))).toEqual(new Set([true]));
  expect((await outputOf({ tool: new GetHotFix(cmdlets), input: GetHotFixInput, output: GetHotFixOutput }, { id: 'KB0000000' })).hotfixes).toEqual([]);
  const echo = await outputOf({ tool: new TestConnection(cmdlets), input: TestConnectionInput, output: TestConnectionOutput }, { destination: '203.0.113.9', count: 2 });
  expect(echo).toMatchObject({ sent: 2, received: 0, average_ms: null });
});

it('Restart-Service acts once, and tells before and after', async () => {
  expect(await restart({ name: 'Spooler' })).toMatchObject({ previous_status: 'Running', status: 'Running' });
  expect((await fleet.readLedger()).map((e) => e.argument)).toEqual(['Restart-Service Spooler']);
  expect((await failureOf(restart({ name: 'NoSuch' }))).failure.code).toBe('not-found');
});

it('Stop-Process ends what it was told to, and only that', async () => {
  const { processes: rows } = await processes({});
  const victim = rows.find((p) => p.id > 4)!;
  expect((await failureOf(stop({ id: victim.id, name: 'another' }))).failure.code).toBe('not-found');
  expect((await stop({ id: victim.id, name: victim.name })).processes).toEqual([{ id: victim.id, name: victim.name, stopped: true }]);
  expect((await processes({ id: victim.id })).processes).toEqual([]);
  expect((await failureOf(stop({ id: 4 }))).failure.code).toBe('target-refused');
});

it('hostile names are names', async () => {
  const before = await fleet.readLedger();
  for (const name of HOSTILE_TEXTS.filter((t) => !/[[\]`*?]/.test(t))) {
    expect((await services({ name })).services).toEqual([]);
    expect((await failureOf(restart({ name }))).failure.code).toBe('not-found');
  }
  expect(await fleet.readLedger()).toEqual(before);
});

it('no shell is left, and each script was run as its tool has it', () => {
  expect(host().openShells).toBe(0);
  for (const { script } of host().commands) expect(script).toMatch(/^# opsmesh:[A-Za-z-]+@1\.0\.0\n/);
});

it('the password appears in nothing that the host was told to run', () => {
  expect(JSON.stringify(host().commands)).not.toContain(PASSWORD);
});
