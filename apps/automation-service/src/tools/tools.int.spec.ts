import { jest } from '@jest/globals';
import { jsonSchemaOf, ToolFailure, validate, type ConnectionDto, type Credential } from '@opsmesh/contracts';
import { startFleet, waitFor, type Fleet } from '@opsmesh/testing';
import { fakeToolContext, type ToolCall, type ToolContext } from '@opsmesh/worker-runtime';
import { SshClient } from '../ssh/ssh-client.js';
import { DiskUsage, DiskUsageInput, DiskUsageOutput } from './disk-usage.js';
import { LogSearch, LogSearchInput, LogSearchOutput } from './log-search.js';
import { ProcessList, ProcessListInput, ProcessListOutput } from './process-list.js';
import { RestartService, RestartServiceInput, RestartServiceOutput } from './restart-service.js';
import { RunCommandInput, RunCommandOutput } from './run-command.dto.js';
import { RunCommand } from './run-command.js';
import { RunScriptInput, RunScriptOutput } from './run-script.dto.js';
import { RunScript } from './run-script.js';
import { ServiceStatus, ServiceStatusInput } from './service-status.js';
import { SshScriptRunner } from './ssh-script-runner.js';
import { SystemInfo, SystemInfoInput, SystemInfoOutput } from './system-info.js';
import { UnitState } from './systemd-unit.js';

const PASSWORD = 'tool-pa55word';
let fleet: Fleet;
let ssh: SshClient;

beforeAll(async () => {
  fleet = await startFleet({ hosts: [{
    hostname: 'db-01', address: '127.0.2.21', port: 0, username: 'ops', password: PASSWORD,
    disks: [
      { filesystem: '/dev/sim1', mount: '/', sizeBytes: 80_000_000_000, usedBytes: 20_000_000_000 },
      { filesystem: 'nas:/data set', mount: '/var/lib/my data', sizeBytes: 500_000_000_000, usedBytes: 499_000_000_000 },
    ],
  }] });
  ssh = new SshClient();
});
afterAll(async () => {
  ssh.pool.close();
  await fleet.stop();
});

function connection(): ConnectionDto {
  const host = fleet.host('db-01');
  return { assetId: 'a1', hostname: 'db-01', address: host.address, protocol: 'ssh', port: host.port, credentialId: 'c1', hostKey: host.hostKey };
}

function context(more: Partial<ToolContext> = {}): ToolContext {
  const credential = () => Promise.resolve<Credential>({ kind: 'ssh', username: 'ops', password: PASSWORD });
  return fakeToolContext({ deadline: performance.now() + 10_000, connection: connection(), credential, ...more });
}

function call<I extends object>(input: I, more: Partial<ToolContext> = {}): ToolCall<I> {
  return { input, context: context(more) };
}

async function failureOf(promise: Promise<unknown>): Promise<ToolFailure> {
  const error: unknown = await promise.then(() => { throw new Error('it succeeded'); }, (e: unknown) => e);
  expect(error).toBeInstanceOf(ToolFailure);
  return error as ToolFailure;
}

