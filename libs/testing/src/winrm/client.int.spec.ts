import { connectWinRm, runOverWinRm, type ConnectOptions, type RunResult } from '@opsmesh/winrm';
import { waitFor } from '../wait-for.js';
import { hasOpenssl, selfSigned } from './certificates.js';
import { HostsUnderTest, PASSWORD } from './client.fixture.js';
import { utf8Sample } from './simulated-powershell.js';
import type { SimulatedWindowsHost } from './windows-host.js';

// libs/winrm against a host that behaves as asked; its own specs cannot import this library, which is built on it.

const openssl = hasOpenssl();
if (!openssl) console.warn('SKIPPED: openssl is not installed; whom the WinRM client trusts over TLS was not tried');
const withTls = openssl ? describe : describe.skip;
const certificate = openssl ? selfSigned('pc-tls', ['DNS:pc-tls']) : undefined;

const hosts = new HostsUnderTest([
  { hostname: 'pc-01', address: '127.0.2.61', chunkBytes: 1021 },
  ...(certificate ? [{ hostname: 'pc-tls', address: '127.0.2.62', auth: ['negotiate', 'basic'] as const, tls: { certificate: certificate.certificate, key: certificate.key } }] : []),
]);
const { login, run } = hosts;
let host: SimulatedWindowsHost;
beforeAll(() => { host = hosts.first; });

describe('output', () => {
  it('is given piece by piece while the command runs, whole characters only, and the same text at the end', async () => {
    const pieces: string[] = [];
    const result = await run({ script: 'write-utf8 1000000', maxOutputBytes: 1_000_000, onStdout: (text) => { pieces.push(text); } });
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0, truncated: false, stdoutBytes: 1_000_000 });
    expect(result.stdout === utf8Sample(1_000_000)).toBe(true);
    expect(pieces.join('') === result.stdout).toBe(true);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.some((piece) => piece.includes('\ufffd'))).toBe(false);
  });

  it('may be taken as bytes', async () => {
    const pieces: Buffer[] = [];
    const result = await run({ script: 'write-utf8 300000', maxOutputBytes: 300_000, onStdoutBytes: (bytes) => { pieces.push(bytes); } });
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0, truncated: false, stdout: '', stdoutBytes: 300_000 });
    expect(Buffer.concat(pieces).toString() === utf8Sample(300_000)).toBe(true);
  });

  it('beyond the cap is dropped, and the exit code is still known', async () => {
    const result = await run({ script: 'write-utf8 500000; exit 5', maxOutputBytes: 1_000 });
    expect(result).toMatchObject({ kind: 'exited', exitCode: 5, truncated: true, stdoutBytes: 500_000 });
    expect(Buffer.byteLength(result.stdout)).toBeLessThanOrEqual(1_000);
    expect(utf8Sample(500_000).startsWith(result.stdout)).toBe(true);
  });

  it('waits for a slow consumer', async () => {
    let busy = 0;
    let most = 0;
    await run({ script: 'write-utf8 200000', onStdout: async () => {
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((later) => { setImmediate(later); });
      busy -= 1;
    } });
    expect(most).toBe(1);
  });

  it('a consumer that throws stops the command on the host', async () => {
    const result = await run({ script: 'echo x; stay-silent', onStdout: () => { throw new Error('boom'); } });
    expect(result).toMatchObject({ kind: 'failed', error: { code: 'consumer-failed' }, stop: 'confirmed' });
    expect(host.running).toEqual([]);
  });

  it('errors of PowerShell are text, without progress and without XML', async () => {
    const { stderr } = await run({ script: "Write-Error 'a <b> & _x0041_ €'; echo ok" });
    expect(stderr).toMatch(/^a <b> & _x0041_ €\r\n/);
    expect(stderr).not.toMatch(/CLIXML|Objs|Preparing/);
  });
});

