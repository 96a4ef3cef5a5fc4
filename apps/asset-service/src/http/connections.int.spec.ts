import { openKeys } from '@opsmesh/platform';
import { testService, type TestService } from '../testing/process.js';

let service: TestService;
let credentialId: string;
const T = 'conn';
const CA = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKxGVvzuPM5v2BGq8Vs8O4w4y7v9b7sVvYfA3E0lQqTz';

beforeAll(async () => {
  service = await testService();
  const credential = async (kind: string) => (await service.call('POST', '/credentials', { tenant: T, body: { name: kind, kind, username: 'u', password: 'p' } })).body['id'] as string;
  credentialId = await credential('ssh');
  const winrm = await credential('winrm');
  const made = await service.call('POST', '/assets/import', { tenant: T, body: { assets: [
    { hostname: 'Web-01', ip_address: '10.0.0.1', credential_id: credentialId, host_key: HOST_KEY, host_key_policy: 'strict' },
    { hostname: 'nat-a', ip_address: '10.0.0.9', credential_id: credentialId, port: 2201 }, { hostname: 'nat-b', ip_address: '10.0.0.9', credential_id: winrm }, { hostname: 'win-http', credential_id: winrm, tls: false }, { hostname: 'win-5985', credential_id: winrm, port: 5985 },
    { hostname: 'win-pin', credential_id: winrm, port: 15986, tls: true, tls_ca: CA, tls_fingerprint: 'AB:'.repeat(31) + 'CD' },
    { hostname: 'nat-c', ip_address: '2001:db8::1', credential_id: credentialId }, { hostname: 'nat-d', ip_address: '2001:DB8:0::1', credential_id: credentialId },
    { hostname: 'bare' }, { hostname: 'no-credential', protocol: 'ssh' }, { hostname: 'off', status: 'inactive', credential_id: credentialId }, { hostname: 'gone', status: 'decommissioned', credential_id: credentialId },
    { hostname: 'mending', status: 'maintenance', credential_id: credentialId },
  ] } });
  expect(made.body).toMatchObject({ created: 13 });
});
afterAll(() => service.close());

const connect = async (query: object) => (await service.batch('/connections', [query]))[0]!;
const resolve = (target: string, more: object = {}) => connect({ tenantId: T, target, ...more });

it('a target is an id, an address or a host name in any case', async () => {
  const first = await resolve('WEB-01');
  expect(first).toMatchObject({ status: 200, body: { hostname: 'Web-01', address: '10.0.0.1', protocol: 'ssh', port: 22, credentialId, hostKey: HOST_KEY, hostKeyPolicy: 'strict' } });
  expect((await resolve('10.0.0.1')).body).toEqual(first.body);
  expect((await resolve(first.body['assetId'] as string)).body).toEqual(first.body);
  expect((await resolve('web-01', { protocol: 'ssh' })).body).toEqual(first.body);
});

it('an asset without an address is reached by its name', async () => {
  expect((await resolve('mending')).body).toMatchObject({ address: 'mending' });
});

it('the wanted protocol decides between two assets with one address', async () => {
  expect((await resolve('10.0.0.9', { protocol: 'ssh' })).body).toMatchObject({ hostname: 'nat-a', port: 2201 });
  expect((await resolve('10.0.0.9', { protocol: 'winrm' })).body).toMatchObject({ hostname: 'nat-b', port: 5986 });
  expect(await resolve('10.0.0.9')).toMatchObject({ status: 409, body: { code: 'target-ambiguous', detail: expect.stringContaining('nat-a and nat-b') as string } });
  expect(await resolve('2001:db8:0:0::1', { protocol: 'ssh' })).toMatchObject({ status: 409, body: { code: 'target-ambiguous' } });
});

it.each([['nobody', 404, 'target-unknown'], ['10.0.0.250', 404, 'target-unknown'], ['a\0b', 404, 'target-unknown'], ["' or true --", 404, 'target-unknown'], ['bare', 422, 'target-refused'], ['no-credential', 422, 'target-refused'], ['off', 422, 'target-refused'], ['gone', 422, 'target-refused']])('%j is answered %i %s', async (target, status, code) => {
  expect(await resolve(target)).toMatchObject({ status, body: { code, detail: expect.stringMatching(/:/) as string } });
});

it('the wrong protocol is refused', async () => {
  expect(await resolve('web-01', { protocol: 'winrm' })).toMatchObject({ status: 422, body: { code: 'target-refused' } });
});

it.each<[string, object]>([
  ['nat-b', { port: 5986, tls: true }], ['win-http', { port: 5985, tls: false }], ['win-5985', { port: 5985, tls: false }], ['win-pin', { port: 15986, tls: true, tlsCa: CA, tlsFingerprint: `${'ab'.repeat(31)}cd` }],
])('%s is reached over WinRM at %j', async (target, expected) => {
  expect((await resolve(target)).body).toMatchObject({ protocol: 'winrm', ...expected });
});

