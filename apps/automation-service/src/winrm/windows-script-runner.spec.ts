import { validate } from '@opsmesh/contracts';
import { FakeWindows, failureOf, type HostAnswer } from '../cmdlets/fake-windows.fixture.js';
import { RunScriptInput } from '../tools/run-script.dto.js';
import { REMOVE_SCRIPT, RUN_STORED_SCRIPT, STORE_SCRIPT } from './stored-script.js';
import { WindowsScriptRunner } from './windows-script-runner.js';

const STORED = { stdout: JSON.stringify({ result: { file: `C:\\Users\\ops\\AppData\\Local\\Temp\\opsmesh-${'a'.repeat(24)}\\script.ps1` } }) };
const REMOVED = { stdout: JSON.stringify({ result: { removed: true } }) };

/** A host that answers storing, running and removing as told, and the names of the scripts that it got. */
function hostOf(answers: { store?: HostAnswer; run?: HostAnswer; remove?: HostAnswer }) {
  const windows = new FakeWindows();
  const byScript = new Map([[STORE_SCRIPT.text, answers.store ?? STORED], [RUN_STORED_SCRIPT, answers.run ?? {}], [REMOVE_SCRIPT.text, answers.remove ?? REMOVED]]);
  windows.answers = ({ script }) => byScript.get(script)!;
  const runner = new WindowsScriptRunner(windows.powershell, windows.cmdlets);
  return {
    windows,
    run: () => runner.run(validate(RunScriptInput, { target_host: 'WIN-01', powershell: 'SCRIPT TEXT', args: ['-Force'] }), windows.context()),
    steps: () => windows.sent.map((s) => /^# opsmesh:([a-z-]+)@/.exec(s.script)?.[1]),
  };
}

it('stores, runs and removes, each by a constant script', async () => {
  const { run, steps, windows } = hostOf({});
  expect(await run()).toMatchObject({ exitCode: 0, removed: true });
  expect(steps()).toEqual(['store-script', 'run-stored-script', 'remove-script']);
  const [store, ran, remove] = windows.sent.map((s) => s.data as Record<string, unknown>);
  expect(store).toEqual({ nonce: expect.stringMatching(/^[0-9a-f]{24}$/) as string, script: 'SCRIPT TEXT' });
  expect(ran).toEqual({ file: expect.stringMatching(/script\.ps1$/) as string, args: ['-Force'] });
  expect(remove).toEqual({ nonce: store!['nonce'] });
});

it.each<[string, HostAnswer, string]>([
  ['the disk is full', { stdout: JSON.stringify({ error: { category: 'NotSpecified', id: 'IOException', message: 'There is not enough space on the disk.', acted: false } }), exitCode: 1 }, 'capability-missing'],
  ['PowerShell is not allowed to', { stderr: 'Cannot invoke method.', exitCode: 1 }, 'capability-missing'],
  ['it says another place', { stdout: JSON.stringify({ result: { file: 'C:\\Windows\\System32\\evil.ps1' } }) }, 'capability-missing'],
])('nothing is run when the script could not be stored: %s', async (_what, store, code) => {
  const { run, steps } = hostOf({ store });
  expect((await failureOf(run())).failure.code).toBe(code);
  expect(steps()).toEqual(['store-script', 'remove-script']);
});

it.each<[string, HostAnswer]>([['says so', { stdout: JSON.stringify({ result: { removed: false } }) }], ['says nothing', { exitCode: 1 }], ['says something else', { stdout: '{}' }]])('what the host kept is told: it %s', async (_what, remove) => {
  expect(await hostOf({ remove }).run()).toMatchObject({ exitCode: 0, removed: false });
  const failing = hostOf({ remove, run: { exitCode: 2 } });
  expect((await failureOf(failing.run())).output).toMatchObject({ exitCode: 2, removed: false });
});

it('the scripts hold no value', () => {
  for (const text of [STORE_SCRIPT.text, RUN_STORED_SCRIPT, REMOVE_SCRIPT.text]) {
    expect(text).toMatch(/^# opsmesh:[a-z-]+@1\.0\.0\n[\n\x20-\x7e]+$/);
    expect(text).not.toMatch(/Invoke-Expression|\biex\b|\[scriptblock\]::/i);
  }
});
