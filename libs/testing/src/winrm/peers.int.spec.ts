import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startFleet, type Fleet } from '../fleet/fleet.js';
import { hasOpenssl, selfSigned } from './certificates.js';
import { utf8Sample } from './simulated-powershell.js';
import type { WindowsHostSpec } from './windows-host-spec.js';
import { volume } from './windows-state.js';

const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'opsmesh-peers-'));
const openssl = join(folder, 'openssl.cnf');
// NTLM needs MD4, which OpenSSL 3 has in its legacy provider only.
writeFileSync(openssl, 'openssl_conf = main\n[main]\nproviders = both\n[both]\ndefault = on\nlegacy = on\n[on]\nactivate = 1\n');
// Debian's own Python, and no setting of ours: certificate bundles, proxies.
const PYTHON = '/usr/bin/python3';
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', OPENSSL_CONF: openssl };

/** Debian's python3-winrm with NTLM: an implementation that shares nothing with ours. */
function hasPython(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import hashlib, winrm, requests_ntlm; hashlib.new("md4")'], { stdio: 'ignore', env: ENVIRONMENT });
    return true;
  } catch {
    return false;
  }
}

const python = hasPython();
if (!python) console.warn('SKIPPED: python3-winrm is not installed, or OpenSSL has no legacy provider; its specs of the simulated Windows hosts are skipped');
const withPython = python ? it : it.skip;
const withTls = python && hasOpenssl() ? it : it.skip;

const certificate = hasOpenssl() ? selfSigned('pc-tls', ['IP:127.0.2.44', 'DNS:pc-tls']) : undefined;
const client = hasOpenssl() ? selfSigned('ops', ['DNS:ops']) : undefined;
const PASSWORD = 'Pässwörd-€-🔑';
const common = { port: 0, username: 'ops', password: PASSWORD } as const;
const HOSTS: WindowsHostSpec[] = [
  { ...common, hostname: 'pc-ntlm', address: '127.0.2.41', domain: 'corp', dnsDomain: 'corp.example', chunkBytes: 4099, state: { volumes: [volume('C', 'Windows', 256, 97.3)] } },
  { ...common, hostname: 'pc-basic', address: '127.0.2.42', password: 'plain-pw', auth: ['basic'], allowUnencrypted: true },
  ...(certificate && client ? [{
    ...common, hostname: 'pc-tls', address: '127.0.2.44', password: 'tls-pw', auth: ['negotiate', 'basic', 'certificate'] as const,
    tls: { certificate: certificate.certificate, key: certificate.key, clients: [{ fingerprint: client.fingerprint, username: 'ops' }] },
  }] : []),
];

let fleet: Fleet;
beforeAll(async () => { fleet = await startFleet({ hosts: [], windowsHosts: HOSTS }); });
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true });
});

interface Session {
  readonly host: string;
  readonly username?: string;
  readonly password?: string;
  readonly options: Record<string, unknown>;
  /** Python that uses `p`, a winrm.Protocol, and gives its answer to `tell`. */
  readonly body: string;
}

const PRELUDE = `
import sys, json, base64
from winrm.protocol import Protocol
given = json.load(sys.stdin)
p = Protocol(given['url'], username=given['username'], password=given['password'], **given['options'])
def tell(v): print(json.dumps(v))
def run(line, args=(), **kw):
    s = p.open_shell(codepage=65001)
    c = p.run_command(s, line, args, **kw)
    out, err, code = p.get_command_output(s, c)
    p.cleanup_command(s, c)
    p.close_shell(s)
    return {'out': out.decode('utf-8'), 'err': err.decode('utf-8'), 'code': code}
def powershell(text):
    return run('powershell -NoProfile -EncodedCommand ' + base64.b64encode(text.encode('utf_16_le')).decode())
def attempt(work):
    try: return work()
    except Exception as e: return {'error': type(e).__name__, 'message': str(e)}
`;

async function inPython<T>({ host, username = 'ops', password = PASSWORD, options, body }: Session): Promise<T> {
  const running = run(PYTHON, ['-W', 'ignore', '-c', PRELUDE + body], { env: ENVIRONMENT, maxBuffer: 16_000_000, timeout: 25_000 });
  running.child.stdin!.end(JSON.stringify({ url: fleet.windowsHost(host).url, username, password, options }));
  return JSON.parse((await running).stdout) as T;
}

const SEALED = { transport: 'ntlm', message_encryption: 'always' };

