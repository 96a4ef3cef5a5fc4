import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { winRmClient, type ConnectOptions, type RunOptions, type RunResult } from '@opsmesh/winrm';
import { startFleet, type Fleet } from '../fleet/fleet.js';
import { waitFor } from '../wait-for.js';
import { hasOpenssl, selfSigned } from './certificates.js';
import { utf8Sample } from './simulated-powershell.js';
import type { SimulatedWindowsHost } from './windows-host.js';

const openssl = hasOpenssl();
if (!openssl) console.warn('SKIPPED: openssl is not installed; the specs of the simulated Windows hosts over TLS are skipped');
const withTls = openssl ? it : it.skip;
const server = openssl ? selfSigned('pc-tls', ['IP:127.0.2.52']) : undefined;
const user = openssl ? selfSigned('ops', ['DNS:ops']) : undefined;
const stranger = openssl ? selfSigned('eve', ['DNS:eve']) : undefined;

const PASSWORD = 'pa55-wörd';
const common = { port: 0, username: 'ops', password: PASSWORD, domain: 'CORP', dnsDomain: 'corp.example' } as const;
let fleet: Fleet;
let host: SimulatedWindowsHost;
beforeAll(async () => {
  fleet = await startFleet({
    hosts: [],
    windowsHosts: [
      { ...common, hostname: 'pc-01', address: '127.0.2.51', maxShells: 3, chunkBytes: 1021 },
      ...(server && user ? [{ ...common, hostname: 'pc-tls', address: '127.0.2.52', auth: ['negotiate', 'basic', 'certificate'] as const, tls: { certificate: server.certificate, key: server.key, clients: [{ fingerprint: user.fingerprint, username: 'ops' }] } }] : []),
    ],
  });
  host = fleet.windowsHost('pc-01');
});
afterAll(() => fleet.stop());
afterEach(() => {
  for (const fault of Object.keys(host.faults)) delete host.faults[fault as keyof typeof host.faults];
  host.forgetShells();
});

const login = (username = 'ops', more: Partial<ConnectOptions> = {}): ConnectOptions => ({ host: host.address, port: host.port, transport: 'http', auth: { kind: 'ntlm', username, password: PASSWORD }, ...more });
const run = (what: RunOptions, more: Partial<ConnectOptions> = {}): Promise<RunResult> => winRmClient.run({ ...login('ops', more), ...what });
const ledger = async (): Promise<string[]> => (await fleet.readLedger()).map((e) => e.argument);

describe('who is let in', () => {
  it.each([
    ['ops', 'raw'], ['ops', 'spnego'], ['CORP\\ops', 'raw'], ['corp\\ops', 'spnego'], ['Corp\\OPS', 'raw'], ['ops@corp.example', 'raw'], ['OPS@CORP.EXAMPLE', 'spnego'], ['pc-01\\ops', 'raw'],
  ] as const)('%s, %s', async (username, wrapping) => {
    expect(await run({ command: 'hostname' }, { auth: { kind: 'ntlm', username, password: PASSWORD, wrapping } })).toMatchObject({ kind: 'exited', exitCode: 0, stdout: 'PC-01\r\n' });
  });

  it.each([['ops', 'wrong', 'raw'], ['ops', 'wrong', 'spnego'], ['eve', PASSWORD, 'raw'], ['OTHER\\ops', PASSWORD, 'raw'], ['ops@other.example', PASSWORD, 'spnego']] as const)('not %s with %s, %s', async (username, password, wrapping) => {
    expect(await run({ command: 'hostname' }, { auth: { kind: 'ntlm', username, password, wrapping } })).toMatchObject({ kind: 'failed', error: { code: 'auth-failed' }, stop: 'not-started' });
  });

  it('Identify is answered to anybody who asks so, and nothing else', async () => {
    const ask = (body: string) => fetch(host.url, { method: 'POST', headers: { 'content-type': 'application/soap+xml;charset=UTF-8', wsmanidentify: 'unauthenticated' }, body });
    const soap = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope"';
    const identity = await ask(`<s:Envelope ${soap}><s:Header/><s:Body><i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>`);
    expect([identity.status, await identity.text()]).toEqual([200, expect.stringContaining('simulated Windows')]);
    const addressing = 'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"';
    const header = '<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Create</a:Action><w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI><a:ReplyTo><a:Address>x</a:Address></a:ReplyTo><a:MessageID>uuid:1</a:MessageID>';
    const create = await ask(`<s:Envelope ${soap} ${addressing}><s:Header>${header}</s:Header><s:Body><r:Shell xmlns:r="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"/></s:Body></s:Envelope>`);
    expect(create.status).toBe(401);
    expect((await ask('no xml')).status).toBe(500);
    expect(host.openShells).toBe(0);
  });

  withTls.each([
    ['NTLM', { kind: 'ntlm', username: 'ops', password: PASSWORD }], ['Basic', { kind: 'basic', username: 'ops', password: PASSWORD }],
    ['a certificate', { kind: 'certificate', cert: user?.certificate ?? '', key: user?.key ?? '' }],
  ] as const)('over TLS with %s', async (_what, auth) => {
    const tls = fleet.windowsHost('pc-tls');
    const options = { host: tls.address, port: tls.port, auth, tls: { ca: server!.certificate } };
    expect(await winRmClient.run({ ...options, command: 'hostname' })).toMatchObject({ kind: 'exited', stdout: 'PC-TLS\r\n' });
    const other = auth.kind === 'certificate' ? { ...auth, cert: stranger!.certificate, key: stranger!.key } : { ...auth, password: 'wrong' };
    expect(await winRmClient.run({ ...options, auth: other, command: 'hostname' })).toMatchObject({ kind: 'failed', error: { code: 'auth-failed' } });
  });
});