describe('run-command', () => {
  const tool = () => new RunCommand(ssh);
  const input = (more: Partial<RunCommandInput>) => validate(RunCommandInput, { target_host: 'db-01', command: 'true', ...more });

  it('gives what the declared output says', async () => {
    const output = await tool().run(call(input({ command: 'echo $GREETING; cat; uname -n', env: { GREETING: 'hi' }, stdin: 'in\n', cwd: '/' })));
    expect(validate(RunCommandOutput, output)).toMatchObject({ host: 'db-01', exitCode: 0, stdout: 'hi\nin\ndb-01\n', stderr: '', truncated: false });
  });

  it('fails on another exit code, with the output kept', async () => {
    const { failure, output } = await failureOf(tool().run(call(input({ command: 'echo half; echo why >&2; exit 3' }))));
    expect(failure).toMatchObject({ code: 'nonzero-exit', cause: 'why' });
    expect(output).toMatchObject({ host: 'db-01', exitCode: 3, stdout: 'half\n', stderr: 'why\n' });
  });

  it('a folder that is not there is no command that failed', async () => {
    const { failure, output } = await failureOf(tool().run(call(input({ command: 'ledger ran', cwd: 'nowhere' }))));
    expect(failure).toMatchObject({ code: 'not-found', retryable: false, message: 'db-01 has no folder nowhere that this user may enter; the command was not run' });
    expect(output).toEqual({ host: 'db-01' });
    expect(await fleet.readLedger()).toEqual([]);
  });

  it('tells stdout live, and at most so much', async () => {
    const told: string[] = [];
    await tool().run(call(input({ command: 'echo first; sleep 0.2; seq 1 100000' }), { progress: (news) => { told.push(news.message ?? ''); } }));
    expect(told.join('')).toMatch(/^first\n1\n2\n/);
    expect(told.join('')).toHaveLength(64 * 1024);
    expect(Math.max(...told.map((t) => t.length))).toBeLessThanOrEqual(16_000);
  });

  it('a cancelled attempt stops the command on the host', async () => {
    const cancel = new AbortController();
    const { failure, output } = await failureOf(tool().run(call(input({ command: 'echo on; sleep 300' }), { signal: cancel.signal, progress: () => cancel.abort(new ToolFailure('cancelled', 'stop')) })));
    expect(failure.code).toBe('cancelled');
    expect(output).toMatchObject({ stdout: 'on\n', exitCode: null });
    await waitFor(() => fleet.host('db-01').counters.running === 0, { what: 'the host to be idle' });
  });

  it('a timed out attempt stops it too', async () => {
    const { failure } = await failureOf(tool().run(call(input({ command: 'sleep 300' }), { deadline: performance.now() + 2000 })));
    expect(failure.code).toBe('timed-out');
  });

  it('an expired grant sends no command', async () => {
    const assertGrant = () => { throw new ToolFailure('grant-refused', 'expired'); };
    expect((await failureOf(tool().run(call(input({ command: 'ledger grant' }), { assertGrant })))).failure.code).toBe('grant-refused');
    expect(await fleet.readLedger()).toEqual([]);
  });

  it('takes the grant as the last thing before the command', async () => {
    const assertGrant = jest.fn(() => Promise.resolve());
    await tool().run(call(input({ command: 'true' }), { assertGrant }));
    expect(assertGrant).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['a variable with a bad name', { env: { 'A;touch x': 'v' } }], ['a value that is no text', { env: { A: 1 } as never }], ['NUL in the command', { command: 'a\0b' }],
  ])('refuses %s before anything is sent', async (_what, more) => {
    const before = fleet.host('db-01').counters.commands;
    expect((await failureOf(tool().run(call(input(more))))).failure.code).toBe('input-invalid');
    expect(fleet.host('db-01').counters.commands - before).toBeLessThanOrEqual(0);
  });

  it('refuses a target or a credential that is not for SSH', async () => {
    expect((await failureOf(tool().run(call(input({}), { connection: { ...connection(), protocol: 'winrm' } })))).failure.code).toBe('target-refused');
    const credential = () => Promise.resolve<Credential>({ kind: 'winrm', username: 'u', password: 'pppp' });
    expect((await failureOf(tool().run(call(input({}), { credential })))).failure.code).toBe('credential-unavailable');
  });
});

describe('disk-usage', () => {
  const usage = (path?: string) => new DiskUsage(ssh).run(call(validate(DiskUsageInput, { target_host: 'db-01', ...(path === undefined ? {} : { path }) })));

  it('tells the file system of a path', async () => {
    expect(validate(DiskUsageOutput, await usage())).toMatchObject({ host: 'db-01', filesystem: '/dev/sim1', mount: '/', sizeBytes: 80_000_000_000, usedBytes: 20_000_000_000, availableBytes: 60_000_000_000, usedPercent: 25 });
    expect(await usage('/var/lib/my data/x')).toMatchObject({ filesystem: 'nas:/data set', mount: '/var/lib/my data', usedPercent: 100 });
  });

  it('a path is data', async () => {
    await usage('/$(ledger canary)');
    await usage("/'; ledger canary; '");
    expect(await fleet.readLedger()).toEqual([]);
  });
});

