import { ToolFailure, validate, type ConnectionDto, type Credential } from '@opsmesh/contracts';
import { hasOpenssl, selfSigned, startFleet, utf8Sample, waitFor, type Fleet, type SimulatedWindowsHost, type TestCertificate } from '@opsmesh/testing';
import { fakeToolContext, type ToolContext } from '@opsmesh/worker-runtime';
import { failureOf } from '../cmdlets/fake-windows.fixture.js';
import { PowerShellClient } from '../winrm/powershell-client.js';
import { RunPowerShell, RunPowerShellInput } from './run-powershell.js';

/** Scripts over real HTTP with sealed NTLM; what runs them is simulated. */

const PASSWORD = 'script-pa55word-canary';
const certificate: TestCertificate | undefined = hasOpenssl() ? selfSigned('WIN-TLS', ['DNS:WIN-TLS']) : undefined;
const overTls = certificate ? describe : describe.skip;
let fleet: Fleet;
let powershell: PowerShellClient;

beforeAll(async () => {
  const common = { port: 0, username: 'ops', password: PASSWORD };
  fleet = await startFleet({ hosts: [], windowsHosts: [
    { ...common, hostname: 'WIN-01', address: '127.0.3.31' },
    { ...common, hostname: 'WIN-SMALL', address: '127.0.3.32', maxShells: 25 },
    { ...common, hostname: 'WIN-TINY', address: '127.0.3.33', maxShells: 3 },
    ...(certificate ? [{ ...common, hostname: 'WIN-TLS', address: '127.0.3.34', tls: { certificate: certificate.certificate, key: certificate.key } }] : []),
  ] });
});
beforeEach(() => { powershell = new PowerShellClient(); });
afterEach(async () => {
  await powershell.pool.close();
  for (const host of fleet.windowsHosts) for (const fault of Object.keys(host.faults)) delete host.faults[fault as keyof typeof host.faults];
});
afterAll(() => fleet.stop());

const host = (name = 'WIN-01'): SimulatedWindowsHost => fleet.windowsHost(name);

function connection(name = 'WIN-01', more: Partial<ConnectionDto> = {}): ConnectionDto {
  return { assetId: name, hostname: name, address: host(name).address, protocol: 'winrm', port: host(name).port, tls: false, credentialId: 'c1', ...more };
}

const credential = (password = PASSWORD) => () => Promise.resolve<Credential>({ kind: 'winrm', username: 'ops', password });

/** Runs a script on a host. */
function run(script: string, { input = {}, ...more }: Partial<ToolContext> & { input?: Partial<RunPowerShellInput> } = {}) {
  const context = fakeToolContext({ deadline: performance.now() + 20_000, connection: connection(), credential: credential(), ...more });
  return new RunPowerShell(powershell).run({ input: validate(RunPowerShellInput, { target_host: 'WIN-01', script, ...input }), context });
}

/** Until a host has a script, and runs it. */
const runs = (script: string) => waitFor(() => host().running.some((c) => c.script === script), { what: 'the script to run' });

/** How often a script was started on a host. */
const runsOf = (script: string, name?: string) => host(name).commands.filter((c) => c.script === script).length;

it('gives exit code, stdout and stderr apart', async () => {
  expect(await run("Write-Output 'out'; [Console]::Error.Write('err')")).toMatchObject({ host: 'WIN-01', exitCode: 0, stdout: 'out\r\n', stderr: 'err', truncated: false });
  const { failure, output } = await failureOf(run("Write-Output 'half'; [Console]::Error.Write('why'); exit 3"));
  expect(failure).toMatchObject({ code: 'nonzero-exit', cause: 'why' });
  expect(output).toMatchObject({ exitCode: 3, stdout: 'half\r\n', stderr: 'why' });
});

it('an error that ends the script is a nonzero exit with its text', async () => {
  const { failure, output } = await failureOf(run("throw 'no such thing'"));
  expect(failure.code).toBe('nonzero-exit');
  expect(output).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no such thing') as string });
  expect(JSON.stringify(output)).not.toContain('CLIXML');
});

it('characters arrive whole, and what is too much is cut and flagged', async () => {
  expect(await run('write-utf8 300000')).toMatchObject({ stdout: utf8Sample(300_000), truncated: false });
  const { stdout, truncated } = await run('write-utf8 300000', { input: { maxOutputBytes: 1000 } });
  expect(truncated).toBe(true);
  expect(utf8Sample(300_000).startsWith(stdout)).toBe(true);
  expect(Buffer.byteLength(stdout)).toBeGreaterThan(990);
  expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(1000);
});

