import { testService, type TestService } from '../testing/process.js';

let service: TestService;
beforeAll(async () => { service = await testService(); });
afterAll(() => service.close());

const problem = (status: number, code: string) => expect.objectContaining({ status, body: expect.objectContaining({ code, type: `urn:opsmesh:problem:${code}` }) as unknown }) as unknown;

describe('one tenant never meets the assets of another', () => {
  let id: string;
  beforeAll(async () => {
    id = (await service.call('POST', '/assets', { tenant: 'mine', body: { hostname: 'box', ip_address: '10.9.9.9', tags: ['t'] } })).body['id'] as string;
    await service.call('POST', '/assets', { tenant: 'theirs', body: { hostname: 'other' } });
  });

  it.each<[string, string, (id: string) => string, object | undefined]>([
    ['GET by id', 'GET', (i) => `/assets/${i}`, undefined], ['GET by name', 'GET', () => '/assets/box', undefined],
    ['PATCH by id', 'PATCH', (i) => `/assets/${i}`, { os: 'stolen' }], ['PATCH by name', 'PATCH', () => '/assets/box', { os: 'stolen' }],
  ])('%s is not found', async (_what, method, path, body) => {
    expect(await service.call(method, path(id), { tenant: 'theirs', body })).toEqual(problem(404, 'not-found'));
  });

  it('lists and queries give their own only', async () => {
    expect((await service.call('GET', '/assets?limit=10', { tenant: 'theirs' })).body).toMatchObject({ hostnames: ['other'], total: 1 });
    for (const filters of [{ id }, { hostname: 'box' }, { ip_address: '10.9.9.9' }, { tags: 't' }, { hostname: { not: 'x' } }]) {
      expect((await service.call('POST', '/assets/query', { tenant: 'theirs', body: { filters } })).text).not.toContain(id);
    }
    expect((await service.call('GET', '/assets?search=box', { tenant: 'theirs' })).body).toMatchObject({ total: 0 });
  });

  it('deletes and imports touch their own only', async () => {
    expect((await service.call('DELETE', `/assets/${id}`, { tenant: 'theirs' })).body).toEqual({ deleted: false });
    expect((await service.call('POST', '/assets/import', { tenant: 'theirs', body: { assets: [{ hostname: 'box', os: 'theirs' }] } })).body).toMatchObject({ created: 1 });
    expect((await service.call('GET', `/assets/${id}`, { tenant: 'mine' })).body).not.toHaveProperty('os');
  });

  it.each<[string, string, object]>([
    ['POST', '/assets', { hostname: 'x' }], ['POST', '/assets/query', {}], ['POST', '/assets/import', { assets: [] }], ['PATCH', '/assets/box', {}],
    ['POST', '/credentials', { name: 'n', kind: 'winrm', username: 'u', password: 'p' }], ['PUT', '/credentials/x', { username: 'u', password: 'p' }],
  ])('%s %s refuses a body that names another tenant', async (method, path, body) => {
    expect(await service.call(method, path, { tenant: 'theirs', body: { ...body, tenant_id: 'mine' } })).toEqual(problem(403, 'tenant-mismatch'));
  });

  it('credentials of another tenant are not listed, replaced, deleted or given to an asset', async () => {
    const made = await service.call('POST', '/credentials', { tenant: 'mine', body: { tenant_id: 'mine', name: 'root', kind: 'ssh', username: 'root', password: 'pw-of-mine' } });
    expect(made.status).toBe(201);
    const path = `/credentials/${made.body['id'] as string}`;
    expect((await service.call('GET', '/credentials', { tenant: 'theirs' })).body).toEqual({ credentials: [] });
    expect(await service.call('PUT', path, { tenant: 'theirs', body: { username: 'root', password: 'x' } })).toEqual(problem(404, 'not-found'));
    expect(await service.call('DELETE', path, { tenant: 'theirs' })).toEqual(problem(404, 'not-found'));
    expect(await service.call('PATCH', '/assets/other', { tenant: 'theirs', body: { credential_id: made.body['id'] } })).toEqual(problem(422, 'invalid-value'));
    // The database refuses it too, whatever the service does.
    await expect(service.store.sql('update assets.assets set credential_id = $1 where tenant_id = $2', [made.body['id'], 'theirs'])).rejects.toMatchObject({ constraint: 'assets_credential_fk' });
  });
});

