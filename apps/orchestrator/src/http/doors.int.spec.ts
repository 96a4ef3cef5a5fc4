import type { ApprovalView, ProblemDto, RunView } from '@opsmesh/contracts';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { Pool } from 'pg';
import { TokenStore, type NewToken } from '../store/token-store.js';
import { fanOut, QUEUE } from '../testing/documents.js';
import { LiveOrchestrator, type Answer } from '../testing/live.js';
import { openRedis } from '../testing/rig.js';
import { TcpProxy } from '../testing/tcp-proxy.js';

let server: TestDatabase; let redis: Redis; let proxy: TcpProxy; let api: LiveOrchestrator; let pool: Pool; let tokens: TokenStore;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  const opened = await openRedis();
  ({ redis } = opened);
  proxy = new TcpProxy(new URL(opened.url));
  await proxy.open();
  api = await LiveOrchestrator.start({ databaseUrl: server.url, redisUrl: proxy.url, auth: 'on' });
  await api.registerTools();
  pool = new Pool({ connectionString: server.url });
  tokens = new TokenStore(pool);
});
afterAll(async () => {
  await api.stop();
  await proxy.cut();
  await pool.end();
  redis.disconnect();
  await server.drop();
});

const tokenOf = async (more: Partial<NewToken> = {}): Promise<string> => (await tokens.create({ name: 'spec', tenantId: 'acme', actorId: 'bob', scopes: ['runs:read', 'runs:write', 'tools:read'], lifeSeconds: 60, ...more })).token;
const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });
const asked = async (token: string, method: string, path: string, body?: unknown): Promise<Answer> => api.ask(method, path, { headers: bearer(token), ...(body === undefined ? {} : { body }) });
const PLAN = fanOut('change', 1);
const ASK = { name: 'ask', steps: [{ id: 'ok', approval: { message: 'go?', minApprovals: 2 } }] };

