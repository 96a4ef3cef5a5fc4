import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Client as Ssh2Client } from 'ssh2';
import { waitFor } from '../wait-for.js';
import { demoFleet, demoWindowsFleet } from './demo-fleet.js';
import { startFleet, type Fleet } from './fleet.js';
import type { SimulatedHost } from './simulated-host.js';

const { Client } = ssh2;
let fleet: Fleet;
const folder = mkdtempSync(join(tmpdir(), 'fleet-spec-'));
const key = join(folder, 'id');

beforeAll(async () => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  fleet = await startFleet({ hosts: [
    { hostname: 'sim-01', address: '127.0.2.31', port: 0, username: 'ops', password: 'pw', publicKey: readFileSync(`${key}.pub`, 'utf8') },
    { hostname: 'sim-02', address: '127.0.2.32', port: 0, username: 'ops', password: 'pw', refusesConnections: true },
  ] });
});
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
});

function login(host: SimulatedHost, more: object = { password: 'pw' }): Promise<Ssh2Client> {
  return new Promise((ok, bad) => {
    const client = new Client();
    client.on('ready', () => ok(client)).on('error', bad);
    client.connect({ host: host.address, port: host.port, username: 'ops', ...more });
  });
}

async function run(command: string): Promise<{ stdout: string; stderr: string; code: number | null; signal: string | undefined }> {
  const client = await login(fleet.host('sim-01'));
  try {
    return await new Promise((ok, bad) => {
      client.exec(command, (error, channel) => {
        if (error) return bad(error);
        let stdout = '';
        let stderr = '';
        channel.on('data', (d: Buffer) => { stdout += d.toString(); });
        channel.stderr.on('data', (d: Buffer) => { stderr += d.toString(); });
        channel.on('close', (code: number | null, signal: string | undefined) => ok({ stdout, stderr, code, signal }));
      });
    });
  } finally {
    client.end();
  }
}

it('is plainly a simulation', async () => {
  expect((await run('uname -a')).stdout).toContain('simulated');
  expect((await run('cat /etc/os-release')).stdout).toContain('Simulated Linux');
});

it.each([
  ['hostname', 'sim-01\n', 0], ['uname -s -n', 'Linux sim-01\n', 0], ['echo a b | tr a-z A-Z', 'A B\n', 0], ["printf '%s' 'x y'", 'x y', 0],
  ['exit 9', '', 9], ['false', '', 1], ['true', '', 0], ['whoami', 'ops\n', 0], ['cat; echo end </dev/null', 'end\n', 0],
])('%s', async (command, stdout, code) => expect(await run(command.replace('cat;', 'cat </dev/null;'))).toMatchObject({ stdout, code }));

it('df has the shape of the real one', async () => {
  const real = execFileSync('df', ['-P', '-B1', '--', '/'], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } }).split('\n');
  const { stdout } = await run('df -P -B1 -- /');
  expect(stdout.split('\n')[0]!.split(/\s+/)).toEqual(real[0]!.split(/\s+/));
  expect(stdout.split('\n')[1]).toMatch(/^\/dev\/sim1 +40000000000 +10000000000 +30000000000 +25% \/$/);
});

it('nothing of our environment reaches a command, and programs of the machine are not on its PATH', async () => {
  process.env['FLEET_SPEC_CANARY'] = 'x';
  expect((await run('env')).stdout).not.toContain('CANARY');
  expect((await run('ln x y')).code).toBe(127);
});

it('services are seen, restarted and logged', async () => {
  expect((await run('systemctl show --no-pager --property=Id,ActiveState,MainPID -- ssh')).stdout).toBe('Id=ssh.service\nActiveState=active\nMainPID=402\n');
  expect((await run('systemctl show --property=LoadState -- nobody.service')).stdout).toBe('LoadState=not-found\n');
  expect(await run('systemctl restart -- nobody')).toMatchObject({ code: 5, stderr: expect.stringContaining('not found') as string });
  await run('sudo -S -p x -u root -- systemctl restart -- ssh');
  expect((await run('systemctl show --property=MainPID -- ssh')).stdout).not.toBe('MainPID=402\n');
  expect((await run('ps -e -o pid= -o comm=')).stdout).toContain('ssh');
  const entries = (await run('journalctl -o json -n 10 -u ssh --grep=Started')).stdout.trim().split('\n').map((l) => JSON.parse(l) as { MESSAGE: string });
  expect(entries.map((e) => e.MESSAGE)).toEqual(['Started ssh.service', 'Started ssh.service']);
});

