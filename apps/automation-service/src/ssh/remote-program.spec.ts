import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { bootstrap, marker, programLine, type RemoteCommand } from './remote-program.js';

const NONCE = '0123456789abcdef01234567';

/** What a login shell does with the exec string, fed with the dialogue at once. */
function play(command: RemoteCommand, shell = '/bin/sh') {
  const done = spawnSync(shell, ['-c', bootstrap(NONCE)], { input: programLine(command) + (command.stdin ?? ''), encoding: 'utf8' });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

it('the exec string differs by nothing but the nonce, and shells of every kind read it alike', () => {
  const other = 'f'.repeat(24);
  expect(bootstrap(other).replaceAll(other, NONCE)).toBe(bootstrap(NONCE));
  const [, program] = /^exec \/bin\/sh -c 'export OPSMESH_EXEC=[0-9a-f]+; eval "\$1"' \/bin\/sh '([^']*)'$/.exec(bootstrap(NONCE))!;
  expect(program).not.toMatch(/[\\!\n]/);
});

it.each(['/bin/sh', '/bin/bash'])('says its process group after the marker and runs the command (%s)', (shell) => {
  const { code, stdout, stderr } = play({ script: 'echo $$; exit 3' }, shell);
  const pid = stdout.split('\n')[1]!;
  expect(stdout).toBe(`${marker(NONCE)}\n${pid}\n`);
  expect(stderr).toMatch(new RegExp(`^${marker(NONCE)} ${pid} \\d+\n$`));
  expect(code).toBe(3);
});

it('a shell that leads a session begins once, and marks what its command starts', () => {
  // Only a shell that began again would show the mark in its own environment.
  const input = programLine({ script: 'cat /proc/$$/environ | tr "\\0" "\\n" | grep -c ^OPSMESH; env | grep ^OPSMESH' });
  const { stdout } = spawnSync('setsid', ['/bin/sh', '-c', bootstrap(NONCE)], { input, encoding: 'utf8' });
  expect(stdout).toBe(`${marker(NONCE)}\n0\nOPSMESH_EXEC=${NONCE}\n`);
});

it('any environment, stdin and script arrive as they are', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 80 }).filter((s) => !s.includes('\0'));
  fc.assert(fc.property(text, text, (value, stdin) => {
    const { stdout } = play({ script: `printf '%s' "$V"\ncat`, env: { V: value }, stdin });
    expect(stdout).toBe(`${marker(NONCE)}\n${value}${stdin}`);
  }), { numRuns: 80 });
});

it('a line cut short by a lost connection runs nothing', () => {
  const whole = programLine({ script: 'echo ran' });
  const done = spawnSync('/bin/sh', ['-c', bootstrap(NONCE)], { input: whole.slice(0, -1), encoding: 'utf8' });
  expect(done.stdout).toBe('');
  expect(done.stderr).toMatch(new RegExp(`^${marker(NONCE)} \\d+ \\d+\n$`));
  expect(done.status).not.toBe(0);
});

it('the program is one line whatever it holds', () => {
  expect(programLine({ script: 'a\nb', env: { E: 'f\ng' } }).indexOf('\n')).toBe(programLine({ script: 'a\nb', env: { E: 'f\ng' } }).length - 1);
});

it('leaves no variable of ours to the command but the mark of its processes', () => {
  const { stdout } = play({ script: 'set | grep -i ^opsmesh_' });
  expect(stdout.split('\n').filter((l) => l !== '' && l !== marker(NONCE))).toEqual([`OPSMESH_EXEC='${NONCE}'`]);
});