describe('with auth on the API', () => {
  const ROUTES = [
    ['POST', '/runs', { plan: PLAN }, 'runs:write'], ['GET', '/runs', undefined, 'runs:read'], ['GET', '/runs/00000000-0000-7000-8000-000000000000', undefined, 'runs:read'],
    ['GET', '/runs/00000000-0000-7000-8000-000000000000/events', undefined, 'runs:read'], ['GET', '/runs/00000000-0000-7000-8000-000000000000/steps/x/items', undefined, 'runs:read'],
    ['POST', '/runs/00000000-0000-7000-8000-000000000000/cancel', {}, 'runs:write'], ['POST', '/runs/00000000-0000-7000-8000-000000000000/pause', {}, 'runs:write'],
    ['POST', '/runs/00000000-0000-7000-8000-000000000000/resume', {}, 'runs:write'], ['POST', '/plans/compile', { plan: PLAN }, 'runs:read'], ['POST', '/plans/preview', { plan: fanOut('probe', 1) }, 'runs:write'],
    ['GET', '/tools', undefined, 'tools:read'], ['GET', '/tools/probe', undefined, 'tools:read'],
  ] as const;

  it.each(ROUTES)('%s %s asks for a token with the scope it needs', async (method, path, body, scope) => {
    const bare = await api.ask(method, path, body === undefined ? {} : { body });
    expect([bare.status, bare.json<ProblemDto>().code, bare.headers.get('www-authenticate')]).toEqual([401, 'unauthenticated', 'Bearer']);
    expect((await asked('opsmesh_wrong', method, path, body)).status).toBe(401);
    const others = ['runs:read', 'runs:write', 'tools:read', 'queues:read', 'metrics:read', 'assets:write'].filter((s) => s !== scope);
    const lacking = await asked(await tokenOf({ scopes: others }), method, path, body);
    expect([lacking.status, lacking.json<ProblemDto>().code]).toEqual([403, 'forbidden']);
    expect([200, 202, 404]).toContain((await asked(await tokenOf({ scopes: [scope] }), method, path, body)).status);
  });

  it('refuses tokens that expired or were revoked', async () => {
    const { id, token } = await tokens.create({ name: 'x', tenantId: 'acme', actorId: 'bob', scopes: ['runs:read'], lifeSeconds: 60 });
    expect((await asked(token, 'GET', '/runs')).status).toBe(200);
    await pool.query('update orchestrator.api_tokens set expires_at = now() where id = $1', [id]);
    expect((await asked(token, 'GET', '/runs')).status).toBe(401);
    await pool.query(`update orchestrator.api_tokens set expires_at = now() + interval '1 minute' where id = $1`, [id]);
    expect((await asked(token, 'GET', '/runs')).status).toBe(200);
    await tokens.revoke(id);
    expect((await asked(token, 'GET', '/runs')).status).toBe(401);
  });

  it('takes tenant and actor from the token, and another tenant sees nothing of it', async () => {
    const mine = await tokenOf();
    const theirs = await tokenOf({ tenantId: 'other' });
    const { id } = (await asked(mine, 'POST', '/runs', { plan: PLAN, tenant_id: 'acme' })).json<{ id: string }>();
    expect((await asked(mine, 'GET', `/runs/${id}`)).json<RunView>()).toMatchObject({ tenant_id: 'acme', actor_id: 'bob' });
    const foreign = await asked(mine, 'POST', '/runs', { plan: PLAN, tenant_id: 'other' });
    expect([foreign.status, foreign.json<ProblemDto>().code]).toEqual([403, 'tenant-mismatch']);
    for (const [method, path] of [['GET', ''], ['GET', '/events'], ['GET', '/steps/each/items'], ['POST', '/cancel'], ['POST', '/pause'], ['POST', '/resume']] as const) {
      const answer = await asked(theirs, method, `/runs/${id}${path}`);
      expect([answer.status, answer.json<ProblemDto>().code]).toEqual([404, 'run-not-found']);
    }
    expect((await asked(theirs, 'GET', '/runs')).json<{ items: unknown[] }>().items).toEqual([]);
    expect((await asked(mine, 'GET', `/runs/${id}`)).json<RunView>().status).toBe('running');
  });

  it('a body may repeat the actor of its token and not name another', async () => {
    const token = await tokenOf({ scopes: ['runs:read', 'runs:write', 'runs:approve'] });
    const { id } = (await asked(token, 'POST', '/runs', { plan: ASK, actor_id: 'bob' })).json<{ id: string }>();
    const named = [['/runs', { plan: ASK }], ['/plans/preview', { plan: fanOut('probe', 1) }], [`/runs/${id}/approvals/ok.0`, { decision: 'approve' }], [`/runs/${id}/approvals/plan`, { decision: 'approve' }], ['/chat', { message: 'hello' }]] as const;
    for (const [path, body] of named) {
      const answer = await asked(token, 'POST', path, { ...body, actor_id: 'ann' });
      expect([path, answer.status, answer.json<ProblemDto>().code]).toEqual([path, 403, 'actor-mismatch']);
    }
    expect((await asked(token, 'GET', '/conversations?actor_id=ann')).json<ProblemDto>().code).toBe('actor-mismatch');
  });

  it('who started a run does not answer its question, however their name is spelled', async () => {
    const scopes = ['runs:read', 'runs:write', 'runs:approve'];
    const { id } = (await asked(await tokenOf({ scopes }), 'POST', '/runs', { plan: ASK })).json<{ id: string }>();
    const decide = async (actorId: string): Promise<unknown[]> => {
      const answer = await asked(await tokenOf({ scopes, actorId }), 'POST', `/runs/${id}/approvals/ok.0`, { decision: 'approve' });
      const body = answer.json<Partial<Pick<ProblemDto, 'code'> & Pick<ApprovalView, 'status' | 'acts'>>>();
      return [answer.status, body.code ?? body.status, body.acts?.length];
    };
    for (const actorId of ['bob', 'Bob', 'bob\u200B']) expect(await decide(actorId)).toEqual([403, 'own-request', undefined]);
    expect(await decide('ann')).toEqual([200, 'open', 1]);
    // The same person once more is no second one.
    expect(await decide('ANN')).toEqual([200, 'open', 1]);
    expect(await decide('eve')).toEqual([200, 'approved', 2]);
  });

  it('keeps idempotency keys of tenants apart', async () => {
    const [mine, theirs] = [await tokenOf(), await tokenOf({ tenantId: 'other' })];
    const start = async (token: string): Promise<string> => (await api.ask('POST', '/runs', { body: { plan: PLAN }, headers: { ...bearer(token), 'idempotency-key': 'shared' } })).json<{ id: string }>().id;
    const ids = [await start(mine), await start(theirs), await start(mine)];
    expect(new Set(ids).size).toBe(2);
    expect(ids[2]).toBe(ids[0]);
  });

  it('tells services whose token it is', async () => {
    const answer = await api.askAs('asset-service', 'POST', '/internal/tokens/introspect', { body: { token: await tokenOf() } });
    expect(answer.json()).toEqual({ tenantId: 'acme', actorId: 'bob', scopes: ['runs:read', 'runs:write', 'tools:read'] });
    expect(['', 'null']).toContain((await api.askAs('asset-service', 'POST', '/internal/tokens/introspect', { body: { token: 'wrong' } })).text);
  });

  it('an API token opens no internal route', async () => {
    expect((await asked(await tokenOf({ scopes: ['*'] }), 'POST', '/internal/workers/worker-1/heartbeat', { active: [] })).status).toBe(401);
  });
});

