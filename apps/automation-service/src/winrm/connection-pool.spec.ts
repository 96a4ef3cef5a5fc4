import { EventEmitter, once } from 'node:events';
import type { ConnectionDto } from '@opsmesh/contracts';
import { WinRmError, winRmClient, type ConnectOptions, type WinRmConnection } from '@opsmesh/winrm';
import { HostLimits } from '../ssh/host-limits.js';
import { DEFAULT_WINDOWS_POOL, WindowsConnectionPool, type WindowsPoolOptions } from './connection-pool.js';
import { DEFAULT_WINDOWS_LIMITS } from './powershell-client.js';
import type { WindowsTarget } from './windows-target.js';

class FakeConnection implements WinRmConnection {
  readonly host = 'fake';
  isOpen = true;
  openShell(): never {
    throw new Error('not used');
  }
  close(): Promise<void> {
    this.isOpen = false;
    return Promise.resolve();
  }
}

/** A signal of its own for each caller, as in the product. */
const never = () => new AbortController().signal;
const target = (more: { tenantId?: string; password?: string; connection?: Partial<ConnectionDto> } = {}): WindowsTarget => ({
  tenantId: more.tenantId ?? 't1', credential: { kind: 'winrm', username: 'ops', password: more.password ?? 'pa55word' },
  connection: { assetId: 'a1', hostname: 'WIN-01', address: '10.0.0.5', protocol: 'winrm', port: 5986, credentialId: 'c1', ...more.connection },
});

function poolOf(connect: (options: ConnectOptions) => Promise<WinRmConnection>, options: Partial<WindowsPoolOptions> = {}) {
  return new WindowsConnectionPool({ connect }, new HostLimits(DEFAULT_WINDOWS_LIMITS), { ...DEFAULT_WINDOWS_POOL, ...options });
}

it('a connection has one user at a time, and the next one after him', async () => {
  let made = 0;
  const pool = poolOf(() => { made++; return Promise.resolve(new FakeConnection()); });
  const [a, b] = await Promise.all([pool.acquire(target(), never()), pool.acquire(target(), never())]);
  expect(a.connection).not.toBe(b.connection);
  a.release();
  a.release();
  const c = await pool.acquire(target(), never());
  expect(c.connection).toBe(a.connection);
  expect([a.reused, b.reused, c.reused, made]).toEqual([false, false, true, 2]);
  await pool.close();
});

it.each<[string, Parameters<typeof target>[0]]>([
  ['tenant', { tenantId: 't2' }], ['password', { password: 'another' }], ['asset', { connection: { assetId: 'a2' } }], ['address', { connection: { address: '10.0.0.6' } }], ['port', { connection: { port: 5987 } }],
  ['CA', { connection: { tlsCa: 'CA' } }], ['pin', { connection: { tlsFingerprint: 'ab'.repeat(32) } }], ['TLS', { connection: { tls: true } }], ['credential', { connection: { credentialId: 'c2' } }],
])('is not reused for another %s', async (_what, other) => {
  const pool = poolOf(() => Promise.resolve(new FakeConnection()));
  (await pool.acquire(target(), never())).release();
  expect((await pool.acquire(target(other), never())).reused).toBe(false);
  expect((await pool.acquire(target(), never())).reused).toBe(true);
  await pool.close();
});

it('a wrong password is sent once, however many ask at the same time', async () => {
  let tries = 0;
  const pool = poolOf(async () => { tries++; await Promise.resolve(); throw new WinRmError('auth-failed', 'no'); });
  const ends = await Promise.allSettled(Array.from({ length: 50 }, () => pool.acquire(target(), never())));
  expect(ends.every((e) => e.status === 'rejected' && (e.reason as WinRmError).code === 'auth-failed')).toBe(true);
  expect(tries).toBe(1);
});

it('a failure that says nothing of the password is not shared: the next one tries', async () => {
  let tries = 0;
  const pool = poolOf(() => (++tries === 1 ? Promise.reject(new WinRmError('unreachable', 'no')) : Promise.resolve(new FakeConnection())));
  const ends = await Promise.allSettled([pool.acquire(target(), never()), pool.acquire(target(), never()), pool.acquire(target(), never())]);
  expect(ends.map((e) => e.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
});

it('an asset with a CA that cannot be read is refused, and nothing is connected', async () => {
  const tlsCa = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  await expect(poolOf((options) => winRmClient.connect(options)).acquire(target({ connection: { tlsCa } }), never())).rejects.toMatchObject({ failure: { code: 'target-refused', message: expect.stringContaining('tls.ca') as string } });
});

it('an ended, a too old and an expired connection are not given out', async () => {
  const pool = poolOf(() => Promise.resolve(new FakeConnection()));
  const ended = await pool.acquire(target(), never());
  await ended.connection.close();
  ended.release();
  expect(pool.size).toBe(0);
  const old = poolOf(() => Promise.resolve(new FakeConnection()), { maxAgeMs: 0 });
  const first = await old.acquire(target(), never());
  first.release();
  expect((await old.acquire(target(), never())).reused).toBe(false);
  expect(first.connection.isOpen).toBe(false);
});

it('an unused connection is closed after its time', async () => {
  const connection = new FakeConnection();
  const closed = new Promise<void>((ok) => { connection.close = () => { connection.isOpen = false; ok(); return Promise.resolve(); }; });
  const pool = poolOf(() => Promise.resolve(connection), { idleMs: 10 });
  (await pool.acquire(target(), never())).release();
  // The pool's own timers keep no process alive; this spec waits for one.
  const alive = setInterval(() => undefined, 1000);
  await closed;
  clearInterval(alive);
  expect(pool.size).toBe(0);
});

it('keeps no more unused connections than allowed, the newest ones', async () => {
  const pool = poolOf(() => Promise.resolve(new FakeConnection()), { maxIdle: 2 });
  const leases = await Promise.all(['1', '2', '3'].map((n) => pool.acquire(target({ connection: { address: `10.0.0.${n}` } }), never())));
  for (const lease of leases) lease.release();
  expect(pool.size).toBe(2);
  expect(leases.map((l) => l.connection.isOpen)).toEqual([false, true, true]);
  await pool.close();
});

it('who is interrupted while he waits gets the reason, and the one who connects goes on', async () => {
  const gate = new EventEmitter();
  const pool = poolOf(async () => (await once(gate, 'open') as [WinRmConnection])[0]);
  const first = pool.acquire(target(), never());
  const abort = new AbortController();
  const second = pool.acquire(target(), abort.signal);
  abort.abort('enough');
  await expect(second).rejects.toBe('enough');
  gate.emit('open', new FakeConnection());
  expect((await first).connection.isOpen).toBe(true);
});

it('nothing is kept after the end', async () => {
  const pool = poolOf(() => Promise.resolve(new FakeConnection()));
  const [kept, used] = await Promise.all([pool.acquire(target(), never()), pool.acquire(target(), never())]);
  kept.release();
  await pool.close();
  used.release();
  expect([pool.size, kept.connection.isOpen, used.connection.isOpen]).toEqual([0, false, false]);
});