describe('python3-winrm with NTLM and message encryption', () => {
  withPython.each(['ops', 'CORP\\ops', 'corp\\OPS', 'pc-ntlm\\ops'])('%s is let in, and every message is sealed', async (username) => {
    const host = fleet.windowsHost('pc-ntlm');
    const { sealed, plain } = host.counters;
    expect(await inPython({ host: 'pc-ntlm', username, options: SEALED, body: "tell(run('hostname'))" })).toEqual({ out: 'PC-NTLM\r\n', err: '', code: 0 });
    expect(host.counters.sealed).toBeGreaterThan(sealed + 4);
    expect(host.counters.plain).toBe(plain);
  });

  withPython.each([['ops', 'wrong'], ['other', PASSWORD], ['ELSEWHERE\\ops', PASSWORD]])('%s with the password %j is not', async (username, password) => {
    expect(await inPython({ host: 'pc-ntlm', username, password, options: SEALED, body: "tell(attempt(lambda: run('hostname')))" })).toMatchObject({ error: 'InvalidCredentialsError' });
  });

  withPython('messages that are not sealed are refused', async () => {
    const before = fleet.windowsHost('pc-ntlm').commands.length;
    expect(await inPython({ host: 'pc-ntlm', options: { transport: 'ntlm', message_encryption: 'never' }, body: "tell(attempt(lambda: run('hostname')))" })).toMatchObject({ error: 'WinRMTransportError' });
    expect(fleet.windowsHost('pc-ntlm').commands).toHaveLength(before);
  });

  withPython('stdout, stderr and the exit code stay apart; what PowerShell does not know is its error', async () => {
    const known = await inPython<{ out: string; err: string; code: number }>({ host: 'pc-ntlm', options: SEALED, body: "tell(powershell(\"$ProgressPreference = 'SilentlyContinue'; echo 'grüße 😀'; [Console]::Error.Write('careful'); exit 7\"))" });
    expect(known).toEqual({ out: 'grüße 😀\r\n', err: 'careful', code: 7 });
    const unknown = await inPython<{ err: string; code: number }>({ host: 'pc-ntlm', options: SEALED, body: "tell(powershell('Get-Frobnication'))" });
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(/^#< CLIXML\r\n<Objs .*S="progress".*<\/Objs><Objs .*CommandNotFoundException_x000D__x000A_<\/S><\/Objs>$/s);
  });

  withPython('a million bytes arrive as they were, though pieces end within characters', async () => {
    const { out } = await inPython<{ out: string }>({ host: 'pc-ntlm', options: SEALED, body: "tell(powershell('write-utf8 1000000'))" });
    expect(out === utf8Sample(1_000_000)).toBe(true);
  });

  withPython('silence ends in operation timeouts, after which the client asks again', async () => {
    const asked = fleet.windowsHost('pc-ntlm').counters.actions.receive ?? 0;
    const options = { ...SEALED, operation_timeout_sec: 1, read_timeout_sec: 5 };
    expect(await inPython({ host: 'pc-ntlm', options, body: "tell(powershell('Start-Sleep -Milliseconds 2300; echo done'))" })).toMatchObject({ out: 'done\r\n', code: 0 });
    expect(fleet.windowsHost('pc-ntlm').counters.actions.receive! - asked).toBeGreaterThanOrEqual(4);
  });

  withPython('faults keep their codes', async () => {
    const body = `
s = p.open_shell(); p.close_shell(s)
tell({'stale': attempt(lambda: p.run_command(s, 'hostname')), 'long': attempt(lambda: run('echo ' + 'x' * 40000)), 'missing': attempt(lambda: run('nothing.exe', skip_cmd_shell=True)),
      'huge': attempt(lambda: run('echo ' + 'x' * 600000))})`;
    const seen = await inPython<Record<string, { message: string }>>({ host: 'pc-ntlm', options: SEALED, body });
    expect(seen['stale']!.message).toContain("'wsmanfault_code': '2150858843'");
    expect(seen['stale']!.message).toContain("'fault_subcode': 'w:InvalidSelectors'");
    expect(seen['long']!.message).toContain("'wsmanfault_code': '206'");
    expect(seen['huge']!.message).toContain("'wsmanfault_code': '2150858790'");
    expect(seen['missing']!.message).toContain("'wsmanfault_code': '2147942402'");
  });
});

describe('python3-winrm otherwise', () => {
  withPython('Basic works where the host was told to take it', async () => {
    expect(await inPython({ host: 'pc-basic', password: 'plain-pw', options: { transport: 'basic' }, body: "tell(run('echo', ['%COMPUTERNAME%', 'x']))" })).toMatchObject({ out: 'PC-BASIC x\r\n', code: 0 });
    expect(await inPython({ host: 'pc-basic', password: 'wrong', options: { transport: 'basic' }, body: "tell(attempt(lambda: run('hostname')))" })).toMatchObject({ error: 'InvalidCredentialsError' });
    expect(await inPython({ host: 'pc-ntlm', password: 'any', options: { transport: 'basic' }, body: "tell(attempt(lambda: run('hostname')))" })).toMatchObject({ error: 'InvalidCredentialsError' });
  });

  withTls('over TLS: NTLM bound to the channel, and Basic', async () => {
    for (const transport of ['ntlm', 'basic']) {
      const password = 'tls-pw';
      const host = fleet.windowsHost('pc-tls');
      expect(await inPython({ host: 'pc-tls', password, options: { transport, server_cert_validation: 'ignore' }, body: "tell(run('hostname'))" })).toMatchObject({ out: 'PC-TLS\r\n' });
      expect(await inPython({ host: 'pc-tls', password: 'wrong', options: { transport, server_cert_validation: 'ignore' }, body: "tell(attempt(lambda: run('hostname')))" })).toMatchObject({ error: 'InvalidCredentialsError' });
      expect(host.counters.sealed).toBe(0);
    }
    expect(await inPython({ host: 'pc-tls', password: 'tls-pw', options: { transport: 'ntlm', server_cert_validation: 'ignore', send_cbt: false }, body: "tell(attempt(lambda: run('hostname')))" })).toMatchObject({ error: 'InvalidCredentialsError' });
  });
});

describe('winrm-client over Basic', () => {
  it('is understood', async () => {
    const { runCommand } = await import('winrm-client');
    const host = fleet.windowsHost('pc-basic');
    const as = (command: string, password = 'plain-pw') => runCommand(command, host.address, 'ops', password, host.port);
    expect(await as('hostname')).toBe('PC-BASIC');
    expect(await as('no-such-program')).toContain('is not recognized');
    await expect(as('hostname', 'wrong')).rejects.toThrow('401');
    expect(host.openShells).toBe(0);
  });
});
