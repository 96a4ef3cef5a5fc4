import { GRANT_SECONDS, type Endpoint, type GrantClaims, type TargetFacts } from '@opsmesh/contracts';
import { endpointsSha256 } from '@opsmesh/platform';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { testService, type TestService } from '../testing/process.js';

const T = 'approved';
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA';
let service: TestService;
let worker: JWK;
let keyThumbprint: string;
let credentialId: string;
let hopCredential: string;
let attempts = 0;

beforeAll(async () => {
  service = await testService();
  worker = await exportJWK((await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true })).publicKey);
  keyThumbprint = await calculateJwkThumbprint(worker);
});
afterAll(() => service.close());

beforeEach(async () => {
  await service.store.sql(`update assets.assets set jump_host_id = null where tenant_id = $1`, [T]);
  await service.store.sql('delete from assets.assets where tenant_id = $1', [T]);
  await service.store.sql('delete from assets.credentials where tenant_id = $1', [T]);
  [credentialId, hopCredential] = await Promise.all(['c', 'hop'].map((name) => made('/credentials', { name, kind: 'ssh', username: name, password: `secret of ${name}` }))) as [string, string];
  await made('/assets', { hostname: 'gate', ip_address: '10.1.0.1', credential_id: hopCredential, host_key: KEY });
  await made('/assets', { hostname: 'web', ip_address: '10.1.0.2', credential_id: credentialId, host_key: KEY, jump_host: 'gate' });
});

async function made(path: string, body: object): Promise<string> {
  const { status, body: { id }, text } = await service.call('POST', path, { tenant: T, body });
  if (status !== 201) throw new Error(`${path}: ${text}`);
  return id as string;
}

const patch = async (hostname: string, body: object): Promise<void> => {
  const { status, text } = await service.call('PATCH', `/assets/${hostname}`, { tenant: T, body });
  if (status !== 200) throw new Error(text);
};
const rotate = (id: string): Promise<unknown> => service.call('PUT', `/credentials/${id}`, { tenant: T, body: { username: 'root', password: 'of somebody else' } });
const endpoints = async (target = 'web'): Promise<readonly Endpoint[]> => ((await service.internal('/targets', { tenantId: T, targets: [target] })).body as unknown as TargetFacts[])[0]!.endpoints;

/** A lease of the target's credential, or another one, with a grant for what was approved. */
async function lease(approved: readonly Endpoint[] | null, { id = credentialId, way = approved ?? [] }: { id?: string; way?: readonly Endpoint[] } = {}): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const attempt = `0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a.s.0.${++attempts}`;
  const ids = way.map((e) => e.assetId);
  const claims: GrantClaims = {
    jti: attempt, attempt, iat, exp: iat + GRANT_SECONDS, tenant: T, worker: 'automation-1', tool: 'run-command', targets: ids.slice(-1), via: ids.slice(0, -1), credentialIds: [credentialId, hopCredential], inputSha256: 'a'.repeat(64), keyThumbprint,
    manifestSha256: approved && 'b'.repeat(64), endpointsSha256: approved && endpointsSha256(approved),
  };
  const [answer] = await service.batch('/leases', [{ grant: await service.store.keys.grantSigner().sign(claims), credentialId: id, publicKey: JSON.stringify(worker) }]);
  const [row] = await service.store.sql('select outcome from assets.lease_audit where attempt_id = $1', [attempt]);
  const told = answer!.status === 200 ? 'granted' : answer!.body['code'] as string;
  expect(row).toEqual({ outcome: told });
  return told;
}

it('a target is told with everything that decides where a command goes, and as whom', async () => {
  expect(await endpoints()).toEqual([
    { assetId: expect.any(String) as string, hostname: 'gate', address: '10.1.0.1', protocol: 'ssh', port: 22, hostKeys: [expect.stringMatching(/^ssh-ed25519 SHA256:[\w+/]{43}$/) as string], hostKeyPolicy: 'strict', tls: null, tlsCa: null, tlsFingerprint: null, credentialId: hopCredential, credentialVersion: 1 },
    expect.objectContaining({ hostname: 'web', address: '10.1.0.2', credentialId, credentialVersion: 1 }),
  ]);
  await patch('web', { status: 'inactive' });
  expect(await endpoints()).toEqual([]);
});

it('what was approved and is unchanged is leased, of the target and of its jump host', async () => {
  const approved = await endpoints();
  expect([await lease(approved), await lease(approved, { id: hopCredential })]).toEqual(['granted', 'granted']);
});

it.each<[string, () => Promise<unknown>]>([
  ['another address', () => patch('web', { ip_address: '10.1.0.9' })],
  ['another name', () => patch('web', { hostname: 'web-b' })],
  ['another port', () => patch('web', { port: 2222 })],
  ['another host key', () => patch('web', { host_key: KEY.replace('IAAA', 'IBBB') })],
  ['no check of its host key', () => patch('web', { host_key_policy: 'off' })],
  ['a new secret', () => rotate(credentialId)],
  ['another credential', () => patch('web', { credential_id: hopCredential })],
  ['no jump host', () => patch('web', { jump_host: null })],
  ['another address of its jump host', () => patch('gate', { ip_address: '10.1.0.9' })],
  ['a new secret of its jump host', () => rotate(hopCredential)],
  ['a jump host before its jump host', async () => { await made('/assets', { hostname: 'outer', ip_address: '10.1.0.3', credential_id: hopCredential }); await patch('gate', { jump_host: 'outer' }); }],
])('a target that has got %s since gives no credential: target-changed', async (_what, change) => {
  const approved = await endpoints();
  await change();
  expect([await lease(approved), await lease(approved, { id: hopCredential })]).toEqual(['target-changed', 'target-changed']);
});

it('a target that was changed and changed back is the one that was approved', async () => {
  const approved = await endpoints();
  await patch('web', { ip_address: '10.1.0.9', host_key_policy: 'off' });
  await patch('web', { ip_address: '10.1.0.2', host_key_policy: 'strict', host_key: `${KEY} with a comment`, location: 'elsewhere' });
  expect(await lease(approved)).toBe('granted');
});

it('a target that is gone, or switched off, gives none', async () => {
  const approved = await endpoints();
  await patch('web', { status: 'inactive' });
  expect(await lease(approved)).toBe('target-refused');
  await service.call('DELETE', '/assets/web', { tenant: T });
  expect(await lease(approved)).toBe('target-changed');
});

it('without an approval the inventory of the moment counts', async () => {
  const way = await endpoints();
  await patch('web', { ip_address: '10.1.0.9' });
  await rotate(credentialId);
  expect(await lease(null, { way })).toBe('granted');
});
