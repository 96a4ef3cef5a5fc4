import { GRANT_SECONDS, type GrantClaims } from '@opsmesh/contracts';
import { openKeys } from '@opsmesh/platform';
import { calculateJwkThumbprint, compactDecrypt, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { testService, type TestService } from '../testing/process.js';
import { LeaseAuditSweeper } from './lease-audit-sweeper.js';
import { UsedGrantSweeper } from './used-grant-sweeper.js';

const T = 'lease';
const SECRET = 'pa$$-Wörd-canary';
let service: TestService;
let credentialId: string;
let worker: { privateKey: CryptoKey; jwk: JWK; thumbprint: string };
let attempts = 0;

beforeAll(async () => {
  service = await testService();
  credentialId = (await service.call('POST', '/credentials', { tenant: T, body: { name: 'c', kind: 'winrm', username: 'LAB\\admin', password: SECRET } })).body['id'] as string;
  worker = await keyPair();
});
afterAll(() => service.close());

async function keyPair() {
  const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
  const jwk = await exportJWK(publicKey);
  return { privateKey: privateKey as CryptoKey, jwk, thumbprint: await calculateJwkThumbprint(jwk) };
}

function claims(change: Partial<GrantClaims> = {}): GrantClaims {
  const now = Math.floor(Date.now() / 1000);
  return {
    jti: `0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a.s.0.${++attempts}`, attempt: `0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a.s.0.${attempts}`, iat: now, exp: now + GRANT_SECONDS, tenant: T, worker: 'automation-1', tool: 'Get-Volume', targets: [], via: [],
    credentialIds: [credentialId], inputSha256: 'a'.repeat(64), keyThumbprint: worker.thumbprint, manifestSha256: null, endpointsSha256: null, ...change,
  };
}
const grant = (change: Partial<GrantClaims> = {}, keys = service.store.keys) => keys.grantSigner().sign(claims(change));
const request = (text: string, { id = credentialId, jwk = worker.jwk }: { id?: string; jwk?: JWK } = {}) => ({ grant: text, credentialId: id, publicKey: JSON.stringify(jwk) });
const lease = async (...given: Parameters<typeof request>) => (await service.batch('/leases', [request(...given)]))[0]!;
const audit = (attemptId: string) => service.store.sql('select tenant_id, worker_id, tool, credential_id, credential_version, outcome from assets.lease_audit where attempt_id = $1 order by id', [attemptId]);
const refused = (status: number, code: string) => expect.objectContaining({ status, body: expect.objectContaining({ code }) as unknown }) as unknown;

it('a grant is exchanged for the credential, sealed to the worker\'s key, and the exchange is recorded', async () => {
  const given = claims();
  const answer = await lease(await service.store.keys.grantSigner().sign(given));
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body)).toEqual(['sealed']);
  const { plaintext, protectedHeader } = await compactDecrypt(answer.body['sealed'] as string, worker.privateKey);
  expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM' });
  expect(JSON.parse(Buffer.from(plaintext).toString())).toEqual({ kind: 'winrm', username: 'LAB\\admin', password: SECRET });
  expect(await audit(given.jti)).toEqual([{ tenant_id: T, worker_id: 'automation-1', tool: 'Get-Volume', credential_id: credentialId, credential_version: 1, outcome: 'granted' }]);
  expect(service.store.logged.filter((l) => l.includes(given.jti) && l.includes('granted'))).toHaveLength(1);
});

it('nobody else can open it', async () => {
  const other = await keyPair();
  const answer = await lease(await grant());
  await expect(compactDecrypt(answer.body['sealed'] as string, other.privateKey)).rejects.toThrow();
});

it('of 20 parallel requests with one grant exactly one succeeds', async () => {
  const given = claims();
  const text = await service.store.keys.grantSigner().sign(given);
  const answers = await Promise.all(Array.from({ length: 20 }, () => lease(text)));
  expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
  expect(answers.filter((a) => a.status === 409 && a.body['code'] === 'grant-used')).toHaveLength(19);
  expect((await audit(given.jti)).map((r) => r['outcome']).sort()).toEqual([...Array.from({ length: 19 }, () => 'grant-used'), 'granted']);
});