it('a command is no root', async () => {
  if (process.getuid?.() !== 0) return;
  expect((await run('/usr/bin/id -u')).stdout).toBe('65534\n');
  expect((await run(`echo x >${folder}/written`)).code).not.toBe(0);
});

it('the ledger counts executions', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, i) => run(`ledger step ${i}`)));
  const entries = await fleet.readLedger();
  expect(new Set(entries.map((e) => e.argument)).size).toBe(20);
  expect(entries.every((e) => e.host === 'sim-01' && Math.abs(e.at - Date.now()) < 60_000)).toBe(true);
});

it('takes a password or a key, and nothing else', async () => {
  (await login(fleet.host('sim-01'), { privateKey: readFileSync(key) })).end();
  await expect(login(fleet.host('sim-01'), { password: 'no' })).rejects.toThrow(/authentication/);
  await expect(login(fleet.host('sim-01'), { username: 'root', password: 'pw' })).rejects.toThrow(/authentication/);
  await expect(login(fleet.host('sim-02'))).rejects.toThrow(/ECONNREFUSED/);
});

it('has faults', async () => {
  const host = fleet.host('sim-01');
  host.faults.refuseAuth = true;
  await expect(login(host)).rejects.toThrow(/authentication/);
  delete host.faults.refuseAuth;
  const before = host.hostKey;
  host.changeHostKey();
  expect(host.hostKey).not.toBe(before);
  host.faults.dropAfterExecMs = 50;
  const client = await login(host);
  const gone = new Promise<void>((ok) => { client.on('error', () => undefined).on('close', () => ok()); });
  client.exec('sleep 30', () => undefined);
  await gone;
  delete host.faults.dropAfterExecMs;
});

it('the demo has the same keys and passwords at its next start', () => {
  const data = join(folder, 'demo');
  const first = demoFleet({ port: 1, data });
  expect(demoFleet({ port: 1, data })).toEqual(first);
  expect(first.filter((h) => h.tags.includes('web'))).toHaveLength(4);
  expect(first.filter((h) => h.spec.refusesConnections)).toHaveLength(1);
  expect(new Set(first.map((h) => h.spec.hostKey)).size).toBe(6);
  expect(statSync(join(data, 'web-01.json')).mode & 0o777).toBe(0o600);
  const windows = demoWindowsFleet({ port: 1, data });
  expect(demoWindowsFleet({ port: 1, data })).toEqual(windows);
  expect(windows.every((h) => h.tags.includes('win10') && h.os === 'windows' && h.spec.auth === undefined && h.spec.allowUnencrypted === undefined)).toBe(true);
  expect(new Set([...first, ...windows].map((h) => h.spec.password)).size).toBe(10);
});

it('the demo runs as a process, says when it is ready and ends on SIGTERM', async () => {
  const file = join(folder, 'fleet.json');
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/fleet/main.js')], {
    env: { ...process.env, FLEET_PORT: '0', FLEET_WINRM_PORT: '0', FLEET_DATA: join(folder, 'data'), FLEET_FILE: file }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (d: Buffer) => { printed += d.toString(); });
  const { hosts } = await waitFor(() => (printed.endsWith('\n') ? JSON.parse(printed) as { hosts: { ip: string; port: number }[] } : undefined), { what: 'the fleet to be ready' });
  expect(hosts.map((h) => h.ip)).toEqual([11, 12, 13, 14, 15, 16, 21, 22, 23, 24].map((n) => `127.0.1.${n}`));
  expect(hosts.filter((h) => h.port > 0)).toHaveLength(9);
  expect(readFileSync(file, 'utf8').trim()).toBe(printed.trim());
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const code = new Promise((ok) => { child.on('exit', ok); });
  child.kill('SIGTERM');
  expect(await code).toBe(0);
});
