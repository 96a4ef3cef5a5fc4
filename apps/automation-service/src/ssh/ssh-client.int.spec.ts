import { ToolFailure, type ConnectionDto, type SshCredential } from '@opsmesh/contracts';
import { startFleet, waitFor, type Fleet, type SimulatedHost } from '@opsmesh/testing';
import { DEFAULT_POOL } from './connection-pool.js';
import type { HostOutcome } from './outcome.js';
import { SshClient, type SshRequest } from './ssh-client.js';

const PASSWORD = 'fleet-pa55/word';
const credential: SshCredential = { kind: 'ssh', username: 'ops', password: PASSWORD };
const spec = { port: 0, username: 'ops', password: PASSWORD };

let fleet: Fleet;
let ssh: SshClient;
let host: SimulatedHost;

function connectionOf(h: SimulatedHost): ConnectionDto {
  return { assetId: h.spec.hostname, hostname: h.spec.hostname, address: h.address, protocol: 'ssh', port: h.port, credentialId: 'c1', hostKey: h.hostKey };
}

function request(script: string, more: Partial<SshRequest> & { on?: SimulatedHost; stdin?: string; env?: Record<string, string> } = {}): SshRequest {
  const { on = host, stdin, env, ...rest } = more;
  return {
    tenantId: 'default', connection: connectionOf(on), credential,
    command: { script, ...(stdin === undefined ? {} : { stdin }), ...(env ? { env } : {}) },
    maxOutputBytes: 1_048_576, deadline: performance.now() + 20_000, signal: new AbortController().signal, beforeStart: () => {}, ...rest,
  };
}

const run = (script: string, more: Parameters<typeof request>[1] = {}): Promise<HostOutcome> => ssh.run(request(script, more));

beforeAll(async () => {
  const many = Array.from({ length: 200 }, (_, i) => ({ ...spec, hostname: `n-${i}`, address: `127.0.3.${i + 1}` }));
  fleet = await startFleet({
    hosts: [
      { ...spec, hostname: 'web-01', address: '127.0.2.1' },
      { ...spec, hostname: 'down-01', address: '127.0.2.2', refusesConnections: true },
      { ...spec, hostname: 'narrow-01', address: '127.0.2.3', maxSessions: 2 },
      ...many,
    ],
  });
  host = fleet.host('web-01');
});
afterAll(() => fleet.stop());
beforeEach(() => { ssh = new SshClient({ pool: { ...DEFAULT_POOL, connectMs: 3000 } }); });
afterEach(() => {
  ssh.pool.close();
  for (const h of fleet.hosts) for (const fault of Object.keys(h.faults)) delete h.faults[fault as keyof typeof h.faults];
});