it('tells stdout live', async () => {
  const told: string[] = [];
  const cancel = new AbortController();
  // Only a message that comes while the script runs can end it.
  const { failure } = await failureOf(run("Write-Output 'first'; stay-silent", { signal: cancel.signal, progress: ({ message }) => { told.push(message ?? ''); cancel.abort(new ToolFailure('cancelled', 'seen')); } }));
  expect(failure.code).toBe('cancelled');
  expect(told).toEqual(['first\r\n']);
});

it('the script is in no command line', async () => {
  await run("Write-Output 'needle-in-a-command-line'");
  const { line } = host().commands.at(-1)!;
  expect(Buffer.from(line.split(' ').at(-1)!, 'base64').toString('utf16le')).not.toContain(Buffer.from('needle-in-a-command-line').toString('base64').slice(0, 20));
  expect(line).not.toContain('needle');
});

describe('a script that has to be stopped', () => {
  it('cancelled: it is ended, and that is confirmed', async () => {
    const cancel = new AbortController();
    const failed = failureOf(run('stay-silent', { signal: cancel.signal }));
    await runs('stay-silent');
    cancel.abort(new ToolFailure('cancelled', 'stop'));
    const { failure, output } = await failed;
    expect(failure).toMatchObject({ code: 'cancelled', message: expect.stringContaining('its processes were stopped') as string });
    expect(output).toMatchObject({ exitCode: null });
    expect([host().running.length, host().openShells, host().commands.at(-1)?.end]).toEqual([0, 0, 'terminated']);
  });

  it('too long: the same', async () => {
    expect((await failureOf(run('stay-silent', { deadline: performance.now() + 3000 }))).failure).toMatchObject({ code: 'timed-out', message: expect.stringContaining('total time') as string });
    expect([host().running.length, host().openShells]).toEqual([0, 0]);
  });

  it('silent for too long: the same', async () => {
    expect((await failureOf(run('stay-silent', { input: { idleTimeoutMs: 400 } }))).failure).toMatchObject({ code: 'timed-out', message: expect.stringContaining('idle time') as string });
    expect(host().running).toHaveLength(0);
  });

  it('when the host refuses to stop it, that is not confirmed', async () => {
    const cancel = new AbortController();
    const failed = failureOf(run('stay-silent', { signal: cancel.signal }));
    await runs('stay-silent');
    host().faults.failOn = ['signal', 'delete'];
    cancel.abort(new ToolFailure('cancelled', 'stop'));
    expect((await failed).failure.code).toBe('stop-unconfirmed');
    host().forgetShells();
  });

  it('a worker that stops does not cancel the run', async () => {
    const stop = new AbortController();
    const failed = failureOf(run('stay-silent', { signal: stop.signal }));
    await runs('stay-silent');
    stop.abort(new ToolFailure('worker-lost', 'the worker stops'));
    expect((await failed).failure.code).toBe('killed-by-signal');
  });
});

describe('a connection that is lost', () => {
  it('while the script runs: its outcome is not known, and it is not run again', async () => {
    const script = 'ledger lost; stay-silent';
    const failed = failureOf(run(script));
    await runs(script);
    host().dropConnections();
    expect((await failed).failure.code).toBe('connection-lost');
    expect(runsOf(script)).toBe(1);
    host().forgetShells();
  });

  it('after the command was taken and before the host said so: not run again', async () => {
    const script = "ledger taken; Write-Output 'x'";
    Object.assign(host().faults, { resetOn: ['command'], resetAfter: true });
    const started = host().counters.actions.command ?? 0;
    expect((await failureOf(run(script))).failure.code).toBe('connection-lost');
    expect(host().counters.actions.command).toBe(started + 1);
    host().forgetShells();
  });

  it('while it is kept for reuse: another one is made, and nobody notices', async () => {
    await run("Write-Output 'a'");
    host().dropConnections();
    expect(await run("Write-Output 'b'")).toMatchObject({ stdout: 'b\r\n' });
    expect(runsOf("Write-Output 'b'")).toBe(1);
  });

  it('a shell that the host has forgotten: its outcome is not known', async () => {
    // The host ends each wait for output soon, so that it is asked again.
    host().faults.operationTimeoutMs = 100;
    const failed = failureOf(run('stay-silent'));
    await runs('stay-silent');
    host().faults.staleShell = true;
    expect((await failed).failure.code).toBe('connection-lost');
    host().forgetShells();
  });
});

