import { openKeys } from '@opsmesh/platform';
import { testService, type TestService } from '../testing/process.js';

let service: TestService;
let credentialId: string;
const T = 'conn';
const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKxGVvzuPM5v2BGq8Vs8O4w4y7v9b7sVvYfA3E0lQqTz';

beforeAll(async () => {
  service = await testService();
  const credential = async (kind: string) => (await service.call('POST', '/credentials', { tenant: T, body: { name: kind, kind, username: 'u', password: 'p' } })).body['id'] as string;
  credentialId = await credential('ssh');
  const winrm = await credential('winrm');
  const made = await service.call('POST', '/assets/import', { tenant: T, body: { assets: [
    { hostname: 'Web-01', ip_address: '10.0.0.1', credential_id: credentialId, host_key: HOST_KEY, host_key_policy: 'strict' },
    { hostname: 'nat-a', ip_address: '10.0.0.9', credential_id: credentialId, port: 2201 }, { hostname: 'nat-b', ip_address: '10.0.0.9', credential_id: winrm },
    { hostname: 'nat-c', ip_address: '2001:db8::1', credential_id: credentialId }, { hostname: 'nat-d', ip_address: '2001:DB8:0::1', credential_id: credentialId },
    { hostname: 'bare' }, { hostname: 'no-credential', protocol: 'ssh' }, { hostname: 'off', status: 'inactive', credential_id: credentialId }, { hostname: 'gone', status: 'decommissioned', credential_id: credentialId },
    { hostname: 'mending', status: 'maintenance', credential_id: credentialId },
  ] } });
  expect(made.body).toMatchObject({ created: 10 });
});
afterAll(() => service.close());

const resolve = (target: string, more: object = {}) => service.internal('/connections', { tenantId: T, target, ...more });

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

it('assets of another tenant are unknown', async () => {
  expect(await service.internal('/connections', { tenantId: 'other', target: 'web-01' })).toMatchObject({ status: 404, body: { code: 'target-unknown' } });
});

it('a token of somebody with other keys is refused', async () => {
  expect(await service.internal('/connections', { tenantId: T, target: 'web-01' }, openKeys(`${service.store.dataDir}/foreign`))).toMatchObject({ status: 401 });
});

it('an asset takes only a credential of its protocol', async () => {
  expect(await service.call('PATCH', '/assets/bare', { tenant: T, body: { protocol: 'winrm', credential_id: credentialId } })).toMatchObject({ status: 422, body: { code: 'invalid-value' } });
});