describe('/queues', () => {
  let token: string;
  beforeAll(async () => { token = await tokenOf({ scopes: ['queues:read'] }); });

  it.each(['/queues', '/queues/', '/queues/api/queues', '/queues/static/none.js'])('%s asks for a token that may see it', async (path) => {
    const bare = await api.ask('GET', path);
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="opsmesh", charset="UTF-8"']);
    expect((await asked(await tokenOf(), 'GET', path)).status).toBe(403);
    expect((await api.ask('GET', path, { headers: { authorization: `Basic ${Buffer.from('any:wrong').toString('base64')}` } })).status).toBe(401);
  });

  it('shows the queues of the catalogue to a program and to a browser', async () => {
    const asProgram = await asked(token, 'GET', '/queues/api/queues');
    expect(asProgram.json<{ queues: { name: string; readOnlyMode: boolean }[] }>().queues).toMatchObject([{ name: QUEUE, readOnlyMode: true }]);
    const asBrowser = await api.ask('GET', '/queues/', { headers: { authorization: `Basic ${Buffer.from(`any:${token}`).toString('base64')}` } });
    expect([asBrowser.status, asBrowser.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
  });

  it('changes nothing, whatever it is asked', async () => {
    const run = (await asked(await tokenOf(), 'POST', '/runs', { plan: PLAN })).json<{ id: string }>();
    const job = `${run.id}.each.0.1`;
    await waitFor(async () => await redis.exists(`opsmesh:${QUEUE}:${job}`) === 1, { what: 'the job to be in its queue' });
    const before = await redis.hgetall(`opsmesh:${QUEUE}:${job}`);
    const queue = `/queues/api/queues/${QUEUE}`;
    const attempts: [string, string][] = [
      ['PUT', `${queue}/pause`], ['PUT', `${queue}/resume`], ['PUT', `${queue}/empty`], ['PUT', `${queue}/clean/completed`], ['PUT', `${queue}/retry/failed`], ['PUT', `${queue}/promote`], ['PUT', `${queue}/obliterate`],
      ['POST', `${queue}/add`], ['PUT', `${queue}/${job}/clean`], ['PUT', `${queue}/${job}/retry/failed`], ['PUT', `${queue}/${job}/promote`], ['PATCH', `${queue}/${job}/update-data`],
      ['DELETE', queue], ['PUT', `${queue}/concurrency`], ['POST', '/queues/api/queues'],
    ];
    for (const [method, path] of attempts) {
      const { status } = await asked(token, method, path, { name: 'probe', data: {}, jobData: { x: 1 }, options: {}, concurrency: 1 });
      expect([method, path, status >= 400 && status < 500]).toEqual([method, path, true]);
    }
    // These are answered, and leave read-only queues alone.
    for (const all of ['pause', 'resume']) await asked(token, 'PUT', `/queues/api/queues/${all}`);
    expect(await redis.hgetall(`opsmesh:${QUEUE}:${job}`)).toEqual(before);
    expect(await redis.lrange(`opsmesh:${QUEUE}:wait`, 0, -1)).toContain(job);
    expect(await redis.hget(`opsmesh:${QUEUE}:meta`, 'paused')).toBeNull();
  });
});

describe('for operators', () => {
  it('/metrics are in the text format of Prometheus', async () => {
    const answer = await asked(await tokenOf({ scopes: ['metrics:read'] }), 'GET', '/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const name of ['opsmesh_runs', 'opsmesh_open_items', 'opsmesh_outbox_attempts', 'opsmesh_dead_letters', 'opsmesh_results_backlog', 'opsmesh_queue_waiting', 'process_cpu_seconds_total']) expect(answer.text).toMatch(new RegExp(`^# TYPE ${name} `, 'm'));
    expect(answer.text).toMatch(/^opsmesh_runs\{status="running"\} [1-9]/m);
    for (const line of answer.text.split('\n').filter((l) => l !== '')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? (\S+|Nan))$/);
  });

  it('/metrics ask for a token with the scope metrics:read', async () => {
    expect((await api.ask('GET', '/metrics')).status).toBe(401);
  });

  it('/docs-json is an OpenAPI document in which every reference leads somewhere', async () => {
    const document = (await api.ask('GET', '/docs-json')).json<{ openapi: string; paths: Record<string, Record<string, { responses: object }>>; components: { schemas: object } }>();
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/runs', '/runs/{id}', '/runs/{id}/events', '/runs/{id}/steps/{step}/items', '/runs/{id}/cancel', '/runs/{id}/pause', '/runs/{id}/resume', '/plans/compile', '/plans/preview', '/tools', '/tools/{name}']));
    expect(Object.keys(document.paths).filter((p) => p.startsWith('/internal'))).toEqual([]);
    const references: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, v] of Object.entries(value)) if (key === '$ref' && typeof v === 'string') references.push(v); else walk(v);
    };
    walk(document);
    expect(references.length).toBeGreaterThan(0);
    const follow = (reference: string): unknown => reference.slice(2).split('/').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    expect(references.filter((r) => !r.startsWith('#/') || follow(r) === undefined)).toEqual([]);
    for (const [path, operations] of Object.entries(document.paths)) for (const operation of Object.values(operations)) expect([path, Object.keys(operation.responses).length > 0]).toEqual([path, true]);
    expect((await api.ask('GET', '/docs')).headers.get('content-type')).toMatch(/^text\/html/);
  });

  it('/docs-json declares every parameter that stands in a path', async () => {
    const document = (await api.ask('GET', '/docs-json')).json<{ paths: Record<string, Record<string, object>> }>();
    expect(undeclared(document.paths)).toEqual([]);
  });

  it('/health/ready says when Redis is away, and when it is back; /health/live does not mind', async () => {
    expect((await api.ask('GET', '/health/ready')).json()).toEqual({ status: 'ok' });
    await proxy.cut();
    const away = await waitFor(async () => { const answer = await api.ask('GET', '/health/ready'); return answer.status === 503 ? answer : undefined; }, { what: 'the process to be not ready' });
    expect(away.json<ProblemDto>()).toMatchObject({ code: 'not-ready', detail: expect.stringContaining('redis') as string });
    expect((await api.ask('GET', '/health/live')).status).toBe(200);
    // The record is there: runs are taken all the same.
    const { status } = await asked(await tokenOf(), 'POST', '/runs', { plan: PLAN });
    expect(status).toBe(202);
    await proxy.open();
    await waitFor(async () => (await api.ask('GET', '/health/ready')).status === 200, { what: 'the process to be ready again' });
  });
});

/** Parameters of path templates that an operation does not declare. */
function undeclared(paths: Record<string, Record<string, object>>): string[] {
  return Object.entries(paths).flatMap(([path, operations]) => [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => Object.entries(operations)
    .filter(([, o]) => !(o as { parameters?: { name: string; in: string }[] }).parameters?.some((p) => p.in === 'path' && p.name === name))
    .map(([method]) => `${method} ${path}: ${name!}`)));
}