describe('scopes', () => {
  it.each<[string, string, object | undefined, string]>([
    ['GET', '/assets', undefined, 'assets:read'], ['GET', '/assets/x', undefined, 'assets:read'], ['POST', '/assets/query', {}, 'assets:read'], ['GET', '/credentials', undefined, 'assets:read'],
    ['POST', '/assets', { hostname: 'x' }, 'assets:write'], ['PATCH', '/assets/x', {}, 'assets:write'], ['DELETE', '/assets/x', undefined, 'assets:write'], ['POST', '/assets/import', { assets: [] }, 'assets:write'],
    ['POST', '/credentials', {}, 'credentials:write'], ['PUT', '/credentials/x', {}, 'credentials:write'], ['DELETE', '/credentials/x', undefined, 'credentials:write'],
  ])('%s %s (%j) needs %s', async (method, path, body, scope) => {
    const others = ['assets:read', 'assets:write', 'credentials:write'].filter((s) => s !== scope).join(',');
    expect(await service.call(method, path, { token: `scoped:${others}`, body })).toEqual(problem(403, 'forbidden'));
    expect((await service.call(method, path, { token: `scoped:${scope}`, body })).status).not.toBe(403);
    expect(await service.call(method, path, { token: 'nonsense', body })).toEqual(problem(401, 'unauthenticated'));
  });

  it('/internal answers the orchestrator alone, but for leases', async () => {
    const as = async (from: string, path: string, body: object) => (await service.call('POST', `/internal/${path}`, { token: await service.store.keys.serviceToken(from, 'asset-service'), body })).status;
    const routes: [string, object][] = [['targets', { tenantId: 'mine', targets: [] }], ['reads/asset-list', { tenantId: 'mine', input: {} }], ['connections', { batch: [{ tenantId: 'mine', target: 'box' }] }]];
    for (const [path, body] of routes) expect([path, await as('automation-service', path, body), await as('orchestrator', path, body)]).toEqual([path, 403, 200]);
    expect(await as('automation-service', 'leases', { batch: [{ grant: 'none', credentialId: 'c', publicKey: {} }] })).not.toBe(403);
  });

  it('/internal takes no API token', async () => {
    expect(await service.call('POST', '/internal/connections', { body: { batch: [{ tenantId: 'mine', target: 'box' }] } })).toEqual(problem(401, 'unauthenticated'));
  });
});

describe('GET /assets', () => {
  beforeAll(async () => {
    await service.call('POST', '/assets/import', { tenant: 'get', body: { assets: [
      { hostname: 'a', tags: ['web', 'db'], ip_address: '10.0.0.1', environment: 'prod' }, { hostname: 'b', tags: ['web'], ip_address: '10.1.0.1', status: 'inactive' }, { hostname: 'c', location: 'New York' },
    ] } });
  });

  it.each<[string, string[]]>([
    ['', ['a', 'b', 'c']], ['?tags=db,web', ['a', 'b']], ['?tags=db&tags=web', ['a', 'b']], ['?tags_all=db,web', ['a']], ['?tags_all=web&tags=db', ['a']], ['?ip_address=10.0.0.0/16', ['a']],
    ['?status=inactive', ['b']], ['?environment=PROD', ['a']], ['?location=New%20York', ['c']], ['?sort=-hostname&limit=2', ['c', 'b']], ['?sort=status,-hostname', ['c', 'a', 'b']], ['?search=york', ['c']], ['?limit=1&offset=1', ['b']],
  ])('%p means the same as the query', async (params, expected) => {
    expect((await service.call('GET', `/assets${params}`, { tenant: 'get' })).body).toMatchObject({ hostnames: expected });
  });

  it('counts, projects, and refuses what it does not know', async () => {
    expect((await service.call('GET', '/assets?count_only=true', { tenant: 'get' })).body).toMatchObject({ assets: [], total: 3 });
    expect((await service.call('GET', '/assets?fields=hostname,tags&limit=1', { tenant: 'get' })).body).toMatchObject({ assets: [{ hostname: 'a', tags: ['db', 'web'] }] });
    for (const bad of ['colour=red', 'limit=0', 'status=happy', 'fields=password', 'sort=tags', 'limit=x']) expect((await service.call('GET', `/assets?${bad}`, { tenant: 'get' })).status).toBe(422);
  });
});

