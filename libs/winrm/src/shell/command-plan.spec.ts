import type { RunOptions, RunWhat } from '../shell-options.js';
import { planCommand } from './command-plan.js';

const bad = (options: object): (() => unknown) => () => planCommand(options as RunOptions);

it.each([
  ['nothing', {}, /exactly one of command, program and script; it has none/],
  ['a command and a script', { command: 'a', script: 'b' }, /it has command and script/],
  ['a command and a program', { command: 'a', program: 'b' }, /it has command and program/],
  ['arguments of a command', { command: 'a', arguments: ['b'] }, /arguments belongs to program, not to command: write them/],
  ['arguments of a script', { script: 'a', arguments: ['b'] }, /not to script: give them as data/],
  ['data of a command', { command: 'a', data: 1 }, /data belongs to script, not to command: give it as stdin/],
  ['null as data of a command', { command: 'a', data: null }, /data belongs to script/],
  ['data of a program', { program: 'a', data: 1 }, /data belongs to script, not to program/],
  ['a delivery of a command', { command: 'a', deliver: 'stdin' }, /deliver belongs to script, not to command: leave it out/],
  ['a delivery of a program', { program: 'a', deliver: 'stdin' }, /deliver belongs to script, not to program/],
])('%s is a TypeError that says why', (_, options, message) => {
  expect(bad(options)).toThrow(TypeError);
  expect(bad(options)).toThrow(message);
});

it('members that are undefined are left out', () => {
  expect(planCommand({ command: 'a', arguments: undefined, data: undefined, deliver: undefined, program: undefined, script: undefined })).toMatchObject({ commandLine: 'a', arguments: [] });
  expect(bad({ script: 'a', data: undefined, deliver: undefined, stdin: undefined, onStdout: undefined, deadlineMs: undefined, signal: undefined, command: undefined })).not.toThrow();
  expect(planCommand({ program: 'a', arguments: ['b'], command: undefined, script: undefined })).toMatchObject({ commandLine: 'a', arguments: ['b'], skipCmdShell: true });
});

it('the types know one kind at a time', () => {
  const kinds: RunWhat[] = [
    { command: 'a' }, { program: 'a', arguments: ['b'] }, { script: 'a', data: 1, deliver: 'stdin' },
    // @ts-expect-error a command has no arguments
    { command: 'a', arguments: ['b'] },
    // @ts-expect-error nor data
    { command: 'a', data: 1 },
    // @ts-expect-error nor a delivery
    { command: 'a', deliver: 'stdin' },
    // @ts-expect-error a script has no arguments
    { script: 'a', arguments: ['b'] },
    // @ts-expect-error one thing is run
    { command: 'a', script: 'b' },
    // @ts-expect-error something is run
    {},
  ];
  expect(kinds).toHaveLength(9);
});

it.each([
  ['command', { command: 1 }, TypeError],
  ['command', { command: null }, TypeError],
  ['program', { program: ['a'] }, TypeError],
  ['program', { program: ' ', arguments: ['b'] }, RangeError],
  ['script', { script: Buffer.from('x') }, TypeError],
  ['arguments', { program: 'a', arguments: 'b' }, TypeError],
  ['arguments', { program: 'a', arguments: [1] }, TypeError],
  ['deliver', { script: 'a', deliver: 'file' }, TypeError],
  ['data', { script: 'a', data: () => 1 }, TypeError],
  ['data', { script: 'a', data: [{ a: 1, A: 1 }] }, RangeError],
  ['stdin', { command: 'a', stdin: 7 }, TypeError],
  ['onStdout', { command: 'a', onStdout: 'x' }, TypeError],
  ['onStdoutBytes', { command: 'a', onStdoutBytes: {} }, TypeError],
  ['onStderr', { command: 'a', onStderr: null }, TypeError],
  ['signal', { command: 'a', signal: { aborted: false } }, TypeError],
  ['idleMs', { command: 'a', idleMs: '5' }, TypeError],
  ['idleMs', { command: 'a', idleMs: -1 }, RangeError],
  ['deadlineMs', { command: 'a', deadlineMs: Number.NaN }, RangeError],
  ['maxOutputBytes', { command: 'a', maxOutputBytes: 1.5 }, RangeError],
  ['maxOutputBytes', { command: 'a', maxOutputBytes: -1 }, RangeError],
  ['maxOutputBytes', { command: 'a', maxOutputBytes: '1' }, TypeError],
])('%s in %j is refused by its name', (name, options, error) => {
  expect(bad(options)).toThrow(error);
  expect(bad(options)).toThrow(new RegExp(`^${name}\\b`));
});

it.each([
  { deadlineMs: 0, idleMs: Infinity, maxOutputBytes: Infinity },
  { deadlineMs: 3_000_000_000, maxOutputBytes: 0, stdin: new Uint8Array(1) },
  { signal: AbortSignal.timeout(1), onStdout: (text: string) => process.stdout.write(text), onStderr: (text: string) => text.length },
])('%j are limits', (limits) => {
  expect(() => planCommand({ command: 'a', ...limits })).not.toThrow();
});