describe('what is on the wire', () => {
  it.each(['raw', 'spnego'] as const)('%s: no envelope, script, output or password can be read', async (wrapping) => {
    const seen: Buffer[] = [];
    const wire = createServer((client) => {
      const there = connect(host.port, host.address);
      for (const [from, to] of [[client, there], [there, client]] as const) from.on('data', (d: Buffer) => { seen.push(d); to.write(d); }).on('close', () => to.destroy()).on('error', () => undefined);
    });
    await new Promise<void>((ok) => { wire.listen(0, '127.0.0.1', ok); });
    const { port } = wire.address() as AddressInfo;
    const auth = { kind: 'ntlm', username: 'ops', password: PASSWORD, wrapping } as const;
    expect(await run({ script: 'echo $data', data: 'what is told' }, { host: '127.0.0.1', port, auth })).toMatchObject({ kind: 'exited', stdout: 'what is told\r\n' });
    wire.close();
    const all = Buffer.concat(seen);
    expect(all.includes('multipart/encrypted')).toBe(true);
    const secrets = ['Envelope', 'ShellId', 'echo $data', 'what is told', PASSWORD];
    const forms = (text: string) => [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(Buffer.from(text).toString('base64').replace(/=+$/, ''))];
    expect(secrets.filter((text) => forms(text).some((form) => all.includes(form)))).toEqual([]);
  });
});

describe('what runs', () => {
  it('a script with its data, inline or on stdin; what it reads after that is its own', async () => {
    for (const deliver of ['auto', 'stdin'] as const) {
      const script = `echo $data.name; copy-stdin; exit 3 # ${deliver}`;
      expect(await run({ script, data: { name: "it's \u2019 $(ledger canary)" }, deliver, stdin: 'für dich' })).toMatchObject({ kind: 'exited', exitCode: 3, stdout: "it's \u2019 $(ledger canary)\r\nfür dich", stderr: '' });
      expect(host.commands.at(-1)).toMatchObject({ script, end: 'exited', exitCode: 3 });
    }
    expect(await ledger()).not.toContain('canary');
  });

  it('pieces of output end within characters, and nothing is lost', async () => {
    const result = await run({ script: 'write-utf8 1000000', maxOutputBytes: 2_000_000 });
    expect(result.stdout === utf8Sample(1_000_000)).toBe(true);
    expect(host.counters.plain).toBe(0);
  });

  it('answers keep to the envelope size that the client takes', async () => {
    const before = host.counters.actions.receive ?? 0;
    const result = await run({ script: 'write-utf8 200000' }, { maxEnvelopeBytes: 32_768 });
    expect(result.stdout === utf8Sample(200_000)).toBe(true);
    expect(host.counters.actions.receive! - before).toBeGreaterThan(200_000 / 32_768);
  });

  it('the environment and the folder of the shell reach the script', async () => {
    const result = await winRmClient.run({ ...login(), shell: { env: { GREETING: 'hällo' }, workingDirectory: 'C:\\Temp' }, script: 'echo "$env:GREETING"; pwd' });
    expect(result).toMatchObject({ stdout: 'hällo\r\nC:\\Temp\r\n' });
  });

  it('what was cancelled is stopped on the host, and goes no further', async () => {
    const cancel = new AbortController();
    const running = run({ script: "echo on; stay-silent; ledger 'after the end'", signal: cancel.signal, onStdout: () => cancel.abort() });
    expect(await running).toMatchObject({ kind: 'failed', error: { code: 'cancelled' }, stop: 'confirmed', stdout: 'on\r\n' });
    expect(host.running).toEqual([]);
    expect(host.openShells).toBe(0);
    expect(host.commands.at(-1)).toMatchObject({ end: 'terminated' });
    expect(await ledger()).not.toContain('after the end');
  });
});

