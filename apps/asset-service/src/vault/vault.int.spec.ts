import { copyFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testService, type TestService } from '../testing/process.js';
import { EnvelopeBroken } from './envelope.js';
import { VaultService } from './vault.service.js';

const CANARY = 'cAnArY-3f9a-Zürich';
const PRIVATE_KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${CANARY}-pk\n-----END OPENSSH PRIVATE KEY-----\n`;

const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${Buffer.from(CANARY).toString('base64')}\n-----END CERTIFICATE-----\n`;

let service: TestService;
let vault: VaultService;
beforeAll(async () => {
  service = await testService();
  vault = service.get(VaultService);
});
afterAll(() => service.close());

const create = async (tenant: string, body: object) => (await service.call('POST', '/credentials', { tenant, body })).body['id'] as string;
const open = (tenant: string, id: string) => vault.open(tenant, id);

it('what went in comes out of the vault only, and a new version replaces it', async () => {
  const made = await service.call('POST', '/credentials', { tenant: 'v', body: { name: 'root key', kind: 'ssh', username: 'root', privateKey: PRIVATE_KEY, passphrase: `${CANARY}-pp` } });
  expect(made).toMatchObject({ status: 201, body: { name: 'root key', kind: 'ssh', username: 'root', assetId: null, version: 1, createdAt: expect.stringMatching(/^20.*Z$/) as string } });
  expect(Object.keys(made.body).sort()).toEqual(['assetId', 'createdAt', 'id', 'kind', 'name', 'updatedAt', 'username', 'version']);
  const id = made.body['id'] as string;
  expect(await open('v', id)).toEqual({ assetId: null, version: 1, credential: { kind: 'ssh', username: 'root', privateKey: PRIVATE_KEY, passphrase: `${CANARY}-pp` } });
  const replaced = await service.call('PUT', `/credentials/${id}`, { tenant: 'v', body: { username: 'admin', password: `${CANARY}-2` } });
  expect(replaced).toMatchObject({ status: 200, body: { id, version: 2, username: 'admin' } });
  expect((await open('v', id))?.credential).toEqual({ kind: 'ssh', username: 'admin', password: `${CANARY}-2` });
  const listed = await service.call('GET', '/credentials', { tenant: 'v' });
  expect(listed.body['credentials']).toEqual([expect.objectContaining({ id, version: 2 })]);
  expect(listed.text).not.toContain(CANARY);
});

it.each<[string, object]>([
  ['an ssh credential without a secret', { kind: 'ssh', username: 'u' }], ['a passphrase without a key', { kind: 'ssh', username: 'u', password: CANARY, passphrase: CANARY }],
  ['winrm without a password', { kind: 'winrm', username: 'u' }], ['winrm with a certificate and no key', { kind: 'winrm', username: 'u', certificate: CERTIFICATE }], ['winrm with a password and a certificate', { kind: 'winrm', username: 'u', password: CANARY, certificate: CERTIFICATE, privateKey: PRIVATE_KEY }],
  ['winrm with an agent', { kind: 'winrm', username: 'u', password: CANARY, useAgent: true }], ['ssh with a certificate', { kind: 'ssh', username: 'u', password: CANARY, certificate: CERTIFICATE }], ['a sudo password of two lines', { kind: 'ssh', username: 'u', password: CANARY, sudoPassword: `${CANARY}\n` }],
  ['winrm with a key', { kind: 'winrm', username: 'u', password: CANARY, privateKey: PRIVATE_KEY }],
  ['a key that is none', { kind: 'ssh', username: 'u', privateKey: CANARY }], ['a NUL', { kind: 'ssh', username: 'u', password: `${CANARY}\0` }],
  ['an unknown kind', { kind: 'telnet', username: 'u', password: CANARY }], ['an unknown field', { kind: 'ssh', username: 'u', password: CANARY, also: CANARY }],
  ['an unknown asset', { kind: 'ssh', username: 'u', password: CANARY, assetId: '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a' }],
])('%s is refused without repeating it', async (_what, body) => {
  const answer = await service.call('POST', '/credentials', { tenant: 'v', body: { name: 'bad', ...body } });
  expect(answer.status).toBe(422);
  expect(answer.text).not.toContain(CANARY);
});