it('jump hosts are given nearest first, each with its own credential and host key', async () => {
  const J = 'jump';
  const ids = await Promise.all(['a', 'b'].map(async (name) => (await service.call('POST', '/credentials', { tenant: J, body: { name, kind: 'ssh', username: name, useAgent: true } })).body['id'] as string));
  const [own, shared] = ids as [string, string];
  await service.call('POST', '/assets/import', { tenant: J, body: { assets: [
    { hostname: 'inner', credential_id: own, jump_host: 'MIDDLE' }, { hostname: 'middle', credential_id: shared, jump_host: 'outer', host_key: HOST_KEY }, { hostname: 'outer', credential_id: shared, port: 2222 },
  ] } });
  const inner = await connect({ tenantId: J, target: 'inner' });
  expect(inner.body).toMatchObject({ hostname: 'inner', credentialId: own, via: [{ hostname: 'outer', port: 2222, credentialId: shared }, { hostname: 'middle', credentialId: shared, hostKey: HOST_KEY }] });
  expect(JSON.stringify(inner.body)).not.toMatch(/via.*via/);
  await service.call('PATCH', '/assets/outer', { tenant: J, body: { status: 'inactive' } });
  expect(await connect({ tenantId: J, target: 'inner' })).toMatchObject({ status: 422, body: { code: 'target-refused', detail: expect.stringContaining('outer is inactive') as string } });
});

it('assets of another tenant are unknown', async () => {
  expect(await connect({ tenantId: 'other', target: 'web-01' })).toMatchObject({ status: 404, body: { code: 'target-unknown' } });
});

it('a token of somebody with other keys is refused', async () => {
  expect(await service.internal('/connections', { batch: [{ tenantId: T, target: 'web-01' }] }, openKeys(`${service.store.dataDir}/foreign`))).toMatchObject({ status: 401 });
});

it('an asset takes only a credential of its protocol', async () => {
  expect(await service.call('PATCH', '/assets/bare', { tenant: T, body: { protocol: 'winrm', credential_id: credentialId } })).toMatchObject({ status: 422, body: { code: 'invalid-value' } });
});

it('of many queries in one request each is answered for itself', async () => {
  const answers = await service.batch('/connections', [{ tenantId: T, target: 'web-01' }, { tenantId: T, target: 'nobody' }, { tenantId: 'other', target: 'web-01' }, { tenantId: T, target: '10.0.0.9', protocol: 'winrm' }, { tenantId: T, target: '10.0.0.9' }]);
  expect(answers).toMatchObject([{ status: 200, body: { hostname: 'Web-01' } }, { body: { code: 'target-unknown' } }, { body: { code: 'target-unknown' } }, { status: 200, body: { hostname: 'nat-b' } }, { body: { code: 'target-ambiguous' } }]);
});

describe('many targets at once', () => {
  const many = async (targets: string[], more: object = {}) => (await service.internal('/targets', { tenantId: T, targets, ...more })).body as unknown as { assetId: string | null; hostname: string; refusal: string | null }[];

  it('mean what each of them means alone', async () => {
    const names = ['WEB-01', '10.0.0.1', 'nat-b', '10.0.0.9', '2001:db8:0:0::1', 'nobody', 'a\0b', "' or true --", 'bare', 'off', 'mending', 'web-01'];
    const answers = await many(names);
    for (const [i, target] of names.entries()) {
      const alone = await resolve(target);
      if (alone.status === 200) expect(answers[i]).toMatchObject({ assetId: alone.body['assetId'], hostname: alone.body['hostname'], refusal: null, endpoints: [{ hostname: alone.body['hostname'], address: alone.body['address'], credentialId: alone.body['credentialId'] }] });
      else expect(answers[i]).toMatchObject({ refusal: alone.body['detail'] });
    }
  });

  it('the wanted protocol decides, and the wrong one is said', async () => {
    expect(await many(['10.0.0.9', 'web-01'], { protocol: 'winrm' })).toMatchObject([{ hostname: 'nat-b', refusal: null }, { hostname: 'Web-01', refusal: expect.stringContaining('by ssh, not by winrm') as string }]);
  });

  it('of another tenant are unknown', async () => {
    expect((await service.internal('/targets', { tenantId: 'someone-else', targets: ['web-01'] })).body).toMatchObject([{ assetId: null }]);
  });

  it('what a reading tool would give is told, what changes something is not', async () => {
    expect(await service.internal('/reads/asset-query', { tenantId: T, input: { filters: { hostname: 'web-01' }, fields: ['hostname'] } })).toMatchObject({ status: 200, body: { assets: [{ hostname: 'Web-01' }], total: 1 } });
    expect(await service.internal('/reads/asset-list', { tenantId: T, input: { limit: 2 } })).toMatchObject({ status: 200, body: { asset_count: 2, total: 13 } });
    expect((await service.internal('/reads/asset-query', { tenantId: T, input: { nope: 1 } })).status).toBe(422);
    expect((await service.internal('/reads/asset-delete', { tenantId: T, input: {} })).status).toBe(404);
  });
});
