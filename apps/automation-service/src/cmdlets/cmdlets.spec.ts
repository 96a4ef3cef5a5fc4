import { FakeWindows, failureOf, PASSWORD } from './fake-windows.fixture.js';
import { cmdletScript } from './cmdlet-script.js';
import { GetVolumeOutput } from './get-volume.js';

const script = cmdletScript('Get-Volume', '1.0.0', '$result = @{ volumes = @() }');
const windows = new FakeWindows();
const run = (input: object = { target_host: 'WIN-01' }) => windows.cmdlets.run(windows.context(), { script, input, output: GetVolumeOutput });

it('gives the result with the name of the host', async () => {
  windows.results({ volumes: [] });
  expect(await run()).toEqual({ host: 'WIN-01', volumes: [] });
});

it('sends all of the input but the target, and nothing that was left out', async () => {
  windows.results({ volumes: [] });
  await run({ target_host: 'WIN-01', drive_letter: 'C', drive_type: undefined });
  expect(windows.sent.at(-1)).toEqual({ script: script.text, data: { drive_letter: 'C' } });
});

it.each([
  ['nothing', { stdout: '' }], ['text', { stdout: 'hello' }], ['a list', { stdout: '[]' }], ['text before the document', { stdout: 'WARNING: x\r\n{"result":{"volumes":[]}}' }],
  ['more than a result', { stdout: '{"result":{"volumes":[]},"x":1}' }], ['an error that claims to be a success', { stdout: '{"error":{"category":"c","id":"i","message":"m","acted":false}}' }],
  ['another shape', { stdout: '{"result":{"volumes":{}}}' }], ['a field too many', { stdout: '{"result":{"volumes":[],"more":1}}' }], ['a document that was cut', { stdout: '{"result":{"volumes":[]}}', truncated: true }],
])('%s is no output', async (_what, answer) => {
  windows.answer = answer;
  expect((await failureOf(run())).failure.code).toBe('output-invalid');
});

it('a host name in the answer does not replace the name of the asset', async () => {
  windows.results({ host: 'other', volumes: [] });
  expect(await run()).toEqual({ host: 'WIN-01', volumes: [] });
});

it.each([
  ['ObjectNotFound', 'not-found'], ['PermissionDenied', 'target-refused'], ['SecurityError', 'target-refused'], ['ResourceBusy', 'conflict'], ['InvalidArgument', 'input-invalid'], ['NotSpecified', 'tool-failed'], ['toString', 'tool-failed'],
])('the error category %s is the failure %s', async (category, code) => {
  windows.fails({ category, message: 'what the host says' });
  const { failure } = await failureOf(run());
  expect(failure).toMatchObject({ code, message: 'WIN-01 says: what the host says', cause: `${category} E` });
});

it('an error after the script had begun to act is never said to be without effect', async () => {
  windows.fails({ category: 'ObjectNotFound', acted: true });
  expect((await failureOf(run())).failure.code).toBe('tool-failed');
});

it('a cmdlet that the host does not have is a missing capability', async () => {
  windows.fails({ category: 'ObjectNotFound', id: 'CommandNotFoundException' });
  expect((await failureOf(run())).failure.code).toBe('capability-missing');
});

it('another exit code without an error is a nonzero exit, with the last line of stderr', async () => {
  windows.answer = { stdout: '', stderr: 'first\nCannot invoke method.\n', exitCode: 1 };
  expect((await failureOf(run())).failure).toMatchObject({ code: 'nonzero-exit', cause: 'Cannot invoke method.' });
});

it('the password is masked in texts, and numbers and names of fields stay what they are', async () => {
  const row = { drive_letter: 'C', label: `x${PASSWORD}y`, file_system: null, drive_type: 'Fixed', health: 'Healthy', size_bytes: 1, free_bytes: 1, path: null };
  windows.results({ volumes: [row] });
  expect((await run()).volumes[0]?.label).toBe('x[redacted]y');
  windows.fails({ category: 'NotSpecified', message: `no: ${PASSWORD}` });
  expect(JSON.stringify((await failureOf(run())).failure)).not.toContain(PASSWORD);
});

it('a password of digits breaks no number', async () => {
  const context = windows.context({ credential: () => Promise.resolve({ kind: 'winrm', username: 'u', password: '1234' }) });
  windows.results({ volumes: [{ drive_letter: 'C', label: 'a1234', file_system: null, drive_type: 'Fixed', health: 'Healthy', size_bytes: 512340, free_bytes: 1234, path: null }] });
  const { volumes } = await windows.cmdlets.run(context, { script, input: {}, output: GetVolumeOutput });
  expect(volumes[0]).toMatchObject({ label: 'a[redacted]', size_bytes: 512340, free_bytes: 1234 });
});