it.each<[string, object]>([
  ['the agent alone', { kind: 'ssh', username: 'u', useAgent: true }], ['a password for sudo', { kind: 'ssh', username: 'u', privateKey: PRIVATE_KEY, sudoPassword: CANARY }],
  ['a client certificate', { kind: 'winrm', username: 'u', certificate: CERTIFICATE, privateKey: PRIVATE_KEY, passphrase: CANARY }],
])('%s is a credential', async (name, given) => {
  expect((await open('kinds', await create('kinds', { name, ...given })))?.credential).toEqual(given);
});

it('a name is taken once, and a credential in use stays', async () => {
  const id = await create('v2', { name: 'n', kind: 'winrm', username: 'u', password: CANARY });
  expect(await service.call('POST', '/credentials', { tenant: 'v2', body: { name: 'n', kind: 'winrm', username: 'u', password: CANARY } })).toMatchObject({ status: 409, body: { code: 'conflict' } });
  await service.call('POST', '/assets', { tenant: 'v2', body: { hostname: 'user-of-it', credential_id: id } });
  expect(await service.call('DELETE', `/credentials/${id}`, { tenant: 'v2' })).toMatchObject({ status: 409, body: { detail: expect.stringContaining('user-of-it') as string } });
  await service.call('PATCH', '/assets/user-of-it', { tenant: 'v2', body: { credential_id: null } });
  expect((await service.call('DELETE', `/credentials/${id}`, { tenant: 'v2' })).status).toBe(204);
  expect(await open('v2', id)).toBeUndefined();
});

it('a credential of one asset is refused to others and goes with it', async () => {
  const asset = (await service.call('POST', '/assets', { tenant: 'v3', body: { hostname: 'owner' } })).body['id'] as string;
  await service.call('POST', '/assets', { tenant: 'v3', body: { hostname: 'other' } });
  const id = await create('v3', { name: 'own', kind: 'ssh', username: 'u', password: CANARY, assetId: asset });
  expect(await service.call('PATCH', '/assets/other', { tenant: 'v3', body: { credential_id: id } })).toMatchObject({ status: 422 });
  expect(await service.call('PATCH', '/assets/owner', { tenant: 'v3', body: { credential_id: id } })).toMatchObject({ status: 200, body: { protocol: 'ssh' } });
  expect((await open('v3', id))?.assetId).toBe(asset);
  await service.call('DELETE', '/assets/owner', { tenant: 'v3' });
  expect(await open('v3', id)).toBeUndefined();
});

describe('a sealed credential that was put somewhere else does not open', () => {
  let a: string;
  let b: string;
  let foreign: string;
  beforeEach(async () => {
    await service.store.sql("delete from assets.credentials where tenant_id in ('s1', 's2')");
    a = await create('s1', { name: 'a', kind: 'winrm', username: 'u', password: 'secret-a' });
    b = await create('s1', { name: 'b', kind: 'winrm', username: 'u', password: 'secret-b' });
    foreign = await create('s2', { name: 'a', kind: 'winrm', username: 'u', password: 'secret-f' });
  });
  const copy = (from: string, to: string, columns = 'sealed = f.sealed, sealed_key = f.sealed_key') => service.store.sql(`update assets.credentials t set ${columns} from assets.credentials f where f.id = $1 and t.id = $2`, [from, to]);

  it('in another row of the tenant', async () => {
    await copy(a, b);
    await expect(open('s1', b)).rejects.toBeInstanceOf(EnvelopeBroken);
  });
  it('in a row of another tenant', async () => {
    await copy(a, foreign);
    await expect(open('s2', foreign)).rejects.toBeInstanceOf(EnvelopeBroken);
  });
  it('only the inner layer, or only the outer', async () => {
    await copy(a, b, 'sealed = f.sealed');
    await expect(open('s1', b)).rejects.toBeInstanceOf(EnvelopeBroken);
    await copy(a, foreign, 'sealed_key = f.sealed_key');
    await expect(open('s2', foreign)).rejects.toBeInstanceOf(EnvelopeBroken);
  });
  it('when the row is moved to another tenant, version or owner', async () => {
    await service.store.sql("update assets.credentials set tenant_id = 's2', name = 'moved' where id = $1", [a]);
    await expect(open('s2', a)).rejects.toBeInstanceOf(EnvelopeBroken);
    await service.store.sql('update assets.credentials set version = 2 where id = $1', [b]);
    await expect(open('s1', b)).rejects.toBeInstanceOf(EnvelopeBroken);
    const asset = (await service.call('POST', '/assets', { tenant: 's2', body: { hostname: 'owner' } })).body['id'];
    await service.store.sql('update assets.credentials set asset_id = $2 where id = $1', [foreign, asset]);
    await expect(open('s2', foreign)).rejects.toBeInstanceOf(EnvelopeBroken);
  });
  it('when a bit was changed', async () => {
    await service.store.sql('update assets.credentials set sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1) where id = $1', [a]);
    await expect(open('s1', a)).rejects.toBeInstanceOf(EnvelopeBroken);
  });
});