describe('each end of a command has its outcome', () => {
  it('ok: exit status 0, streams apart', async () => {
    expect(await run('echo out; echo err >&2')).toEqual({ kind: 'ok', output: { stdout: 'out\n', stderr: 'err\n', truncated: false } });
  });

  it('nonzero: the exit code, with the output kept', async () => {
    expect(await run('printf half; exit 7')).toEqual({ kind: 'nonzero', exitCode: 7, output: { stdout: 'half', stderr: '', truncated: false } });
  });

  it('signal: the shell was killed', async () => {
    expect(await run('echo before; kill -KILL $$')).toMatchObject({ kind: 'signal', signal: 'SIGKILL', output: { stdout: 'before\n' } });
  });

  it('timed-out: the process tree is gone', async () => {
    const outcome = await run('echo $$; sleep 300 & sleep 301; echo never', { deadline: performance.now() + 2000 });
    expect(outcome).toMatchObject({ kind: 'timed-out', deadline: 'total', stop: { state: 'confirmed' } });
    await waitFor(() => host.counters.running === 0, { what: 'the simulated host to have no process' });
  });

  it('timed-out: silence beyond the idle time, but not a command that goes on talking', async () => {
    expect(await run('echo a; sleep 300', { idleMs: 1000 })).toMatchObject({ kind: 'timed-out', deadline: 'idle', stop: { state: 'confirmed' }, output: { stdout: 'a\n' } });
    expect(await run('for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.5; done', { idleMs: 3000 })).toMatchObject({ kind: 'ok' });
  });

  it('cancelled: the process tree is gone, also a process that ignores TERM and one that left the group', async () => {
    const cancel = new AbortController();
    const outcome = run(`trap '' TERM; setsid sleep 300 & echo started; while :; do sleep 1; done`, { signal: cancel.signal, onOutput: () => cancel.abort(new ToolFailure('cancelled', 'stop it')) });
    expect(await outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
    await waitFor(() => host.counters.running === 0, { what: 'the simulated host to have no process' });
  });

  it('cancelled before it began: nothing is sent', async () => {
    const before = host.counters.commands;
    const outcome = await run('ledger never', { signal: AbortSignal.abort(new ToolFailure('cancelled', 'too late')) });
    expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'nothing-started' } });
    expect(host.counters.commands).toBe(before);
  });

  it('connection-lost: never a success, never repeated', async () => {
    const outcome = await run('ledger lost; echo began; sleep 300', { onOutput: () => host.dropConnections() });
    expect(outcome).toMatchObject({ kind: 'connection-lost', output: { stdout: 'began\n' } });
    expect((await fleet.readLedger()).filter((e) => e.argument === 'lost')).toHaveLength(1);
    expect(host.counters.running).toBe(1);
    host.killCommands();
    await waitFor(() => host.counters.running === 0, { what: 'the simulated host to have no process' });
  });

  it('unreachable: nothing listens', async () => {
    expect(await run('true', { on: fleet.host('down-01') })).toMatchObject({ kind: 'unreachable', detail: expect.stringContaining('ECONNREFUSED') });
  });

  it('unreachable: no banner within the connect time', async () => {
    host.faults.bannerDelayMs = 60_000;
    ssh = new SshClient({ pool: { ...DEFAULT_POOL, connectMs: 300, connectTries: 1 } });
    expect(await run('true')).toMatchObject({ kind: 'unreachable' });
  });

  it('auth-failed: the credential is sent once, not again', async () => {
    host.faults.refuseAuth = true;
    const before = host.counters.credentials;
    expect(await run('true')).toMatchObject({ kind: 'auth-failed' });
    expect(host.counters.credentials - before).toBe(1);
  });

  it('auth-failed is shared by those who wait for the same connection', async () => {
    host.faults.refuseAuth = true;
    const before = host.counters.credentials;
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => run('true')));
    expect(outcomes.every((o) => o.kind === 'auth-failed')).toBe(true);
    expect(host.counters.credentials - before).toBe(1);
  });

  it('hostkey-mismatch: no credential is sent', async () => {
    const before = host.counters.credentials;
    const connection = { ...connectionOf(host), hostKey: fleet.host('n-1').hostKey };
    expect(await run('true', { connection })).toMatchObject({ kind: 'hostkey-mismatch', detail: expect.stringContaining('SHA256:') });
    expect(await run('true', { connection: { ...connection, hostKey: '' } })).toMatchObject({ kind: 'hostkey-mismatch' });
    expect(host.counters.credentials).toBe(before);
  });

  it('target-refused: a user without a shell', async () => {
    host.faults.noShell = true;
    expect(await run('ledger no-shell')).toMatchObject({ kind: 'target-refused', detail: expect.stringContaining('not available') });
  });
});

describe('host keys', () => {
  it('accept-new takes the first key and refuses another one afterwards', async () => {
    const changing = fleet.host('n-0');
    const connection = { ...connectionOf(changing), hostKeyPolicy: 'accept-new' as const, hostKey: '' };
    expect(await run('true', { connection })).toMatchObject({ kind: 'ok' });
    changing.changeHostKey();
    changing.dropConnections();
    await waitFor(() => ssh.pool.size === 0, { what: 'the pool to notice' });
    expect(await run('true', { connection })).toMatchObject({ kind: 'hostkey-mismatch' });
    expect(await run('true', { connection: { ...connection, hostKeyPolicy: 'off' } })).toMatchObject({ kind: 'ok' });
  });
});