describe('run-script', () => {
  const script = (given: Partial<RunScriptInput>, more: Partial<ToolContext> = {}) => new RunScript([new SshScriptRunner(ssh)]).run(call(validate(RunScriptInput, { target_host: 'db-01', script: 'true', ...given }), more));
  const leftovers = async () => (await new RunCommand(ssh).run(call(validate(RunCommandInput, { target_host: 'db-01', command: 'set -- opsmesh-*; [ -e "$1" ] && echo "$@" || echo none' })))).stdout;

  it('uploads, runs and removes', async () => {
    const output = await script({ script: 'printf "%s|" "$0" "$@"; cat; echo $V >&2', args: ['a b', '$(ledger canary)', "'", '-n', 'x\ny'], stdin: 'in', env: { V: 'v' } });
    expect(validate(RunScriptOutput, output)).toMatchObject({ exitCode: 0, stderr: 'v\n', removed: true });
    expect(output.stdout).toMatch(/^\/.*\/opsmesh-[0-9a-f]{24}\/script\|a b\|\$\(ledger canary\)\|'\|-n\|x\ny\|in$/);
    expect(await leftovers()).toBe('none\n');
    expect(await fleet.readLedger()).toEqual([]);
  });

  it('removes it when it fails, too', async () => {
    const { failure, output } = await failureOf(script({ script: 'ls() { :; }; set -- "$0"; [ -O "${1%/*}" ] && echo private; exit 4' }));
    expect(failure.code).toBe('nonzero-exit');
    expect(output).toMatchObject({ exitCode: 4, removed: true, stdout: 'private\n' });
    expect(await leftovers()).toBe('none\n');
  });

  it('is not run, but removed, where its folder is not there', async () => {
    expect((await failureOf(script({ script: 'ledger ran', cwd: 'nowhere' }))).failure.code).toBe('not-found');
    expect(await leftovers()).toBe('none\n');
    expect(await fleet.readLedger()).toEqual([]);
  });

  it('stops and removes it when it is cancelled', async () => {
    const cancel = new AbortController();
    const { failure, output } = await failureOf(script({ script: 'echo on; sleep 300' }, { signal: cancel.signal, progress: () => cancel.abort(new ToolFailure('cancelled', 'stop')) }));
    expect(failure).toMatchObject({ code: 'cancelled', message: expect.stringContaining('processes were stopped') as string });
    expect(output).toMatchObject({ removed: true });
    expect(await leftovers()).toBe('none\n');
  });

  it('is told not to have run when it is cancelled while it is brought there', async () => {
    const cancel = new AbortController();
    const assertGrant = async () => { process.nextTick(() => cancel.abort(new ToolFailure('cancelled', 'stop'))); };
    const { failure } = await failureOf(script({ script: 'ledger ran' }, { signal: cancel.signal, assertGrant }));
    expect(failure).toMatchObject({ code: 'cancelled', message: 'the command was cancelled on db-01; it had not been started' });
    expect(await leftovers()).toBe('none\n');
    expect(await fleet.readLedger()).toEqual([]);
  });

  it('takes a folder of Windows only without control characters', async () => {
    const windows = new RunScript([{ protocol: 'winrm', run: () => Promise.reject(new Error('it was run')) }]);
    const run = async (cwd: string) => windows.run(call(validate(RunScriptInput, { target_host: 'x', powershell: 'x', cwd }), { connection: { ...connection(), protocol: 'winrm' } }));
    await expect(run('C:\\a\nb')).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
    await expect(run('C:\\a')).rejects.toThrow('it was run');
  });

  it('runs at most once, and not at all with an expired grant', async () => {
    const assertGrant = () => { throw new ToolFailure('grant-refused', 'expired'); };
    expect((await failureOf(script({ script: 'ledger script' }, { assertGrant }))).failure.code).toBe('grant-refused');
    expect(await fleet.readLedger()).toEqual([]);
  });

  it('needs a script of the language of its host', async () => {
    expect((await failureOf(new RunScript([new SshScriptRunner(ssh)]).run(call(validate(RunScriptInput, { target_host: 'db-01', powershell: 'x' }))))).failure.code).toBe('input-invalid');
    await expect(async () => script({}, { connection: { ...connection(), protocol: 'winrm' } })).rejects.toMatchObject({ failure: { code: 'target-refused' } });
    expect(() => validate(RunScriptInput, { target_host: 'x', script: 'x', interpreter: 'python3 -c' })).toThrow();
  });
});

describe('the typed tools give objects', () => {
  const target = { target_host: 'db-01' };

  it('service-status', async () => {
    const status = (service: string) => new ServiceStatus(ssh).run(call(validate(ServiceStatusInput, { ...target, service })));
    expect(validate(UnitState, await status('ssh'))).toMatchObject({ host: 'db-01', service: 'ssh.service', active: true, enabledState: 'enabled', mainPid: 402, memoryBytes: 16_777_216, activeSince: expect.stringMatching(/^20.*Z$/) as string });
    const since = async (time: string) => (await new ServiceStatus(ssh).run(call(validate(ServiceStatusInput, { ...target, service: 'ssh', since: time })))).startedSince;
    expect([await since('2001-01-01T00:00:00Z'), await since(new Date().toISOString())]).toEqual([true, false]);
    expect((await failureOf(status('nobody'))).failure.code).toBe('not-found');
    expect(() => validate(ServiceStatusInput, { ...target, service: '-H evil' })).toThrow();
  });

  it('restart-service', async () => {
    const restart = (service: string) => new RestartService(ssh).run(call(validate(RestartServiceInput, { ...target, service })));
    const output = validate(RestartServiceOutput, await restart('cron'));
    expect(output).toMatchObject({ service: 'cron.service', active: true, previousPid: 401, mainPid: 1401 });
    expect(Date.now() - Date.parse(output.activeSince!)).toBeLessThan(10_000);
    expect((await failureOf(restart('nobody'))).failure.code).toBe('not-found');
  });

  it('process-list', async () => {
    const list = (more: object) => new ProcessList(ssh).run(call(validate(ProcessListInput, { ...target, ...more })));
    const all = validate(ProcessListOutput, await list({ sort: 'memory' }));
    expect(all).toMatchObject({ total: 3, truncated: false, processes: [{ memoryBytes: 16_777_216 }, {}, { pid: 1, name: 'systemd', user: 'root' }] });
    expect(all.processes[0]).not.toHaveProperty('commandLine');
    expect(await list({ name: 'ssh', commandLines: true })).toMatchObject({ total: 1, processes: [{ name: 'ssh', commandLine: '/usr/sbin/ssh --simulated' }] });
    expect(await list({ limit: 1 })).toMatchObject({ total: 3, truncated: true, processes: [{ pid: 1 }] });
  });

  it('system-info', async () => {
    expect(validate(SystemInfoOutput, await new SystemInfo(ssh).run(call(validate(SystemInfoInput, target))))).toMatchObject({
      hostname: 'db-01', os: 'Simulated Linux (opsmesh)', kernel: '6.1.0-simulated', cpus: 2, memoryBytes: 4_194_304_000, uptimeSeconds: 1_047_840, load1: 0.08,
    });
  });

  it('log-search', async () => {
    const search = (more: object) => new LogSearch(ssh).run(call(validate(LogSearchInput, { ...target, ...more })));
    expect(validate(LogSearchOutput, await search({ unit: 'ssh', pattern: 'Started' }))).toMatchObject({ source: 'journal', truncated: false, entries: [{ text: 'Started ssh.service', unit: 'ssh.service', priority: 6, time: expect.stringMatching(/Z$/) as string }] });
    expect(await search({ pattern: 'WARN(ING)?', match: 'regex', ignoreCase: true, limit: 1 })).toMatchObject({ truncated: true, entries: [{ priority: 4 }] });
    expect(await search({ pattern: '$(ledger canary)' })).toMatchObject({ entries: [] });
    expect(await search({ pattern: 'Started', until: '2000-01-01T00:00:00Z' })).toMatchObject({ entries: [] });
    expect((await failureOf(search({ path: '/nonexistent' }))).failure.code).toBe('not-found');
    expect((await failureOf(search({ path: '/etc/passwd', pattern: '(', match: 'regex' }))).failure).toMatchObject({ code: 'input-invalid', cause: expect.stringMatching(/^grep: [^\n]*$/) as string });
    expect((await failureOf(search({ path: '/x', unit: 'ssh' }))).failure.code).toBe('input-invalid');
    expect(await fleet.readLedger()).toEqual([]);
  });
});

describe('what journalctl complains of', () => {
  it.each([
    ['Bad pattern "(": missing closing parenthesis', 1, 'input-invalid'], ['Compiled without pattern matching support', 1, 'capability-missing'], ["journalctl: unrecognized option '--case-sensitive=yes'", 1, 'capability-missing'],
    ['No journal files were opened due to insufficient permissions.', 95, 'target-refused'], ['', 97, 'capability-missing'], ['Failed to iterate through journal: Bad message', 1, 'nonzero-exit'],
  ] as const)('%s (exit code %d): %s', async (stderr, exitCode, code) => {
    const host = { run: () => Promise.resolve({ kind: 'nonzero', exitCode, output: { stdout: '', stderr: `${stderr}\n`, truncated: false } }) } as unknown as SshClient;
    const { failure } = await failureOf(new LogSearch(host).run(call(validate(LogSearchInput, { target_host: 'db-01', pattern: '(', match: 'regex' }))));
    expect(failure).toMatchObject({ code, retryable: code === 'nonzero-exit' });
  });
});

it('the schemas of inputs and outputs can be derived', () => {
  expect(jsonSchemaOf(RunCommandInput)).toMatchObject({ required: ['target_host', 'command'], properties: { env: { type: 'object' } } });
  expect(jsonSchemaOf(DiskUsageOutput)).toMatchObject({ required: expect.arrayContaining(['usedPercent']) });
});
