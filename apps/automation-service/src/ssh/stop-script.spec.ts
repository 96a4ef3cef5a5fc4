import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { isAlive } from '@opsmesh/testing';
import { bootstrap, marker, newNonce, programLine, scriptLine } from './remote-program.js';
import { stopScript, type ProcessGroup } from './stop-script.js';

const NOBODY = 'ffffffffffffffffffffffff';
const GONE = `${NOBODY} gone\n`;

function play(script: string) {
  return spawnSync('/bin/sh', ['-c', 'IFS= read -r p && eval "$p"'], { input: scriptLine(script), encoding: 'utf8' });
}

/** What a host is told, but that it signals nobody. */
function ask(group: ProcessGroup) {
  return play(stopScript([group]).replaceAll('kill -s', ': -s'));
}

it('says gone for a group that is not there', () => {
  expect(play(stopScript([{ pgid: 2 ** 22 + 1, startTime: '1', nonce: NOBODY }]))).toMatchObject({ stdout: GONE, stderr: '', status: 0 });
});

it('never takes group 0, that of the kernel, for a command\'s', () => {
  expect(stopScript([{ pgid: 0, startTime: '', nonce: NOBODY }])).toContain('[ "$g" = 0 ] || search');
  expect(ask({ pgid: 0, startTime: '', nonce: NOBODY })).toMatchObject({ stdout: GONE });
});

it('leaves a group alone whose leader began at another time', () => {
  expect(ask({ pgid: process.pid, startTime: '1', nonce: NOBODY })).toMatchObject({ stdout: GONE });
});

it('says nothing of a command without a group on a host without /proc, where it can see neither', () => {
  const blind = (pgid: number) => play(stopScript([{ pgid, startTime: '', nonce: NOBODY }]).replaceAll('/proc/', '/nowhere/'));
  expect(blind(0)).toMatchObject({ stdout: '', status: 0 });
  expect(blind(2 ** 22 + 1)).toMatchObject({ stdout: GONE });
});

/** How a login shell may stand when it is asked to run a command, as what it is started by. */
const STANDS = {
  'leads a session': { by: ['setsid'], ownGroup: true },
  'leads a group in a session of others': { by: ['bash', '-c', 'set -m 2>/dev/null; "$@"; exit', 'bash'], ownGroup: true },
  'leads nothing': { by: ['env'], ownGroup: true },
  'leads nothing where there is no setsid': { by: ['env', 'PATH=/nowhere'], ownGroup: false },
} as const;

/** Starts no program, and ends with this process at the latest. */
const LOOP = `while kill -s 0 ${process.pid}; do :; done`;

/** Ends what the script runs once that has printed the ids of its processes, and gives these with the group. */
async function stopped(stand: keyof typeof STANDS, shell: string, script: string) {
  const nonce = newNonce();
  const { by: [tool, ...given] } = STANDS[stand];
  // Bash on a socket reads the .bashrc of a home folder.
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/nonexistent' };
  const child = spawn(tool, [...given, shell, '-c', bootstrap(nonce).replaceAll('/bin/sh', shell)], { env });
  const exited = once(child, 'exit');
  child.stdin.write(programLine({ script }));
  const [said, printed] = await Promise.all([lines(child.stderr, 1), lines(child.stdout, 2)]);
  const [, pgid = '', startTime = ''] = said[0]!.split(' ');
  const pids = printed[1]!.split(' ').map(Number);
  expect([said[0]!.split(' ')[0], printed[0]]).toEqual([marker(nonce), marker(nonce)]);
  expect(pids.every(isAlive)).toBe(true);
  const answer = play(stopScript([{ pgid: Number(pgid), startTime, nonce }]));
  const left = pids.filter(isAlive);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  await exited;
  return { answer: answer.stdout.replace(`${nonce} `, ''), left, ownGroup: pgid !== '0' };
}

/** The first lines of a stream. */
async function lines(stream: AsyncIterable<Buffer>, count: number): Promise<string[]> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk.toString();
    if (text.split('\n').length > count) break;
  }
  return text.split('\n').slice(0, count);
}

describe.each(Object.keys(STANDS) as (keyof typeof STANDS)[])('where the login shell %s', (stand) => {
  const { ownGroup } = STANDS[stand];

  it.each(['/bin/sh', '/bin/bash'])('ends a shell that starts no program (%s)', async (shell) => {
    expect(await stopped(stand, shell, `echo $$; ${LOOP}`)).toEqual({ answer: 'gone\n', left: [], ownGroup });
  });

  it('ends the forks of a shell, also in a group of their own', async () => {
    expect(await stopped(stand, '/bin/bash', `set -m; ${LOOP} & echo $$ $!; ${LOOP}`)).toEqual({ answer: 'gone\n', left: [], ownGroup });
  });

  it('ends what outlives the shell', async () => {
    expect(await stopped(stand, '/bin/bash', `set -m; { while kill -s 0 $$ 2>/dev/null; do :; done; echo $BASHPID; ${LOOP}; } &`)).toEqual({ answer: 'gone\n', left: [], ownGroup });
  });
});

/** Ways to leave group, session and environment behind, as what starts a shell with a script; `su` and `runuser` are root's. */
const ESCAPES = { 'env -i setsid': 'env -i setsid /bin/sh -c', ...(process.getuid?.() === 0 ? { 'su -': 'su - nobody -s /bin/sh -c', 'runuser -l': 'runuser -l nobody -s /bin/sh -c' } : {}) };

describe.each(Object.entries(ESCAPES))('what %s starts', (_name, escape) => {
  // As another user it may signal nobody; the shell stays beside it, as the parent of what it starts.
  const child = `echo $$; while [ -d /proc/${process.pid} ]; do :; done; echo after`;

  it('is ended as a descendant of the command', async () => {
    expect(await stopped('leads a session', '/bin/sh', `${escape} '${child}' 2>/dev/null; :`)).toEqual({ answer: 'gone\n', left: [], ownGroup: true });
  });

  it('is ended also when it and its parents ignore TERM', async () => {
    expect(await stopped('leads a session', '/bin/sh', `trap "" TERM; ${escape} 'trap "" TERM; ${child}' 2>/dev/null; :`)).toEqual({ answer: 'gone\n', left: [], ownGroup: true });
  });
});

it('a process whose name looks like the fields of others is found, and no other for it', async () => {
  // The name has at most 15 bytes.
  const renamed = `printf "x) S 1\n2 (b) S" >/proc/$$/comm; echo $$; ${LOOP}`;
  expect(await stopped('leads a session', '/bin/bash', renamed)).toEqual({ answer: 'gone\n', left: [], ownGroup: true });
});

it('ends several commands together, and says of each what became of it', async () => {
  const children = [1, 2, 3].map(() => spawn('setsid', ['/bin/sh', '-c', `trap "" TERM; echo $$; ${LOOP}`]));
  const pids = await Promise.all(children.map(async (c) => Number((await lines(c.stdout, 1))[0])));
  const groups = pids.map((pgid, i) => ({ pgid, startTime: '', nonce: NOBODY.slice(1) + i }));
  const { stdout } = play(stopScript([...groups, { pgid: 2 ** 22 + 1, startTime: '', nonce: NOBODY }]));
  expect(stdout.trimEnd().split('\n').sort()).toEqual([...groups.map((g) => `${g.nonce} gone`), GONE.trimEnd()].sort());
  expect(pids.filter(isAlive)).toEqual([]);
});
