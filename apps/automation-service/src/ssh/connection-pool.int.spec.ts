import type { SshCredential } from '@opsmesh/contracts';
import { startFleet, type Fleet } from '@opsmesh/testing';
import { ConnectionPool, type ConnectionLease } from './connection-pool.js';
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
const acquire = (target: ReturnType<typeof hop>): Promise<ConnectionLease> => pool.acquire({ ...target, tenantId: 'default' }, signal);

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
