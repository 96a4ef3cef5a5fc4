import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ToolFailure, type ConnectionDto } from '@opsmesh/contracts';
import { hostKeyFingerprint, parseHostKeys } from '@opsmesh/platform';
import { hasSshd, isAlive, startSshd, waitFor, type Sshd } from '@opsmesh/testing';
import { DEFAULT_POOL } from './connection-pool.js';
import { DEFAULT_HOST_LIMITS } from './host-limits.js';
import type { HostOutcome } from './outcome.js';
import { SshClient, type SshRequest } from './ssh-client.js';

if (!hasSshd()) console.warn('SKIPPED: /usr/sbin/sshd is not installed, so nothing here was tried on a real SSH server');
const onRealSshd = hasSshd() ? describe : describe.skip;

onRealSshd('on Debian\'s sshd', () => {
  let sshd: Sshd;
  let ssh: SshClient;

  function connection(more: Partial<ConnectionDto> = {}): ConnectionDto {
    return { assetId: 'a1', hostname: 'real-01', address: '127.0.0.1', protocol: 'ssh', port: sshd.port, credentialId: 'c1', hostKey: sshd.hostKeys, ...more };
  }

  function run(script: string, more: Partial<SshRequest> & { stdin?: string; env?: Record<string, string> } = {}): Promise<HostOutcome> {
    const { stdin, env, ...rest } = more;
    return ssh.run({
      tenantId: 'default', connection: connection(), credential: { kind: 'ssh', username: sshd.username, privateKey: sshd.privateKey },
      command: { script, ...(stdin === undefined ? {} : { stdin }), ...(env ? { env } : {}) },
      maxOutputBytes: 1_048_576, deadline: performance.now() + 25_000, signal: new AbortController().signal, beforeStart: () => {}, ...rest,
    });
  }

  const stdoutOf = (o: HostOutcome) => ('output' in o ? o.output.stdout : `${o.kind}`);
  /** The id that a command printed; never 0, as which a signal would go to our own group. */
  function pidOf(outcome: HostOutcome): number {
    const pid = Number(stdoutOf(outcome));
    expect(pid).toBeGreaterThan(1);
    return pid;
  }

  beforeAll(async () => { sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] }); });
  afterAll(() => sshd.stop());
  beforeEach(() => { ssh = new SshClient({ pool: { ...DEFAULT_POOL, connectMs: 5000 } }); });
  afterEach(async () => {
    ssh.pool.close();
    await waitFor(() => sshd.connections().length === 0, { what: 'sshd to have no connection' });
  });

  it('gives unicode whole that was cut inside characters', async () => {
    const text = 'ü€😀日本';
    const bytes = [...Buffer.from(text)].map((b) => `\\${b.toString(8).padStart(3, '0')}`);
    const script = bytes.map((b) => `printf '${b}'; sleep 0.02`).join('\n');
    const outcome = await run(script);
    expect(outcome).toEqual({ kind: 'ok', output: { stdout: text, stderr: '', truncated: false } });
  });

  it.each([0, 1, 2, 77, 126, 127, 128, 255])('gives exit code %i', async (code) => {
    expect(await run(`exit ${code}`)).toMatchObject(code === 0 ? { kind: 'ok' } : { kind: 'nonzero', exitCode: code });
  });

  it('gives the signal that killed the shell', async () => {
    expect(await run('kill -SEGV $$')).toMatchObject({ kind: 'signal', signal: 'SIGSEGV' });
  });

  it('passes environment and stdin as they are', async () => {
    const value = `$(touch canary) \`touch canary\` '; touch canary; ' "x" \n ü`;
    expect(await run(`cd ${sshd.folder}; printf "%s" "$VALUE"; cat`, { env: { VALUE: value }, stdin: 'in\n' })).toMatchObject({ kind: 'ok', output: { stdout: `${value}in\n` } });
    expect(existsSync(join(sshd.folder, 'canary'))).toBe(false);
  });

  it('shows no command, value or secret in an argument list', async () => {
    const outcome = await run(`cat /proc/[0-9]*/cmdline | tr '\\0' ' '`, { env: { HUSH: 'argv-canary-1' } });
    expect(stdoutOf(outcome)).toContain('/bin/sh');
    expect(stdoutOf(outcome)).not.toMatch(/argv-canary-1|export HUSH/);
  });

  it('a cancel of all commands that a host may run at once ends each of them, also where they ignore TERM', async () => {
    const cancel = new AbortController();
    let begun = 0;
    const onOutput = () => { if (++begun === DEFAULT_HOST_LIMITS.channels) cancel.abort(); };
    const outcomes = await Promise.all(Array.from({ length: DEFAULT_HOST_LIMITS.channels }, () => run('trap "" TERM; echo $$; while :; do sleep 1; done', { signal: cancel.signal, onOutput })));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
      expect(isAlive(pidOf(outcome))).toBe(false);
    }
  });

  it('a timeout ends the sleeping tree: no process of it lives', async () => {
    const outcome = await run('sleep 301 & echo $!; sh -c "echo \\$\\$; sleep 302; :" & setsid sh -c "echo \\$\\$; sleep 303; :" & sleep 304', { deadline: performance.now() + 4000 });
    expect(outcome).toMatchObject({ kind: 'timed-out', deadline: 'total', stop: { state: 'confirmed' } });
    const pids = stdoutOf(outcome).trim().split('\n').map(Number);
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('a cancel ends a tree that ignores TERM', async () => {
    const cancel = new AbortController();
    let pid = 0;
    const outcome = await run('trap "" TERM; echo $$; while :; do sleep 1; done', {
      signal: cancel.signal, onOutput: (_stream, text) => { pid = Number(text); cancel.abort(new ToolFailure('cancelled', 'stop')); },
    });
    expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
    expect(pid).toBeGreaterThan(0);
    expect(isAlive(pid)).toBe(false);
  });

  it.each([false, true])('a cancel ends a shell that starts no program and ignores TERM (terminal: %s)', async (pty) => {
    const cancel = new AbortController();
    const outcome = await run('trap "" TERM; echo $$; while :; do :; done', { pty, signal: cancel.signal, onOutput: () => cancel.abort(new ToolFailure('cancelled', 'stop')) });
    expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
    expect(isAlive(pidOf(outcome))).toBe(false);
  });

  /** A request for a host of its own, on which the login shell does this before every command. */
  async function onHostThat(does: string, work: (request: Pick<SshRequest, 'connection' | 'credential'>, own: Sshd) => Promise<void>): Promise<void> {
    const own = await startSshd({ config: [`ForceCommand ${does}; eval "$SSH_ORIGINAL_COMMAND"`] });
    try {
      await work({ connection: connection({ port: own.port, hostKey: own.hostKeys }), credential: { kind: 'ssh', username: own.username, privateKey: own.privateKey } }, own);
    } finally {
      await own.stop();
    }
  }

  it.each(['printf noise', 'head -c 70000 /dev/zero | tr "\\0" x'])('a cancel is confirmed whatever the login shell prints before (%s)', (does) => onHostThat(does, async (request) => {
    const cancel = new AbortController();
    const outcome = await run('echo $$; sleep 306', { ...request, signal: cancel.signal, onOutput: () => cancel.abort(new ToolFailure('cancelled', 'stop')) });
    expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
    expect(isAlive(pidOf(outcome))).toBe(false);
  }));

  it('a login shell that waits for something is told after a second try', () => onHostThat('sleep 7.5', async (request, own) => {
    const impatient = new SshClient({ pool: { ...DEFAULT_POOL, connectMs: 1500 } });
    try {
      const outcome = await impatient.run({ ...request, tenantId: 'default', command: { script: 'true' }, maxOutputBytes: 10, deadline: performance.now() + 25_000, signal: new AbortController().signal, beforeStart: () => {} });
      expect(outcome).toEqual({ kind: 'unreachable', detail: 'no shell within 1500 ms, twice: what the login shell begins with may wait for something' });
      expect(own.log().split('Accepted publickey')).toHaveLength(3);
    } finally {
      impatient.pool.close();
    }
  }));

  it('a cancel of a command that got stdin ends it too', async () => {
    const cancel = new AbortController();
    const outcome = await run('cat; sleep 300', { stdin: 'go', signal: cancel.signal, onOutput: () => cancel.abort(new ToolFailure('cancelled', 'stop')) });
    expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' }, output: { stdout: 'go' } });
  });

  it('eight cancelled at once are all stopped', async () => {
    const cancel = new AbortController();
    const pids: number[] = [];
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => run('echo $$; sleep 300', {
      signal: cancel.signal, onOutput: (_s, text) => { if (pids.push(Number(text)) === 8) cancel.abort(new ToolFailure('cancelled', 'stop')); },
    })));
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => expect.objectContaining({ kind: 'cancelled', stop: { state: 'confirmed' } })));
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('fifty commands at once all succeed, reusing a connection and each with its own', async () => {
    const expected = Array.from({ length: 50 }, (_, i) => `${i}\n`);
    expect((await Promise.all(expected.map((_, i) => run(`echo ${i}`)))).map(stdoutOf)).toEqual(expected);
    const fresh = await Promise.all(expected.map((_, i) => run(`echo ${i}`, { connection: connection({ assetId: `own-${i}` }) })));
    expect(fresh.map(stdoutOf)).toEqual(expected);
  });

  it('sends no credential to a host with another key', async () => {
    const before = sshd.log().length;
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS';
    expect(await run('true', { connection: connection({ hostKey: other }) })).toMatchObject({ kind: 'hostkey-mismatch' });
    await waitFor(() => /Connection (closed|reset)|Disconnected|Host denied/i.test(sshd.log().slice(before)), { what: 'sshd to log the end' });
    expect(sshd.log().slice(before)).not.toContain('userauth-request');
    await run('true');
    expect(sshd.log().slice(before)).toContain('userauth-request');
  });

  it.each(['ed25519', 'ecdsa', 'rsa'])('accepts a host of which only the %s key is known', async (type) => {
    const line = sshd.hostKeys.split('\n').find((l) => l.includes(type))!;
    expect(await run('true', { connection: connection({ hostKey: line }) })).toMatchObject({ kind: 'ok' });
  });

  it('reads what ssh-keyscan gives, plain and hashed, as ssh-keygen -F does', async () => {
    for (const hash of [[], ['-H']]) {
      const scanned = execFileSync('ssh-keyscan', [...hash, '-p', String(sshd.port), '127.0.0.1'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      const file = join(sshd.folder, 'known_hosts');
      writeFileSync(file, scanned);
      const found = (host: string) => {
        try {
          return execFileSync('ssh-keygen', ['-F', host, '-f', file], { encoding: 'utf8' }).split('\n').filter((l) => l !== '' && !l.startsWith('#')).map((l) => l.split(' ').at(-1)).sort();
        } catch {
          return [];
        }
      };
      const ours = (name: string, port: number) => parseHostKeys(scanned, { names: [name], port }).map((k) => k.blob).sort();
      expect(ours('127.0.0.1', sshd.port)).toEqual(found(`[127.0.0.1]:${sshd.port}`));
      expect(ours('127.0.0.1', sshd.port)).toHaveLength(3);
      expect(ours('127.0.0.1', 22)).toEqual(found('127.0.0.1'));
      expect(ours('127.0.0.2', sshd.port)).toEqual(found(`[127.0.0.2]:${sshd.port}`));
      expect(await run('true', { connection: connection({ hostKey: scanned }) })).toMatchObject({ kind: 'ok' });
    }
  });

  it('prints fingerprints as ssh-keygen -l does', () => {
    const key = join(sshd.folder, 'host_ed25519.pub');
    const printed = execFileSync('ssh-keygen', ['-l', '-f', key], { encoding: 'utf8' }).split(' ')[1];
    expect(hostKeyFingerprint(Buffer.from(readFileSync(key, 'utf8').split(' ')[1]!, 'base64'))).toBe(printed);
  });

  it('survives the loss of an idle connection and makes a new one', async () => {
    await run('true');
    const [pid] = sshd.connections();
    process.kill(pid!, 'SIGKILL');
    await waitFor(() => ssh.pool.size === 0, { what: 'the pool to notice' });
    expect(await run('echo back')).toMatchObject({ kind: 'ok', output: { stdout: 'back\n' } });
  });

  it('a connection killed while the command runs is connection-lost', async () => {
    const outcome = await run('echo $$; sleep 300', { onOutput: () => { for (const pid of sshd.connections()) process.kill(pid, 'SIGKILL'); } });
    expect(outcome).toMatchObject({ kind: 'connection-lost' });
    process.kill(-pidOf(outcome), 'SIGKILL');
  });

  it('a peer that falls silent is noticed by keepalive, while a command runs and when idle', async () => {
    ssh = new SshClient({ pool: { ...DEFAULT_POOL, keepaliveMs: 300 } });
    let silent: number[] = [];
    const freeze = () => {
      silent = sshd.connections();
      for (const pid of silent) process.kill(pid, 'SIGSTOP');
    };
    const outcome = await run('echo $$; sleep 300', { onOutput: freeze });
    expect(outcome).toMatchObject({ kind: 'connection-lost' });
    process.kill(-pidOf(outcome), 'SIGKILL');
    for (const pid of silent) process.kill(pid, 'SIGKILL');
    await run('true');
    freeze();
    await waitFor(() => ssh.pool.size === 0, { what: 'the pool to notice' });
    for (const pid of silent) process.kill(pid, 'SIGKILL');
  });

  it('a stop that loses its connection is confirmed over a new one', async () => {
    const cancel = new AbortController();
    const outcome = await run('echo $$; sleep 300', {
      signal: cancel.signal,
      onOutput: () => {
        cancel.abort(new ToolFailure('cancelled', 'stop'));
        for (const pid of sshd.connections()) process.kill(pid, 'SIGKILL');
      },
    });
    expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
    expect(isAlive(pidOf(outcome))).toBe(false);
  });

  it('a host that can start no program to stop it makes the stop unconfirmed', async () => {
    const cancel = new AbortController();
    const own = await startSshd({ config: ['MaxSessions 1'] });
    try {
      const outcome = await run('trap "" TERM; echo $$; while :; do sleep 1; done', {
        connection: connection({ port: own.port, hostKey: own.hostKeys }), credential: { kind: 'ssh', username: own.username, privateKey: own.privateKey },
        signal: cancel.signal, onOutput: () => cancel.abort(new ToolFailure('cancelled', 'stop')),
      });
      expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'unconfirmed' } });
      process.kill(-pidOf(outcome), 'SIGKILL');
    } finally {
      await own.stop();
    }
  });

  it('keeps 200 MB of output within the cap and memory flat', async () => {
    global.gc?.();
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage().rss); }, 20);
    const outcome = await run('head -c 200000000 /dev/zero | tr "\\0" x; echo end >&2');
    clearInterval(watch);
    expect(outcome).toMatchObject({ kind: 'ok', output: { truncated: true, stderr: 'end\n' } });
    expect(stdoutOf(outcome)).toBe('x'.repeat(1_048_576));
    console.info(`200 MB of output raised the resident memory by ${((peak - before) / 1e6).toFixed(0)} MB at most`);
    // Far below what went through; what there is are buffers that wait for the collector.
    expect((peak - before) / 1e6).toBeLessThan(130);
  });

  it('carries a large output without loss when the cap allows it', async () => {
    const outcome = await run('seq 1 1000000; seq 1 1000 >&2', { maxOutputBytes: 8_000_000 });
    const expected = Array.from({ length: 1_000_000 }, (_, i) => `${i + 1}\n`).join('');
    expect(createHash('sha256').update(stdoutOf(outcome)).digest('hex')).toBe(createHash('sha256').update(expected).digest('hex'));
    expect(outcome).toMatchObject({ kind: 'ok', output: { truncated: false } });
  });

  it('ends with the command, not with what it left in the background', async () => {
    const begin = performance.now();
    const outcome = await run('sleep 20 & echo $!');
    expect(outcome).toMatchObject({ kind: 'ok' });
    expect(performance.now() - begin).toBeLessThan(10_000);
    process.kill(pidOf(outcome), 'SIGKILL');
  });

  it('logs in once for all commands over a kept connection', async () => {
    const accepted = () => sshd.log().split('Accepted publickey').length;
    const logins = async (n: number, one: (i: number) => Promise<HostOutcome>) => {
      const before = accepted();
      for (let i = 0; i < n; i++) expect((await one(i)).kind).toBe('ok');
      return accepted() - before;
    };
    expect(await logins(30, () => run('true'))).toBe(1);
    expect(await logins(10, (i) => run('true', { connection: connection({ assetId: `fresh-${i}` }) }))).toBe(10);
  });
});