it.each<[string, Partial<SimulatedWindowsHost['faults']>]>([['fails', { failOn: ['delete'] }], ['gets no answer', { silentOn: ['delete'] }], ['ends the connection', { resetOn: ['delete'] }]])('a deletion of the shell that %s replaces no result', async (_what, faults) => {
  Object.assign(host().faults, faults);
  expect(await run("Write-Output 'done'")).toMatchObject({ stdout: 'done\r\n' });
  host().forgetShells();
});

it('a connection is used again for the same target', async () => {
  const { connections } = host().counters;
  for (let i = 0; i < 3; i++) await run("Write-Output 'again'");
  expect(host().counters.connections).toBe(connections + 1);
});

describe('many at once', () => {
  it.each([['WIN-SMALL', 25], ['WIN-TINY', 3]])('50 scripts for %s, which has a quota of %i shells, all succeed', async (name, quota) => {
    let most = 0;
    const watching = setInterval(() => { most = Math.max(most, host(name).openShells); }, 2);
    const outputs = await Promise.all(Array.from({ length: 50 }, (_, i) => run(`Write-Output 'n${i}'`, { connection: connection(name) })));
    clearInterval(watching);
    expect(outputs.map((o) => o.stdout.trim())).toEqual(Array.from({ length: 50 }, (_, i) => `n${i}`));
    expect(most).toBeLessThanOrEqual(quota);
    expect(most).toBeGreaterThan(1);
    expect(host(name).openShells).toBe(0);
    expect(host(name).commands).toHaveLength(50);
  });

  it('a wrong password is tried once', async () => {
    const { connections } = host().counters;
    const failures = await Promise.all(Array.from({ length: 20 }, () => failureOf(run('x', { credential: credential('wrong-pa55word') }))));
    expect(new Set(failures.map((f) => f.failure.code))).toEqual(new Set(['auth-failed']));
    expect(JSON.stringify(failures.map((f) => f.failure))).not.toContain('wrong-pa55word');
    expect(host().counters.connections).toBe(connections + 1);
  });
});

it('the password is in no output, progress or failure', async () => {
  const told: string[] = [];
  const forms = [PASSWORD, Buffer.from(PASSWORD).toString('base64'), Buffer.from(PASSWORD, 'utf16le').toString('base64')];
  const script = `${forms.map((f) => `Write-Output 'a ${f} b'`).join('; ')}; [Console]::Error.Write('${PASSWORD}'); exit 4`;
  const { failure, output } = await failureOf(run(script, { progress: ({ message }) => { told.push(message ?? ''); } }));
  expect(failure.code).toBe('nonzero-exit');
  const everything = JSON.stringify([failure, output, told]);
  expect(told.join('')).toContain('[redacted]');
  for (const form of forms) expect(everything).not.toContain(form.replace(/=+$/, ''));
});

it('an expired grant sends no script', async () => {
  const before = host().commands.length;
  expect((await failureOf(run('ledger grant', { assertGrant: () => { throw new ToolFailure('grant-refused', 'expired'); } }))).failure.code).toBe('grant-refused');
  expect(host().commands.length).toBe(before);
  expect(host().openShells).toBe(0);
});

it('a host where nobody listens is unreachable', async () => {
  expect((await failureOf(run('x', { connection: connection('WIN-01', { address: '127.0.3.39' }) }))).failure.code).toBe('unreachable');
});

it('a script with NUL is refused', async () => expect((await failureOf(run('a\0b'))).failure.code).toBe('input-invalid'));

overTls('over TLS', () => {
  const tls = (more: Partial<ConnectionDto>) => run("Write-Output 'tls'", { connection: connection('WIN-TLS', { tls: true, ...more }) });
  const pin = () => certificate!.fingerprint.replaceAll(':', '').toLowerCase();

  it('a certificate of the CA or with the pin is trusted', async () => {
    expect(await tls({ tlsCa: certificate!.certificate })).toMatchObject({ stdout: 'tls\r\n' });
    expect(await tls({ tlsFingerprint: pin() })).toMatchObject({ stdout: 'tls\r\n' });
  });

  it.each([['nobody we trust signed', {}], ['another pin is expected of', { tlsFingerprint: 'ab'.repeat(32) }]])('a certificate that %s gets no credential', async (_what, more) => {
    const { unauthorized } = host('WIN-TLS').counters;
    expect((await failureOf(tls(more))).failure.code).toBe('hostkey-mismatch');
    expect(host('WIN-TLS').counters.unauthorized).toBe(unauthorized);
  });

  it('a certificate for another name is refused', async () => {
    expect((await failureOf(tls({ tlsCa: certificate!.certificate, hostname: 'WIN-OTHER' }))).failure.code).toBe('hostkey-mismatch');
  });
});
