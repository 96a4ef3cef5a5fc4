import type { ConnectionDto, SshCredential } from '@opsmesh/contracts';
import { startFleet, waitFor, type Fleet } from '@opsmesh/testing';
import type { Hop } from './connect.js';
import type { ConnectionLease } from './connection-lease.js';
import { ConnectionPool, DEFAULT_POOL } from './connection-pool.js';
import { DEFAULT_HOST_LIMITS, HostLimits } from './host-limits.js';

const PASSWORD = 'pool-pa55word';
const { signal } = new AbortController();
let fleet: Fleet;
let pool: ConnectionPool;
beforeAll(async () => {
  fleet = await startFleet({ hosts: ['a', 'b'].map((hostname, i) => ({ hostname, address: `127.0.2.${81 + i}`, port: 0, username: 'ops', password: PASSWORD })) });
});
afterAll(() => fleet.stop());
beforeEach(() => { pool = new ConnectionPool(new HostLimits(DEFAULT_HOST_LIMITS)); });
afterEach(() => pool.close());

function hop(name: string, more: Partial<SshCredential> = {}) {
  const { address, port, hostKey } = fleet.host(name);
  return { connection: { assetId: name, hostname: name, address, protocol: 'ssh' as const, port, credentialId: 'c1', hostKey }, credential: { kind: 'ssh' as const, username: 'ops', password: PASSWORD, ...more } };
}
const acquire = (target: Hop): Promise<ConnectionLease> => pool.acquire({ ...target, tenantId: 'default' }, signal);

it('connections with the same secrets have the same list, others have their own', async () => {
  const first = await acquire(hop('a'));
  expect((await acquire(hop('a'))).client).toBe(first.client);
  const other = await acquire(hop('b'));
  expect(other.client).not.toBe(first.client);
  expect(other.secrets).toBe(first.secrets);
  const more = await acquire(hop('b', { sudoPassword: 'for-sudo' }));
  expect(more.client).not.toBe(other.client);
  expect(more.secrets).toEqual([PASSWORD, 'for-sudo']);
});

it('a connection beyond its age is not given out again, and ends with its last user', async () => {
  pool.close();
  pool = new ConnectionPool(new HostLimits(DEFAULT_HOST_LIMITS), { ...DEFAULT_POOL, maxAgeMs: 0 });
  const first = await acquire(hop('a'));
  const second = await acquire(hop('a'));
  expect(second.client).not.toBe(first.client);
  expect([first.alive(), second.alive()]).toEqual([true, true]);
  first.release('keep');
  await waitFor(() => !first.alive(), { what: 'the old connection to end' });
  expect(second.alive()).toBe(true);
});

it('a connection that becomes ready after the end is not kept, and nobody gets it', async () => {
  const host = fleet.host('a');
  host.faults.bannerDelayMs = 300;
  const before = host.counters.connections;
  const ended = expect(acquire(hop('a'))).rejects.toMatchObject({ kind: 'unreachable', message: 'the service is shutting down' });
  await waitFor(() => host.counters.connections > before, { what: 'the connection to begin' });
  delete host.faults.bannerDelayMs;
  pool.close();
  await ended;
  expect(pool.size).toBe(0);
});

describe('a key learned under accept-new', () => {
  const learning = (more: Partial<ConnectionDto> = {}) => {
    const { connection, credential } = hop('b');
    return { connection: { ...connection, hostKey: '', hostKeyPolicy: 'accept-new' as const, ...more }, credential };
  };
  beforeEach(async () => (await acquire(learning())).release('broken'));

  it('is asked for again', async () => {
    const before = fleet.host('b').hostKey;
    fleet.host('b').changeHostKey();
    expect(fleet.host('b').hostKey).not.toBe(before);
    await expect(acquire(learning())).rejects.toMatchObject({ kind: 'hostkey-mismatch' });
  });

  it('counts no more when the policy becomes strict', async () => {
    await expect(acquire(learning({ hostKeyPolicy: 'strict' }))).rejects.toMatchObject({ kind: 'hostkey-mismatch' });
  });

  it('gives way to the key that the inventory has since', async () => {
    await expect(acquire(learning({ hostKey: fleet.host('a').hostKey }))).rejects.toMatchObject({ kind: 'hostkey-mismatch' });
  });

  it('counts beside lines for other hosts and beside revoked keys', async () => {
    fleet.host('b').changeHostKey();
    for (const line of ['elsewhere', '@revoked b']) await expect(acquire(learning({ hostKey: `${line} ${fleet.host('a').hostKey}` }))).rejects.toMatchObject({ kind: 'hostkey-mismatch' });
  });
});