describe('deadlines and cancel', () => {
  it('silence longer than the idle limit ends the run, with what it printed, and stops it on the host', async () => {
    expect(await run({ script: 'echo on; stay-silent', idleMs: 1000 })).toMatchObject({ kind: 'failed', error: { code: 'timed-out', message: 'no output for 1000 ms' }, stop: 'confirmed', stdout: 'on\r\n' });
    expect(host.commands.at(-1)).toMatchObject({ end: 'terminated' });
    expect(host.openShells).toBe(0);
  });

  it('the total deadline holds although a consumer never comes back', async () => {
    expect(await run({ script: 'echo on; stay-silent', deadlineMs: 1500, onStdout: () => new Promise(() => undefined) })).toMatchObject({ kind: 'failed', error: { code: 'timed-out' }, stop: 'confirmed' });
    expect(host.running).toEqual([]);
  });

  it('a silence of many operation timeouts is survived', async () => {
    const before = host.counters.actions.receive ?? 0;
    expect(await run({ script: 'Start-Sleep -Milliseconds 3000; echo done; exit 4' }, { operationTimeoutMs: 100 })).toMatchObject({ kind: 'exited', exitCode: 4, stdout: 'done\r\n' });
    expect((host.counters.actions.receive ?? 0) - before).toBeGreaterThanOrEqual(10);
  });

  it('a run that was cancelled before it began was not started', async () => {
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    const before = host.commands.length;
    expect(await shell.run({ command: 'hostname', signal: AbortSignal.abort() })).toMatchObject({ kind: 'failed', error: { code: 'cancelled' }, stop: 'not-started' });
    expect(host.commands.length).toBe(before);
    expect(shell.isOpen).toBe(true);
    expect(await shell.run({ command: 'hostname' })).toMatchObject({ kind: 'exited', stdout: 'PC-01\r\n' });
    await connection.close();
    expect(host.openShells).toBe(0);
  });

  it('a stop that the host refuses is not confirmed', async () => {
    host.faults.failOn = ['signal'];
    expect(await run({ script: 'echo on; stay-silent', idleMs: 1000 })).toMatchObject({ kind: 'failed', error: { code: 'timed-out' }, stop: 'not-confirmed' });
  });

  it('closing a shell cancels what it runs', async () => {
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    let closing: Promise<boolean> | undefined;
    const result = await shell.run({ script: 'echo on; stay-silent', onStdout: () => { closing = shell.close(); } });
    expect(result).toMatchObject({ kind: 'failed', error: { code: 'cancelled' }, stop: 'confirmed' });
    expect(await closing).toBe(true);
    expect(shell.isOpen).toBe(false);
    await expect(shell.run({ command: 'hostname' })).rejects.toThrow(TypeError);
    await connection.close();
  });
});

describe('a shell', () => {
  it('runs one command after the other on one connection, each released by a Signal', async () => {
    const { connections } = host.counters;
    const signals = host.counters.actions.signal ?? 0;
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    for (const text of ['a', 'b', 'c']) expect(await shell.run({ script: 'echo $data; exit 9', data: text })).toMatchObject({ exitCode: 9, stdout: `${text}\r\n` });
    await connection.close();
    expect(host.counters.connections - connections).toBe(1);
    expect((host.counters.actions.signal ?? 0) - signals).toBe(3);
    expect(host.openShells).toBe(0);
  });

  it('refuses a second run at the same time, and a second shell on its connection', async () => {
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    const first = shell.run({ script: 'Start-Sleep -Milliseconds 200; echo x' });
    await expect(shell.run({ command: 'hostname' })).rejects.toThrow(/one command at a time/);
    await expect(connection.openShell()).rejects.toThrow(TypeError);
    expect(await first).toMatchObject({ kind: 'exited' });
    await connection.close();
  });

  it('is deleted over another connection when its own was lost while idle', async () => {
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    host.dropConnections();
    await waitFor(() => !connection.isOpen, { what: 'the loss to be noticed' });
    expect(await shell.run({ command: 'hostname' })).toMatchObject({ kind: 'failed', error: { code: 'connection-lost' }, stop: 'not-started' });
    expect(await shell.close()).toBe(true);
    expect(host.openShells).toBe(0);
    await connection.close();
  });

  it('that the host has forgotten is stale, and closed', async () => {
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    host.forgetShells();
    expect(await shell.run({ command: 'hostname' })).toMatchObject({ kind: 'failed', error: { code: 'shell-stale', fault: { code: 2150858843 } }, stop: 'not-started' });
    expect(shell.isOpen).toBe(false);
    await connection.close();
  });

  it('whose command was taken although the answer was lost is deleted, with the command', async () => {
    Object.assign(host.faults, { resetOn: ['command'], resetAfter: true });
    expect(await run({ script: 'stay-silent' })).toMatchObject({ kind: 'failed', error: { code: 'connection-lost' }, stop: 'confirmed' });
    expect(host.running).toEqual([]);
  });

  it('401 in the middle of a run is a lost connection, and the command is not left running', async () => {
    host.faults.unauthorizedOn = ['receive'];
    expect(await run({ script: 'stay-silent' })).toMatchObject({ kind: 'failed', error: { code: 'connection-lost' }, stop: 'confirmed' });
    expect(host.running).toEqual([]);
  });
});

