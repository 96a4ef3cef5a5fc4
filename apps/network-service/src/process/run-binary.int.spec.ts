import { ToolFailure } from '@opsmesh/contracts';
import { isAlive } from '@opsmesh/testing';
import { groupIsAlive } from './process-group.js';
import { runBinary } from './run-binary.js';
import { failureOfEnd } from './stopped.js';

const sh = '/bin/sh';
const never = new AbortController().signal;

/** Runs a script and gives its lines as they come, with a way to stop it. */
function start(script: string, graceMs = 200) {
  const stop = new AbortController();
  let output = '';
  const waiting: { text: string; done: () => void }[] = [];
  const result = runBinary({
    path: sh, argv: ['-c', script], signal: stop.signal, graceMs,
    onStdout: (piece) => {
      output += piece;
      for (const one of waiting) if (output.includes(one.text)) one.done();
    },
  });
  const said = (text: string): Promise<void> => new Promise((done) => (output.includes(text) ? done() : waiting.push({ text, done })));
  return { result, said, stop: (reason?: unknown) => stop.abort(reason), pids: () => [...output.matchAll(/pid (\d+)/g)].map((m) => Number(m[1])) };
}

it('gives exit code, stdout and stderr', async () => {
  const result = await runBinary({ path: sh, argv: ['-c', 'echo out; echo err >&2; exit 3'], signal: never });
  expect(result).toMatchObject({ end: { kind: 'exited', code: 3 }, stdout: 'out\n', stderr: 'err\n' });
});

it('passes every argument as it is: no shell reads them', async () => {
  const hostile = ['$(id)', '; id', '`id`', '*', '', ' ', "'", '"', '\n'];
  const { stdout } = await runBinary({ path: '/usr/bin/printf', argv: ['<%s>', ...hostile], signal: never });
  expect(stdout).toBe(hostile.map((text) => `<${text}>`).join(''));
});

it('inherits nothing: environment, working directory and stdin are its own', async () => {
  process.env['NETWORK_SPEC_SECRET'] = 'hunter2';
  try {
    const { stdout } = await runBinary({ path: sh, argv: ['-c', 'env; pwd; cat'], signal: never, env: { NMAP_PRIVILEGED: '1' } });
    expect(stdout).not.toContain('hunter2');
    expect(stdout.trim().split('\n').filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line)).sort()).toEqual(['/', 'HOME=/nonexistent', 'LC_ALL=C', 'NMAP_PRIVILEGED=1', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
  } finally {
    delete process.env['NETWORK_SPEC_SECRET'];
  }
});

it('a program that is not there is a missing capability', async () => {
  await expect(runBinary({ path: '/usr/bin/no-such-program', argv: [], signal: never })).rejects.toMatchObject({ failure: { code: 'capability-missing', cause: 'ENOENT' } });
});

it('an aborted attempt starts nothing', async () => {
  const reason = new ToolFailure('timed-out', 'too late');
  await expect(runBinary({ path: '/usr/bin/no-such-program', argv: [], signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

it('an abort ends the whole process group, grandchildren too', async () => {
  const run = start('echo pid $$; sleep 300 & echo pid $!; (sleep 301 & echo pid $!; wait) & wait');
  await run.said('pid');
  while (run.pids().length < 3) await new Promise(setImmediate);
  run.stop();
  const { end } = await run.result;
  expect(end).toEqual({ kind: 'stopped', why: 'aborted', confirmed: true });
  expect(run.pids().filter(isAlive)).toEqual([]);
});

it('a program that ignores SIGTERM is killed after the grace', async () => {
  const run = start("trap '' TERM; echo pid $$; while :; do sleep 0.05; done");
  await run.said('pid');
  run.stop();
  expect((await run.result).end).toMatchObject({ kind: 'stopped', confirmed: true });
  expect(run.pids().filter(isAlive)).toEqual([]);
});

it('what a program wrote before it was stopped is kept', async () => {
  const run = start("trap 'echo last words; exit' TERM; echo pid $$; while :; do sleep 0.05; done", 5000);
  await run.said('pid');
  run.stop();
  expect((await run.result).stdout).toContain('last words');
});

it('a grandchild that outlives the program is ended with it', async () => {
  const { end, stdout, pid } = await runBinary({ path: sh, argv: ['-c', 'sleep 300 & echo pid $!; exit 0'], signal: never, graceMs: 200 });
  expect(end).toEqual({ kind: 'exited', code: 0 });
  expect(isAlive(Number(/pid (\d+)/.exec(stdout)![1]))).toBe(false);
  expect(await groupIsAlive(pid)).toBe(false);
});

it('too much output stops the program and keeps the beginning', async () => {
  const result = await runBinary({ path: sh, argv: ['-c', 'while :; do echo 0123456789; done'], signal: never, maxOutputBytes: 1000, graceMs: 200 });
  expect(result.end).toEqual({ kind: 'stopped', why: 'output-limit', confirmed: true });
  expect(result.stdout).toHaveLength(1000);
  expect(failureOfEnd('sh', result, never)?.failure.code).toBe('limit-exceeded');
});

it('UTF-8 that is split between two pieces stays whole', async () => {
  const { stdout } = await runBinary({ path: sh, argv: ['-c', "printf '\\303'; sleep 0.1; printf '\\244'"], signal: never });
  expect(stdout).toBe('ä');
});

it('a program that somebody else killed did not end by itself', async () => {
  const result = await runBinary({ path: sh, argv: ['-c', 'kill -KILL $$'], signal: never });
  expect(failureOfEnd('sh', result, never)?.failure).toMatchObject({ code: 'killed-by-signal', cause: 'SIGKILL' });
});

it('an unconfirmed stop is never told as a cancel', () => {
  const result = { end: { kind: 'stopped', why: 'aborted', confirmed: false }, stdout: '', stderr: '', pid: 7 } as const;
  expect(failureOfEnd('sh', result, AbortSignal.abort())?.failure.code).toBe('stop-unconfirmed');
});

it('a program reads what it is given as a file, and no name of it is left', async () => {
  const bytes = Buffer.from([0, 255, 10, 13, 65]);
  const { stdout } = await runBinary({ path: sh, argv: ['-c', 'test -f /dev/stdin && readlink /proc/self/fd/0 && od -An -tx1'], signal: never, stdin: bytes });
  const [name, content] = stdout.trim().split('\n');
  expect(name).toMatch(/\(deleted\)$/);
  expect(content!.trim()).toBe('00 ff 0a 0d 41');
});

it('an abort while its input is prepared starts nothing', async () => {
  const stop = new AbortController();
  const running = runBinary({ path: '/usr/bin/no-such-program', argv: [], signal: stop.signal, stdin: Buffer.alloc(1000) });
  const reason = new ToolFailure('timed-out', 'too late');
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
});

(process.getuid?.() === 0 ? it : it.skip)('a program that needs no rights has none, and still reads its input', async () => {
  const { stdout } = await runBinary({ path: sh, argv: ['-c', 'id -u; id -g; id -G; cat; grep CapEff /proc/self/status'], signal: never, stdin: Buffer.from('secret\n'), asNobody: true });
  expect(stdout.trim().split('\n')).toEqual(['65534', '65534', '65534', 'secret', 'CapEff:\t0000000000000000']);
});

it('stderr is told as it comes', async () => {
  const pieces: string[] = [];
  const result = await runBinary({ path: sh, argv: ['-c', 'echo one >&2'], signal: never, onStderr: (piece) => pieces.push(piece) });
  expect([pieces.join(''), result.stderr]).toEqual(['one\n', 'one\n']);
});