describe('what can be made to go wrong', () => {
  it.each([
    ['a refused credential', { refuseAuth: true }, { error: { code: 'auth-failed' }, stop: 'not-started' }],
    ['too many shells', { quota: 'shells' }, { error: { code: 'quota', fault: { code: 2150859173, subcode: 'QuotaLimit' } }, stop: 'not-started' }],
    ['too many operations', { quota: 'operations' }, { error: { code: 'quota', fault: { code: 2150859174 } }, stop: 'not-started' }],
    ['a stale shell', { staleShell: true }, { error: { code: 'shell-stale', fault: { code: 2150858843, subcode: 'InvalidSelectors' } } }],
    ['a reset at Receive', { resetOn: ['receive'] }, { error: { code: 'connection-lost' }, stop: 'confirmed' }],
    ['a lost answer to Command', { resetOn: ['command'], resetAfter: true }, { error: { code: 'connection-lost' } }],
    ['401 at Receive', { unauthorizedOn: ['receive'] }, {}],
    ['plain answers', { plainAnswers: true }, { error: { code: 'protocol' } }],
    ['a changed bit', { tamper: true }, { error: { code: 'protocol' } }],
    ['a fault at Command', { failOn: ['command'] }, { error: { code: 'fault', fault: { code: 1359 } }, stop: 'not-started' }],
  ] as const)('%s', async (_what, faults, expected) => {
    Object.assign(host.faults, faults);
    expect(await run({ script: 'echo x' })).toMatchObject({ kind: 'failed', ...expected });
  });

  it('silence at Receive: whoever gives up can still stop the command over another connection', async () => {
    host.faults.silentOn = ['receive'];
    expect(await run({ script: 'stay-silent', deadlineMs: 1500 })).toMatchObject({ kind: 'failed', error: { code: 'timed-out' }, stop: 'confirmed' });
    expect(host.running).toEqual([]);
  });

  it('Delete that fails does not spoil the result', async () => {
    host.faults.failOn = ['delete', 'signal'];
    expect(await run({ script: 'echo x' })).toMatchObject({ kind: 'exited', stdout: 'x\r\n' });
    expect(host.openShells).toBe(1);
  });

  it.each([['Signal', ['signal']], ['Delete', ['delete']], ['neither', ['signal', 'delete']]] as const)('a result that is known is not held by a host that does not answer %s', async (_what, silentOn) => {
    host.faults.silentOn = silentOn;
    // The time of grace that a worker gives its tools.
    const late = setTimeout(5000, 'late', { ref: false });
    expect(await Promise.race([run({ script: 'echo x; exit 3' }), late])).toMatchObject({ kind: 'exited', exitCode: 3, stdout: 'x\r\n' });
  });

  it('operation timeouts go by unseen', async () => {
    host.faults.operationTimeoutMs = 20;
    const before = host.counters.actions.receive ?? 0;
    expect(await run({ script: 'Start-Sleep -Milliseconds 900; echo done' })).toMatchObject({ kind: 'exited', stdout: 'done\r\n' });
    expect(host.counters.actions.receive! - before).toBeGreaterThan(5);
  });

  it('slow answers are slow', async () => {
    host.faults.delayMs = 60;
    const began = performance.now();
    await run({ script: 'echo x' });
    expect(performance.now() - began).toBeGreaterThan(240);
  });

  it('a shell more than the quota is refused until one is closed', async () => {
    const connections = await Promise.all([1, 2, 3, 4].map(() => winRmClient.connect(login())));
    const shells = await Promise.all(connections.slice(0, 3).map((c) => c.openShell()));
    await expect(connections[3]!.openShell()).rejects.toMatchObject({ code: 'quota' });
    await shells[0]!.close();
    await (await connections[3]!.openShell()).close();
    await Promise.all(connections.map((c) => c.close()));
    expect(host.openShells).toBe(0);
  });

  it('a dropped connection leaves the command running on the host', async () => {
    host.faults.failOn = ['delete', 'signal'];
    const running = run({ script: 'echo on; stay-silent', onStdout: () => { host.dropConnections(); } });
    expect(await running).toMatchObject({ kind: 'failed', error: { code: 'connection-lost' }, stop: 'not-confirmed' });
    await waitFor(() => host.running.length === 1, { what: 'the command to be seen running' });
  });
});