describe('input', () => {
  it('of a megabyte arrives whole beside the output', async () => {
    const stdin = utf8Sample(1_000_000);
    const result = await run({ command: 'more', stdin, maxOutputBytes: 2_000_000 });
    expect(result.kind).toBe('exited');
    expect(result.stdout === stdin).toBe(true);
  });

  it('a script of any length runs the same, and a secret one leaves nothing in the command line', async () => {
    const padding = `# ${'x'.repeat(100_000)}\n`;
    for (const script of ['echo $data.name; exit 3', `${padding}echo $data.name; exit 3`]) {
      expect(await run({ script, data: { name: 'ünï' } })).toMatchObject({ kind: 'exited', exitCode: 3, stdout: 'ünï\r\n' });
    }
    const middle = `# ${'x'.repeat(4_000)}\necho $data`;
    expect(await run({ script: middle, data: 'm', deliver: 'command-line' })).toMatchObject({ kind: 'exited', stdout: 'm\r\n' });
    await run({ script: 'echo $data', data: 'opsmesh-secret', deliver: 'stdin' });
    const { line } = host.commands.at(-1)!;
    const decoded = Buffer.from(line.slice(line.lastIndexOf(' ') + 1), 'base64').toString('utf16le');
    expect(`${line}\n${decoded}`).not.toMatch(/opsmesh-secret|b3BzbWVzaC1zZWNyZXQ/);
  });
});

withTls('over TLS', () => {
  const attempt = (more: Partial<ConnectOptions>): Promise<RunResult> => {
    const { address, port } = hosts.host('pc-tls');
    return runOverWinRm({ host: address, port, auth: { kind: 'basic', username: 'ops', password: PASSWORD }, command: 'hostname', ...more });
  };

  it.each([
    ['an unknown issuer', {}],
    ['another pinned certificate', { tls: { fingerprint256: 'AA'.repeat(32) } }],
    ['a certificate for another name', { tls: { ca: certificate?.certificate ?? '' } }],
    ['the pinned certificate, but of another CA', { tls: { fingerprint256: certificate?.fingerprint ?? '', ca: openssl ? selfSigned('x', ['DNS:x']).certificate : '' } }],
  ])('%s is not trusted, and no credential is sent', async (_what, more) => {
    const tls = hosts.host('pc-tls');
    const { unauthorized, connections } = tls.counters;
    // Each credential that comes is counted.
    tls.faults.refuseAuth = true;
    expect(await attempt(more)).toMatchObject({ kind: 'failed', error: { code: 'tls-untrusted' }, stop: 'not-started' });
    delete tls.faults.refuseAuth;
    expect(tls.counters.unauthorized).toBe(unauthorized);
    expect(tls.counters.connections).toBe(connections + 1);
  });

  it.each([
    ['the CA and the name', { tls: { ca: certificate?.certificate ?? '', servername: 'pc-tls' } }],
    ['the pinned certificate, with colons', { tls: { fingerprint256: certificate?.fingerprint ?? '' } }],
    ['the pinned certificate, in plain lower case', { tls: { fingerprint256: certificate?.fingerprint.replaceAll(':', '').toLowerCase() ?? '' } }],
  ])('%s is trusted', async (_what, more) => {
    expect(await attempt(more)).toMatchObject({ kind: 'exited', stdout: 'PC-TLS\r\n' });
  });

  it('plain HTTP at a TLS port, and TLS at a plain one, are typed errors', async () => {
    expect(await attempt({ transport: 'http', auth: { kind: 'ntlm', username: 'ops', password: PASSWORD } })).toMatchObject({ kind: 'failed', stop: 'not-started' });
    expect(await attempt({ host: host.address, port: host.port })).toMatchObject({ kind: 'failed', error: { code: 'protocol' }, stop: 'not-started' });
  });
});