describe('the pool', () => {
  it('reuses a connection, and makes a new one after an idle reset', async () => {
    const before = host.counters.connections;
    await run('true');
    await run('true');
    expect(host.counters.connections - before).toBe(1);
    host.dropConnections();
    await waitFor(() => ssh.pool.size === 0, { what: 'the pool to notice' });
    expect(await run('echo again')).toMatchObject({ kind: 'ok', output: { stdout: 'again\n' } });
    expect(host.counters.connections - before).toBe(2);
  });

  it('never shares a connection between tenants, assets or credentials', async () => {
    const before = host.counters.connections;
    await run('true');
    await run('true', { tenantId: 'other' });
    await run('true', { connection: { ...connectionOf(host), assetId: 'other' } });
    await run('true', { connection: { ...connectionOf(host), credentialId: 'other' } });
    expect(await run('true', { credential: { ...credential, password: 'wrong' } })).toMatchObject({ kind: 'auth-failed' });
    expect(host.counters.connections - before).toBe(5);
  });

  it('closes what is idle, and what is more than its size', async () => {
    ssh = new SshClient({ pool: { ...DEFAULT_POOL, idleMs: 100 } });
    await run('true');
    await waitFor(() => ssh.pool.size === 0, { what: 'the idle connection to be closed' });
    ssh = new SshClient({ pool: { ...DEFAULT_POOL, maxConnections: 3 } });
    for (let i = 10; i < 20; i++) await run('true', { on: fleet.host(`n-${i}`) });
    expect(ssh.pool.size).toBe(3);
  });

  it('tries again when the host drops it before authentication', async () => {
    host.faults.bannerDelayMs = 100;
    const before = host.counters.connections;
    const dropping = setInterval(() => host.dropConnections(), 40);
    const outcome = run('echo there');
    await waitFor(() => host.counters.connections > before + 2, { what: 'more than one try' });
    clearInterval(dropping);
    expect(await outcome).toMatchObject({ kind: 'ok' });
  });
});

