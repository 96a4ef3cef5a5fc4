import { ToolFailure, validate, type ConnectionDto, type Credential } from '@opsmesh/contracts';
import { startFleet, waitFor, type Fleet, type SimulatedWindowsHost } from '@opsmesh/testing';
import { fakeToolContext, type ToolContext } from '@opsmesh/worker-runtime';
import { Cmdlets } from '../cmdlets/cmdlets.js';
import { failureOf } from '../cmdlets/fake-windows.fixture.js';
import { HOSTILE_TEXTS } from '../cmdlets/hostile-texts.fixture.js';
import { RunScript } from '../tools/run-script.js';
import { RunScriptInput, RunScriptOutput } from '../tools/run-script.dto.js';
import { PowerShellClient } from './powershell-client.js';
import { WindowsScriptRunner } from './windows-script-runner.js';

/** run-script over real HTTP with sealed NTLM; what runs the scripts is simulated. */

const PASSWORD = 'stored-pa55word-canary';
let fleet: Fleet;
let powershell: PowerShellClient;
let tool: RunScript;

beforeAll(async () => {
  fleet = await startFleet({ hosts: [], windowsHosts: [{ hostname: 'WIN-01', address: '127.0.3.41', port: 0, username: 'ops', password: PASSWORD }] });
  powershell = new PowerShellClient();
  tool = new RunScript([new WindowsScriptRunner(powershell, new Cmdlets(powershell))]);
});
afterEach(() => { delete host().faults.failOn; });
afterAll(async () => {
  await powershell.pool.close();
  await fleet.stop();
});

const host = (): SimulatedWindowsHost => fleet.windowsHost('WIN-01');
const files = () => Object.keys(host().state.files);

function run(input: Partial<RunScriptInput>, more: Partial<ToolContext> = {}) {
  const connection: ConnectionDto = { assetId: 'a1', hostname: 'WIN-01', address: host().address, protocol: 'winrm', port: host().port, tls: false, credentialId: 'c1' };
  const context = fakeToolContext({ deadline: performance.now() + 15_000, connection, credential: () => Promise.resolve<Credential>({ kind: 'winrm', username: 'ops', password: PASSWORD }), ...more });
  // A refused input is a rejection, as everything else.
  return Promise.resolve().then(() => tool.run({ input: validate(RunScriptInput, { target_host: 'WIN-01', ...input }), context }));
}

it('runs a script with its arguments and takes it away again', async () => {
  const output = validate(RunScriptOutput, await run({ powershell: 'Write-Output $args[0]; Write-Output $args[1]', args: ['first', 'and second'] }));
  expect(output).toMatchObject({ host: 'WIN-01', exitCode: 0, stdout: 'first\r\nand second\r\n', removed: true });
  expect(files()).toEqual([]);
});

it.each(HOSTILE_TEXTS)('an argument %j is one argument', async (argument) => {
  expect((await run({ powershell: 'Write-Output $args[0]', args: [argument, 'x'] })).stdout).toBe(`${argument}\r\n`);
});

it('a script that fails is taken away too, with its output kept', async () => {
  const { failure, output } = await failureOf(run({ powershell: "Write-Output 'half'; exit 3" }));
  expect(failure.code).toBe('nonzero-exit');
  expect(output).toMatchObject({ exitCode: 3, stdout: 'half\r\n', removed: true });
  expect(files()).toEqual([]);
});

it('a script that is stopped is taken away too', async () => {
  const cancel = new AbortController();
  const failed = failureOf(run({ powershell: 'stay-silent' }, { signal: cancel.signal }));
  await waitFor(() => host().running.some((c) => c.script?.startsWith('# opsmesh:run-stored-script@')), { what: 'the script to run' });
  cancel.abort(new ToolFailure('cancelled', 'stop'));
  const { failure, output } = await failed;
  expect(failure.code).toBe('cancelled');
  expect(output).toMatchObject({ removed: true });
  expect([files(), host().running.length, host().openShells]).toEqual([[], 0, 0]);
});

it('stdin, environment and folder reach the script', async () => {
  expect((await run({ powershell: 'copy-stdin', stdin: 'given\nto it' })).stdout).toBe('given\nto it');
  expect((await run({ powershell: 'Write-Output $env:GREETING', env: { GREETING: 'hi $(x) %PATH%' } })).stdout).toBe('hi $(x) %PATH%\r\n');
  expect((await run({ powershell: 'pwd', cwd: 'C:\\inetpub' })).stdout).toBe('C:\\inetpub\r\n');
});

it('neither script nor argument is in a command line', async () => {
  const before = host().commands.length;
  await run({ powershell: "Write-Output 'needle-one'", args: ['needle-two'] });
  for (const { line } of host().commands.slice(before)) {
    const text = Buffer.from(line.split(' ').at(-1)!, 'base64').toString('utf16le');
    for (const needle of ['needle-one', 'needle-two']) expect(text).not.toContain(Buffer.from(needle).toString('base64').slice(0, 8));
  }
});

it.each<[string, Partial<RunScriptInput>]>([
  ['no script for PowerShell', { script: 'echo' }], ['sudo', { powershell: 'x', sudo: true }], ['a shell', { powershell: 'x', interpreter: 'bash' }], ['a variable with a bad name', { powershell: 'x', env: { 'A B': '1' } }],
])('%s is refused before anything is sent', async (_what, input) => {
  const before = host().commands.length;
  expect((await failureOf(run(input))).failure.code).toBe('input-invalid');
  expect(host().commands.length).toBe(before);
});

it('an expired grant sends nothing, not even to tidy up', async () => {
  const before = host().commands.length;
  expect((await failureOf(run({ powershell: 'x' }, { assertGrant: () => { throw new ToolFailure('grant-refused', 'expired'); } }))).failure.code).toBe('grant-refused');
  expect(host().commands.length).toBe(before);
});

it('a wrong password is tried once, not again to tidy up', async () => {
  const { connections } = host().counters;
  const credential = () => Promise.resolve<Credential>({ kind: 'winrm', username: 'ops', password: 'wrong-one' });
  expect((await failureOf(run({ powershell: 'x' }, { credential }))).failure.code).toBe('auth-failed');
  expect(host().counters.connections).toBe(connections + 1);
});
