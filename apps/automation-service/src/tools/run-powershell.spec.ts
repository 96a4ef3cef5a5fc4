import { fits, validate } from '@opsmesh/contracts';
import { TOOL_METADATA, type ToolOptions } from '@opsmesh/worker-runtime';
import { FakeWindows, failureOf } from '../cmdlets/fake-windows.fixture.js';
import { HOSTILE_TEXTS } from '../cmdlets/hostile-texts.fixture.js';
import { RunCommandOutput } from './run-command.dto.js';
import { RunPowerShell, RunPowerShellInput } from './run-powershell.js';

const windows = new FakeWindows();
const run = (input: Partial<RunPowerShellInput>) => new RunPowerShell(windows.powershell).run({ input: validate(RunPowerShellInput, { target_host: 'WIN-01', script: 'x', ...input }), context: windows.context() });
const options = Reflect.getMetadata(TOOL_METADATA, RunPowerShell.prototype.run) as ToolOptions;

it('gives what the declared output says', async () => {
  windows.answer = { stdout: 'out', stderr: 'warning' };
  expect(validate(RunCommandOutput, await run({}))).toMatchObject({ host: 'WIN-01', exitCode: 0, stdout: 'out', stderr: 'warning', truncated: false });
});

it('fails on another exit code, with the output kept', async () => {
  windows.answer = { stdout: 'half', stderr: 'why', exitCode: 3 };
  const { failure, output } = await failureOf(run({}));
  expect(failure).toMatchObject({ code: 'nonzero-exit', cause: 'why' });
  expect(output).toMatchObject({ host: 'WIN-01', exitCode: 3, stdout: 'half', stderr: 'why' });
});

it.each(HOSTILE_TEXTS)('sends the script %j as it is', async (script) => {
  windows.answer = {};
  await run({ script });
  expect(windows.sent.at(-1)?.script).toBe(script);
});

it('declares that its script is a command of PowerShell and may do anything', () => {
  expect(options).toMatchObject({ effect: 'write', idempotent: false, commands: [{ pointer: '/script', dialect: 'powershell' }], credential: { kind: 'winrm', target: '/target_host' } });
  for (const example of options.examples ?? []) expect(fits(RunPowerShellInput, example)).toBe(true);
});

it('refuses a folder that is none', () => expect(() => validate(RunPowerShellInput, { target_host: 'a', script: 'x', cwd: 'C:\\a\nb' })).toThrow());

it('refuses a target or a credential that is not for WinRM', async () => {
  const tool = new RunPowerShell(windows.powershell);
  const input = validate(RunPowerShellInput, { target_host: 'WIN-01', script: 'x' });
  const ssh = { ...windows.context().connection!, protocol: 'ssh' as const };
  expect((await failureOf(tool.run({ input, context: windows.context({ connection: ssh }) }))).failure.code).toBe('target-refused');
  const credential = () => Promise.resolve({ kind: 'ssh' as const, username: 'u', password: 'pppp' });
  expect((await failureOf(tool.run({ input, context: windows.context({ credential }) }))).failure.code).toBe('credential-unavailable');
});
