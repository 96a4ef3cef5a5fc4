import { runPowershell } from './simulated-powershell.js';
import type { CommandIo } from './running-command.js';
import { volume, windowsState, type WindowsState } from './windows-state.js';

let state: WindowsState;
let ledger: string[];
beforeEach(() => {
  ledger = [];
  state = windowsState('pc-01', { volumes: [volume('C', 'Windows', 256, 97.3), volume('D', 'Data', 1000, 10)] });
});

interface Answer { readonly code: number; readonly result?: Record<string, unknown>; readonly error?: Record<string, unknown> }

async function cmdlet(tool: string, data: object = {}): Promise<Answer> {
  let stdout = '';
  const io: CommandIo = {
    signal: new AbortController().signal, stdout: (d) => { stdout += d.toString(); }, stderr: () => undefined, stdin: () => Promise.resolve(Buffer.alloc(0)), sleep: () => Promise.resolve(), isScript: () => undefined,
  };
  const host = { state, user: 'PC-01\\ops', environment: { GREETING: 'grüß' }, workingDirectory: undefined, ledger: (line: string) => { ledger.push(line); }, plainErrors: true };
  const code = await runPowershell({ script: `# opsmesh:${tool}@1.0.0\n$result = Get-Anything`, data }, io, host);
  return { code, ...(JSON.parse(stdout === '' ? '{}' : stdout) as object) };
}

it('a marked script is answered from what the host has', async () => {
  expect(await cmdlet('Get-Volume', { drive_letter: 'c' })).toEqual({
    code: 0, result: { volumes: [expect.objectContaining({ drive_letter: 'C', file_system: 'NTFS', drive_type: 'Fixed', health: 'Healthy', size_bytes: 256_000_000_000, free_bytes: 97_300_000_000 })] },
  });
  expect((await cmdlet('Get-Volume')).result!['volumes']).toHaveLength(2);
  expect(await cmdlet('Get-Volume', { drive_type: 'CDRom' })).toEqual({ code: 0, result: { volumes: [] } });
});

it.each([
  ['Get-Service', { name: 'w*' }, 'services', 5], ['Get-Service', { status: ['Stopped'], start_type: ['Disabled'] }, 'services', 1], ['Get-Process', { name: 'SVCHOST' }, 'processes', 6],
  ['Get-Process', { limit: 2, sort_by: 'memory' }, 'processes', 2], ['Get-EventLog', { log_name: 'system', entry_types: ['Error', 'Warning'] }, 'events', 2],
  ['Get-WinEvent', { log_name: 'System', levels: ['Information'], since: '2026-01-12T06:15:00Z' }, 'events', 1], ['Get-NetTCPConnection', { state: ['Listen'], local_port: 445 }, 'connections', 1],
  ['Get-LocalUser', { enabled: true }, 'users', 1], ['Get-HotFix', { id: 'kb5034122' }, 'hotfixes', 1],
])('%s %j', async (tool, data, list, count) => {
  const { code, result } = await cmdlet(tool, data);
  expect(code).toBe(0);
  expect(result![list]).toHaveLength(count);
});

it('a restart changes the service and leaves its mark', async () => {
  const before = state.services.find((s) => s.name === 'Spooler')!.pid;
  expect(await cmdlet('Restart-Service', { name: 'spooler' })).toEqual({ code: 0, result: { name: 'Spooler', display_name: 'Print Spooler', previous_status: 'Running', status: 'Running' } });
  expect(state.services.find((s) => s.name === 'Spooler')!.pid).not.toBe(before);
  expect(ledger).toEqual(['Restart-Service Spooler']);
});

it.each([
  ['Restart-Service', { name: 'nope' }, 'ObjectNotFound', false], ['Restart-Service', { name: 'Dhcp' }, 'ResourceBusy', false], ['Restart-Service', { name: 'RpcSs' }, 'CloseError', true],
  ['Stop-Process', { id: 99_999 }, 'ObjectNotFound', false], ['Stop-Process', { id: 4420, name: 'calc' }, 'ObjectNotFound', false], ['Stop-Process', { id: 4 }, 'PermissionDenied', false],
  ['Get-EventLog', { log_name: 'Nothing' }, 'ObjectNotFound', false],
])('%s %j is refused and changes nothing', async (tool, data, category, acted) => {
  const before = structuredClone(state);
  expect(await cmdlet(tool, data)).toMatchObject({ code: 1, error: { category, acted } });
  expect(state).toEqual(before);
  expect(ledger).toEqual([]);
});

it('force restarts what depends on a service too', async () => {
  expect(await cmdlet('Restart-Service', { name: 'Dhcp', force: true })).toMatchObject({ code: 0, result: { status: 'Running' } });
});

it('a stopped process is gone, and so is the service it ran', async () => {
  expect(await cmdlet('Stop-Process', { name: 'spoolsv' })).toEqual({ code: 0, result: { processes: [{ id: 2468, name: 'spoolsv', stopped: true }] } });
  expect(state.services.find((s) => s.name === 'Spooler')!.status).toBe('Stopped');
  expect(ledger).toEqual(['Stop-Process spoolsv 2468']);
  expect(await cmdlet('Stop-Process', { name: 'spoolsv' })).toMatchObject({ code: 1 });
});

it('echo requests are answered by what can be reached', async () => {
  expect(await cmdlet('Test-Connection', { destination: '10.20.0.1', count: 2 })).toMatchObject({ code: 0, result: { sent: 2, received: 2, average_ms: 1 } });
  expect(await cmdlet('Test-Connection', { destination: '192.0.2.1', count: 2 })).toMatchObject({ code: 0, result: { sent: 2, received: 0, average_ms: null } });
});

it('a marked script that nobody wrote tables for is not found', async () => expect(await cmdlet('Get-Frobnication')).toEqual({ code: 1 }));

it('a stored script runs with its arguments, and is gone once removed', async () => {
  const nonce = 'ab'.repeat(12);
  const { result } = await cmdlet('store-script', { nonce, script: 'ledger $args[1]; exit 4' });
  expect(result).toEqual({ file: `C:\\Users\\ops\\AppData\\Local\\Temp\\opsmesh-${nonce}\\script.ps1` });
  expect(await cmdlet('run-stored-script', { ...result, args: ['a', 'b c'] })).toEqual({ code: 4 });
  expect(ledger).toEqual(['b c']);
  expect(await cmdlet('remove-script', { nonce })).toEqual({ code: 0, result: { removed: true } });
  expect(await cmdlet('run-stored-script', { ...result, args: [] })).toEqual({ code: 1 });
});