describe('the vault key', () => {
  const folder = async (prepare: (keys: string) => Promise<void>): Promise<string> => {
    const dir = await mkdtemp(join(tmpdir(), 'opsmesh-vault-'));
    await mkdir(join(dir, 'keys'), { mode: 0o700 });
    await prepare(join(dir, 'keys'));
    return dir;
  };

  it('is a file that nobody else can read', async () => {
    const { mode, size } = await stat(join(service.store.dataDir, 'keys', 'vault.key'));
    expect([mode & 0o777, size]).toEqual([0o600, 32]);
  });

  it('lets the service start again', async () => {
    const dir = await folder(async (keys) => copyFile(join(service.store.dataDir, 'keys', 'vault.key'), join(keys, 'vault.key')));
    await (await service.store.reopen(dir)).close();
    await rm(dir, { recursive: true });
  });

  it('that is wrong stops the start and says what to restore', async () => {
    await create('k', { name: 'k', kind: 'winrm', username: 'u', password: CANARY });
    const dir = await folder((keys) => writeFile(join(keys, 'vault.key'), randomBytes(32), { mode: 0o600 }));
    await expect(service.store.reopen(dir)).rejects.toMatchObject({ name: 'StartError', message: expect.stringMatching(/vault\.key is not the one.*restore the right vault\.key from a backup/) as string });
    await rm(dir, { recursive: true });
  });

  it('that is missing stops the start, and none is made', async () => {
    const dir = await folder(() => Promise.resolve());
    await expect(service.store.reopen(dir)).rejects.toMatchObject({ name: 'StartError', message: expect.stringMatching(/vault\.key is missing.*restore vault\.key from a backup/) as string });
    await expect(stat(join(dir, 'keys', 'vault.key'))).rejects.toMatchObject({ code: 'ENOENT' });
    await rm(dir, { recursive: true });
  });

  it('may be a new one while the vault is empty, and then the process with the old one can seal nothing', async () => {
    const other = await testService();
    const dir = await folder(() => Promise.resolve());
    try {
      await (await other.store.reopen(dir)).close();
      expect(await other.call('POST', '/credentials', { body: { name: 'n', kind: 'winrm', username: 'u', password: CANARY } })).toMatchObject({ status: 409, body: { detail: expect.stringContaining('restart it with the right vault.key') as string } });
    } finally {
      await other.close();
      await rm(dir, { recursive: true });
    }
  });
});

it('no secret is in any table or log line, in whatever encoding', async () => {
  await create('canary', { name: 'c', kind: 'ssh', username: 'u', password: CANARY, privateKey: PRIVATE_KEY, passphrase: CANARY });
  const tables = await service.store.sql("select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')");
  expect(tables.length).toBeGreaterThanOrEqual(6);
  let dump = '';
  for (const { name } of tables) dump += JSON.stringify(await service.store.sql(`select t::text as row from ${name as string} t`));
  expect(dump).toContain('root key');
  const bytes = Buffer.from(CANARY);
  for (const text of [dump, service.store.logged.join('')]) {
    for (const form of [CANARY, bytes.toString('base64').slice(0, -3), bytes.toString('hex'), encodeURIComponent(CANARY)]) expect(text).not.toContain(form);
  }
});