it('of many leases in one request each is answered for itself, and each leaves its row', async () => {
  const { keys } = service.store;
  const [first, second, foreign] = [claims(), claims(), claims({ tenant: 'other' })];
  const texts = await Promise.all([first, second, foreign].map((c) => keys.grantSigner().sign(c)));
  const answers = await service.batch('/leases', [request(texts[0]!), request('nonsense'), request(texts[2]!), request(texts[0]!), request(texts[1]!), request(texts[1]!, { id: '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a' })]);
  const told = answers.map((a) => `${a.status} ${String(a.body['code'])}`);
  expect([told[1], told[2], told[4], told[5]]).toEqual(['403 grant-invalid', '404 credential-unavailable', '200 undefined', '403 grant-invalid']);
  expect([told[0], told[3]].sort()).toEqual(['200 undefined', '409 grant-used']);
  for (const i of [told.indexOf('200 undefined'), 4]) expect(Buffer.from((await compactDecrypt(answers[i]!.body['sealed'] as string, worker.privateKey)).plaintext).toString()).toContain(SECRET);
  expect((await audit(first.jti)).map((r) => [r['outcome'], r['credential_version']]).sort()).toEqual([['grant-used', null], ['granted', 1]]);
  expect((await audit(second.jti)).map((r) => r['outcome']).sort()).toEqual(['grant-invalid', 'granted']);
  expect((await audit(foreign.jti)).map((r) => r['outcome'])).toEqual(['credential-unavailable']);
});

it('one grant covers the target and its jump hosts, each credential once', async () => {
  const { id: hop } = (await service.call('POST', '/credentials', { tenant: T, body: { name: 'hop', kind: 'ssh', username: 'u', useAgent: true, sudoPassword: SECRET } })).body as { id: string };
  const text = await grant({ credentialIds: [credentialId, hop], via: ['h'] });
  expect((await lease(text)).status).toBe(200);
  const { status, body } = await lease(text, { id: hop });
  expect(status).toBe(200);
  expect(JSON.parse(Buffer.from((await compactDecrypt(body['sealed'] as string, worker.privateKey)).plaintext).toString())).toEqual({ kind: 'ssh', username: 'u', useAgent: true, sudoPassword: SECRET });
  for (const id of [credentialId, hop]) expect(await lease(text, { id })).toEqual(refused(409, 'grant-used'));
});

it('the newest version is given', async () => {
  const { id } = (await service.call('POST', '/credentials', { tenant: T, body: { name: 'v', kind: 'ssh', username: 'u', password: 'old' } })).body as { id: string };
  await service.call('PUT', `/credentials/${id}`, { tenant: T, body: { username: 'u', password: 'new' } });
  const { body } = await lease(await grant({ credentialIds: [id] }), { id });
  expect(Buffer.from((await compactDecrypt(body['sealed'] as string, worker.privateKey)).plaintext).toString()).toContain('"new"');
});

