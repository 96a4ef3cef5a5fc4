import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetOutcome } from './run-on-target.js';
import { inFolder } from './working-folder.js';

const home = mkdtempSync(join(tmpdir(), 'working_folder_'));
afterAll(() => rmSync(home, { recursive: true }));

/** Runs it with sh; with a terminal what it says on stderr comes with stdout. */
function play(command: string, cwd: string | undefined, { terminal = false } = {}) {
  const { script, requireEntered } = inFolder(command, cwd);
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { cwd: home, encoding: 'utf8' });
  const output = terminal ? { stdout: stderr + stdout, stderr: '', truncated: false } : { stdout, stderr, truncated: false };
  const ran: TargetOutcome = { host: 'db-01', outcome: status === 0 ? { kind: 'ok', output } : { kind: 'nonzero', exitCode: status ?? -1, output }, durationMs: 1, workerStopped: false };
  return { stdout, status, requireEntered: () => requireEntered(ran) };
}

it.each(['/nowhere/at/all', 'nowhere', '-x', "it's; echo ran", '$(echo ran)', 'a\nb', '/etc/passwd'])('a folder that can not be entered is told from a command that failed: %j', (cwd) => {
  for (const terminal of [false, true]) {
    const { stdout, requireEntered } = play('echo ran', cwd, { terminal });
    expect(stdout).toBe('');
    expect(requireEntered).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'not-found', retryable: false, cause: expect.stringMatching(/cd: [^]*$/) as string }) as object }) as Error);
    expect(requireEntered).not.toThrow('opsmesh-no-folder');
  }
});

it('a command that fails as cd does is one that failed', () => {
  const { status, requireEntered } = play('cd /nowhere/at/all', '/');
  expect(status).toBe(2);
  expect(requireEntered).not.toThrow();
});

it('a command is what it is without a folder', () => {
  for (const command of ['pwd', 'cat <<E\na\nE\npwd', '# nothing\npwd', 'false || pwd', 'if true; then pwd; fi', 'exit 7', '(', '}', "echo 'it'\\''s'"]) {
    const [plain, inside] = [play(`cd /usr\n${command}`, undefined), play(command, '/usr')];
    expect([command, inside.status, inside.stdout]).toEqual([command, plain.status, plain.stdout]);
    expect(inside.requireEntered).not.toThrow();
  }
});