it('an asset goes through its life over HTTP', async () => {
  const made = await service.call('POST', '/assets', { body: { hostname: 'Life-1', tags: ['A'], attributes: { x: { y: [1, '€'] } } } });
  expect(made).toMatchObject({ status: 201, body: { hostname: 'Life-1', tags: ['a'], attributes: { x: { y: [1, '€'] } }, version: 1 } });
  expect(await service.call('POST', '/assets', { body: { hostname: 'life-1' } })).toEqual(problem(409, 'conflict'));
  expect(await service.call('PATCH', '/assets/life-1', { body: { os: 'x', expected_version: 7 } })).toEqual(problem(409, 'conflict'));
  expect(await service.call('PATCH', '/assets/life-1', { body: { os: 'x', expected_version: 1 } })).toMatchObject({ status: 200, body: { os: 'x', version: 2 } });
  expect(await service.call('GET', '/assets/LIFE-1')).toMatchObject({ status: 200, body: { id: made.body['id'] } });
  expect(await service.call('DELETE', '/assets/life-1')).toMatchObject({ status: 200, body: { deleted: true } });
  expect(await service.call('GET', '/assets/life-1')).toEqual(problem(404, 'not-found'));
});

it.each(['$(touch canary)', '`id`', "a'b", 'a"b', 'a b', 'a;b', '-a', 'a\0', 'ä', 'a..b', '', `${'a'.repeat(64)}`, 'a\n'])('the host name %j is refused with a clear error', async (hostname) => {
  const answer = await service.call('POST', '/assets', { body: { hostname } });
  expect(answer).toEqual(problem(422, 'invalid-body'));
  expect(answer.body['errors']).toEqual([expect.objectContaining({ pointer: '/hostname', message: expect.stringContaining('labels of letters, digits') as string })]);
});

it('text that looks like a command or a quote is kept as text', async () => {
  const text = `$(touch canary) '; drop table assets.assets; -- "\\`;
  expect(await service.call('POST', '/assets', { body: { hostname: 'text', os: text, location: text, attributes: { [text.replaceAll('.', '')]: text } } })).toMatchObject({ status: 201, body: { os: text, location: text } });
  expect((await service.call('POST', '/assets/query', { body: { filters: { location: text } } })).body).toMatchObject({ hostnames: ['text'] });
});

it('a reference to a path such as /assets/%00 is not found', async () => {
  expect((await service.call('GET', '/assets/%00')).status).toBe(404);
  expect((await service.call('DELETE', `/assets/${encodeURIComponent('$(id)')}`)).body).toEqual({ deleted: false });
});

it('10,000 assets go in one body', async () => {
  const assets = Array.from({ length: 10_000 }, (_, i) => ({ hostname: `bulk-${i}`, tags: ['x', 'y'], attributes: { a: 'b'.repeat(200) } }));
  expect((await service.call('POST', '/assets/import', { tenant: 'bulk', body: { assets } })).body).toEqual({ created: 10_000, updated: 0, unchanged: 0, total: 10_000 });
  expect((await service.call('POST', '/assets/import', { tenant: 'bulk', body: { assets: [...assets, { hostname: 'more' }] } })).status).toBe(422);
});