describe('limits', () => {
  it('200 hosts with at most 20 at once', async () => {
    ssh = new SshClient({ limits: { global: 20, handshakes: 8, channels: 8 } });
    const hosts = fleet.hosts.filter((h) => h.spec.hostname.startsWith('n-'));
    const outcomes = await Promise.all(hosts.map((on) => run('hostname', { on })));
    expect(outcomes.map((o) => (o.kind === 'ok' ? o.output.stdout.trim() : o.kind))).toEqual(hosts.map((h) => h.spec.hostname));
    expect(fleet.peak).toBeLessThanOrEqual(20);
    // The cap was what held them back.
    expect(fleet.peak).toBeGreaterThan(10);
  });

  it('fifty commands for one host all succeed, eight at a time on one connection', async () => {
    const before = host.counters.connections;
    host.counters.peak = 0;
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, i) => run(`echo ${i}`)));
    expect(outcomes.map((o) => o.kind === 'ok' && o.output.stdout)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}\n`));
    expect(host.counters.peak).toBeLessThanOrEqual(8);
    expect(host.counters.connections - before).toBe(1);
  });

  it('a host with fewer channels than we use gets every command once', async () => {
    const narrow = fleet.host('narrow-01');
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_, i) => run(`ledger narrow ${i}`, { on: narrow })));
    expect(outcomes.map((o) => o.kind)).toEqual(Array(12).fill('ok'));
    expect(narrow.counters.connections).toBe(1);
    expect(new Set((await fleet.readLedger()).filter((e) => e.argument.startsWith('narrow')).map((e) => e.argument)).size).toBe(12);
  });
});

describe('the command arrives as it is', () => {
  const hostile = ['$(ledger canary)', '`ledger canary`', "'; ledger canary; '", '"; ledger canary; "', '\\', '-n', '', ' a  b ', 'a\nb', "it's", '*', '~', '!x', 'ü€😀', '\t', '%s', '$HOME', '&& ledger canary', '\r'];

  it.each(hostile)('in the environment: %j', async (value) => {
    expect(await run('printf "%s" "$VALUE"', { env: { VALUE: value } })).toMatchObject({ kind: 'ok', output: { stdout: value } });
  });

  it.each(hostile)('on stdin: %j', async (value) => {
    expect(await run('cat', { stdin: value })).toMatchObject({ kind: 'ok', output: { stdout: value } });
  });

  it('nothing hostile ran', async () => expect((await fleet.readLedger()).filter((e) => e.argument === 'canary')).toEqual([]));

  it('has several lines, a here-document and stdin at its end', async () => {
    expect(await run('a=1\ncat <<X\nin $a\nX\ncat', { stdin: 'rest\n' })).toMatchObject({ kind: 'ok', output: { stdout: 'in 1\nrest\n' } });
  });

  it('finds stdin empty when none is given', async () => expect(await run('cat; echo end')).toMatchObject({ kind: 'ok', output: { stdout: 'end\n' } }));
  it('is refused when it holds NUL', async () => await expect(run('echo \0')).rejects.toThrow('NUL'));
});

describe('before the command is sent', () => {
  it('what forbids it is thrown on, and nothing was executed', async () => {
    const refuse = () => { throw new ToolFailure('grant-refused', 'the grant has expired'); };
    await expect(run('ledger forbidden', { beforeStart: refuse })).rejects.toThrow('the grant has expired');
    expect((await fleet.readLedger()).filter((e) => e.argument === 'forbidden')).toEqual([]);
    expect(await run('true')).toMatchObject({ kind: 'ok' });
  });

  it('is waited for whoever still has to allow it, and may be cancelled meanwhile', async () => {
    const sent = async (name: string) => (await fleet.readLedger()).filter((e) => e.argument === name).length;
    let allow!: () => void;
    const asked = new Promise<void>((ok) => { allow = ok; });
    const allowed = run('ledger allowed', { beforeStart: () => asked });
    const cancel = new AbortController();
    const cancelled = run('ledger unwanted', { signal: cancel.signal, beforeStart: async () => { cancel.abort(); await asked; } });
    expect(await cancelled).toMatchObject({ kind: 'cancelled', stop: { state: 'nothing-started' } });
    expect(await sent('allowed')).toBe(0);
    allow();
    expect(await allowed).toMatchObject({ kind: 'ok' });
    expect([await sent('allowed'), await sent('unwanted')]).toEqual([1, 0]);
  });
});

describe('output', () => {
  it('never shows the credential, however it is printed', async () => {
    const b64 = Buffer.from(`user:${PASSWORD}`).toString('base64');
    const outcome = await run(`printf 'a ${PASSWORD} b'; printf 'fleet-pa'; sleep 0.1; printf '55/word'; echo ${b64} ${encodeURIComponent(PASSWORD)}; echo ${PASSWORD} >&2`);
    expect(JSON.stringify(outcome)).not.toMatch(/pa55/);
    expect(JSON.stringify(outcome)).not.toContain(b64.slice(8, -4));
    expect(outcome).toMatchObject({ kind: 'ok', output: { stdout: expect.stringContaining('a [redacted] b[redacted]'), stderr: '[redacted]\n' } });
  });

  it('waits for a slow listener instead of piling up', async () => {
    let open = 0;
    let most = 0;
    const outcome = await run('seq 1 200000', {
      maxOutputBytes: 8_000_000,
      onOutput: async () => {
        most = Math.max(most, ++open);
        await new Promise((ok) => setTimeout(ok, 5));
        open--;
      },
    });
    expect(outcome.kind === 'ok' && outcome.output.stdout.length).toBe(1_288_895);
    expect(most).toBe(1);
  });
});