describe('refused, and the grant stays unused', () => {
  const at = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

  it('an expired grant', async () => expect(await lease(await grant({ iat: at(-61), exp: at(-1) }))).toEqual(refused(403, 'grant-expired')));
  it('a grant that would live too long', async () => expect(await lease(await grant({ exp: at(3600) }))).toEqual(refused(403, 'grant-invalid')));
  it('a grant signed by another key', async () => expect(await lease(await grant({}, openKeys(`${service.store.dataDir}/foreign`)))).toEqual(refused(403, 'grant-invalid')));
  it('no grant at all', async () => expect(await lease('nonsense')).toEqual(refused(403, 'grant-invalid')));

  it('a tampered grant', async () => {
    const [head, body, signature] = (await grant({ tenant: 'other' })).split('.') as [string, string, string];
    const changed = Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(body, 'base64url').toString()) as object), tenant: T })).toString('base64url');
    expect(await lease(`${head}.${changed}.${signature}`)).toEqual(refused(403, 'grant-invalid'));
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'opsmesh-grant+jwt' })).toString('base64url');
    expect(await lease(`${none}.${changed}.`)).toEqual(refused(403, 'grant-invalid'));
  });

  it('another key than the grant names', async () => {
    const given = claims();
    const text = await service.store.keys.grantSigner().sign(given);
    expect(await lease(text, { jwk: (await keyPair()).jwk })).toEqual(refused(403, 'grant-invalid'));
    expect(await audit(given.jti)).toEqual([expect.objectContaining({ outcome: 'grant-invalid', credential_version: null })]);
    expect((await lease(text)).status).toBe(200);
  });

  it.each([['no JSON', '{'], ['no object', '7'], ['an EC key', '{"kty":"EC","crv":"P-256","x":"a","y":"b"}'], ['an Ed25519 key', `{"kty":"OKP","crv":"Ed25519","x":"${'A'.repeat(43)}"}`]])('%s as the key', async (_what, publicKey) => {
    expect(await service.batch('/leases', [{ ...request(await grant()), publicKey }])).toEqual([refused(403, 'grant-invalid')]);
  });

  it('a credential of another tenant', async () => {
    const given = claims({ tenant: 'other' });
    expect(await lease(await service.store.keys.grantSigner().sign(given))).toEqual(refused(404, 'credential-unavailable'));
    expect(await audit(given.jti)).toEqual([expect.objectContaining({ tenant_id: 'other', outcome: 'credential-unavailable' })]);
    expect(await service.store.sql('select 1 from assets.used_grants where jti = $1', [given.jti])).toEqual([]);
  });

  it('a credential that the grant does not name', async () => {
    const given = claims({ credentialIds: [] });
    expect(await lease(await service.store.keys.grantSigner().sign(given))).toEqual(refused(403, 'grant-invalid'));
    expect(await audit(given.jti)).toEqual([expect.objectContaining({ credential_id: credentialId, outcome: 'grant-invalid' })]);
    expect(await lease(await grant(), { id: '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a' })).toEqual(refused(403, 'grant-invalid'));
  });

  it.each(['x', '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a'])('a credential that is not there (%s)', async (id) => {
    expect(await lease(await grant({ credentialIds: [id] }), { id })).toEqual(refused(404, 'credential-unavailable'));
  });

  it('a credential of one asset for another target', async () => {
    const asset = (await service.call('POST', '/assets', { tenant: T, body: { hostname: 'owner' } })).body['id'] as string;
    const own = (await service.call('POST', '/credentials', { tenant: T, body: { name: 'own', kind: 'ssh', username: 'u', password: SECRET, assetId: asset } })).body['id'] as string;
    const other = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
    expect(await lease(await grant({ credentialIds: [own], targets: [other], via: [other] }), { id: own })).toEqual(refused(403, 'grant-invalid'));
    expect((await lease(await grant({ credentialIds: [own], targets: [asset] }), { id: own })).status).toBe(200);
    expect((await lease(await grant({ credentialIds: [own], targets: [other], via: [asset] }), { id: own })).status).toBe(200);
  });

  it('a credential whose row was tampered with, without saying more', async () => {
    const { id } = (await service.call('POST', '/credentials', { tenant: T, body: { name: 'broken', kind: 'ssh', username: 'u', password: SECRET } })).body as { id: string };
    await service.store.sql('update assets.credentials set version = 9 where id = $1', [id]);
    expect(await lease(await grant({ credentialIds: [id] }), { id })).toEqual(refused(422, 'credential-unavailable'));
  });
});

it('an API token gets no lease', async () => {
  expect((await service.call('POST', '/internal/leases', { body: { batch: [request(await grant())] } })).status).toBe(401);
});

it('grants are forgotten only an hour after they expired', async () => {
  await service.store.sql("insert into assets.used_grants (jti, credential_id, expires_at) values ('long ago', 'c', now() - interval '61 minutes'), ('just now', 'c', now() - interval '59 minutes')");
  expect(await service.get(UsedGrantSweeper).sweep()).toBe(1);
  expect(await service.store.sql("select jti from assets.used_grants where jti in ('long ago', 'just now')")).toEqual([{ jti: 'just now' }]);
});

it('the audit of leases is kept for the days that are set, and swept in batches', async () => {
  const add = (worker: string, count: number, age: string) => service.store.sql(
    `insert into assets.lease_audit (id, at, tenant_id, worker_id, attempt_id, tool, outcome)
     select (lpad(to_hex((extract(epoch from now() - $3::interval) * 1000)::bigint + n), 12, '0') || '70008000' || lpad(n::text, 12, '0'))::uuid, now() - $3::interval, 'audited', $1, 'a', 't', 'granted' from generate_series(1, $2::int) as n`, [worker, count, age],
  );
  await add('old', 7, '91 days');
  await add('young', 3, '89 days');
  expect(await service.get(LeaseAuditSweeper).sweep(90, 3)).toBe(7);
  expect(await service.store.sql("select worker_id, count(*)::int as n from assets.lease_audit where tenant_id = 'audited' group by worker_id")).toEqual([{ worker_id: 'young', n: 3 }]);
});

it('no secret and no grant is in the log or in a table', async () => {
  const text = await grant();
  await lease(text);
  await lease(text);
  const log = service.store.logged.join('');
  const rows = JSON.stringify([await service.store.sql('select * from assets.lease_audit'), await service.store.sql('select * from assets.used_grants')]);
  for (const place of [log, rows]) for (const secret of [SECRET, text, text.split('.')[2]!]) expect(place).not.toContain(secret);
});
