import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Body, Controller, Get, Module, Param, Post, Put, Query, Res, UseGuards } from '@nestjs/common';
import { ListRunsQueryDto, type ProblemDto } from '@opsmesh/contracts';
import { IsObject, IsOptional, IsString } from 'class-validator';
import type { Response } from 'express';
import { ApiTokenGuard, assertTenant, createHttpApp, createLogger, CurrentPrincipal, OnlyFrom, openKeys, ProblemError, Scopes, ServiceTokenGuard, StartError, TOKEN_VERIFIER, type HttpApp, type Principal, type ProcessConfig } from '../index.js';

class ThingDto {
  @IsObject() plan!: object;
  @IsOptional() @IsString() name?: string;
}

@Controller('things')
class ThingsController {
  @Post() start(@Body() body: ThingDto) { return { plan: body.plan, isDto: body instanceof ThingDto }; }
  @Get() list(@Query() query: ListRunsQueryDto) { return { limit: query.limit ?? null }; }
  @Get('conflict') conflict(): never { throw new ProblemError(409, 'out-of-date', 'somebody was faster'); }
  @Get('bug') bug(): never { throw new TypeError('secret detail hunter2'); }
  @Get('cut') cut(@Res() response: Response): never { response.write('begun'); throw new Error('later'); }
  @Put('bytes/:name') bytes(@Body() body: Buffer, @Param('name') name: string) { return { name, buffer: Buffer.isBuffer(body), length: body.length }; }
}

@Controller('mine')
@UseGuards(ApiTokenGuard)
@Scopes('runs:read')
class MineController {
  @Get() read(@CurrentPrincipal() principal: Principal) { return principal; }
  @Post() @Scopes('runs:write') write(@CurrentPrincipal() principal: Principal, @Body() body: { tenant_id?: string }) {
    assertTenant(principal, body.tenant_id);
    return { done: true };
  }
}

@Controller('internal')
@UseGuards(ServiceTokenGuard)
class InternalController {
  @Get() read() { return { ok: true }; }
  @Get('narrow') @OnlyFrom('orchestrator') narrow() { return { ok: true }; }
}

const PRINCIPALS: Record<string, Principal> = {
  reader: { tenantId: 'acme', actorId: 'ann', scopes: ['runs:read'] },
  writer: { tenantId: 'acme', actorId: 'bob', scopes: ['runs:read', 'runs:write'] },
};

@Module({ controllers: [ThingsController, MineController, InternalController], providers: [{ provide: TOKEN_VERIFIER, useValue: { verify: async (token: string) => PRINCIPALS[token] ?? null } }] })
class AppModule {}

const dir = mkdtempSync(join(tmpdir(), 'opsmesh-http-'));
const lines: string[] = [];
const log = createLogger('spec', { level: 'debug', destination: { write: (line) => { lines.push(line); } } });
const config = (more: Partial<ProcessConfig> = {}): ProcessConfig => ({
  service: 'asset-service', host: '127.0.0.1', port: 0, redisUrl: 'redis://h', orchestratorUrl: 'http://127.0.0.1:1', assetServiceUrl: 'http://127.0.0.1:1', dataDir: dir, auth: 'on', logLevel: 'debug', ...more,
});

let http: HttpApp; let port: number;
const open: HttpApp[] = [];
async function serve(more: Partial<ProcessConfig> = {}): Promise<number> {
  const app = await createHttpApp(AppModule, { config: config(more), log, tokens: 'own', body: { rawPaths: ['/things/bytes'], rawBytes: 1000 } });
  open.push(app);
  return app.listen();
}
beforeAll(async () => { port = await serve(); http = open[0]!; });
afterAll(async () => {
  for (const app of open) await app.close();
  rmSync(dir, { recursive: true });
});

/** fetch() hides headers such as Host and Origin; this sends what it is told. */
function send(method: string, path: string, more: { headers?: Record<string, string>; body?: string | Buffer; port?: number } = {}): Promise<{ status: number; type: string | undefined; headers: IncomingMessage['headers']; json: ProblemDto & Record<string, unknown> }> {
  return new Promise((ok, bad) => {
    const request = httpRequest({ host: '127.0.0.1', port: more.port ?? port, method, path, headers: more.headers ?? {} }, (response) => {
      let text = '';
      response.on('error', bad);
      response.on('data', (d) => { text += String(d); });
      response.on('end', () => { ok({ status: response.statusCode!, type: response.headers['content-type'], headers: response.headers, json: text ? JSON.parse(text) : {} }); });
    });
    request.on('error', bad);
    request.end(more.body);
  });
}
const json = (body: unknown, headers: Record<string, string> = {}) => ({ headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('problem documents', () => {
  it.each<[string, string, ReturnType<typeof json> | undefined, `${number} ${string}`]>([
    ['an unknown route', 'GET /nowhere?token=hunter2', undefined, '404 route-not-found'],
    ['malformed JSON', 'POST /things', json('{"plan": hunter2}'), '400 malformed-json'],
    ['another content type', 'POST /things', { headers: { 'content-type': 'text/xml' }, body: '<a/>' }, '415 unsupported-media-type'],
    ['a form', 'POST /things', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'plan=1' }, '415 unsupported-media-type'],
    ['too much JSON', 'POST /things', json({ plan: { a: 'x'.repeat(2 * 1024 * 1024) } }), '413 body-too-large'],
    ['a body that does not fit', 'POST /things', json({ plan: 7, password: 'hunter2' }), '422 invalid-body'],
    ['no body', 'POST /things', undefined, '422 invalid-body'],
    ['a body that is no object', 'POST /things', json('[]'), '422 invalid-body'],
    ['a body that is nested too deeply', 'POST /things', json(`{"plan":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`), '422 invalid-body'],
    ['a bad query', 'GET /things?limit=many', undefined, '422 invalid-query'],
    ['a bad path', 'GET /things/%FF', undefined, '404 route-not-found'],
    ['a conflict', 'GET /things/conflict', undefined, '409 out-of-date'],
    ['a fault', 'GET /things/bug', undefined, '500 internal-error'],
  ])('%s', async (_what, route, more, expected) => {
    const [method = '', path = ''] = route.split(' ');
    const [status, code] = [Number(expected.split(' ')[0]), expected.split(' ')[1]];
    const answer = await send(method, path, more);
    expect(answer).toMatchObject({ status, type: 'application/problem+json; charset=utf-8', json: { type: `urn:opsmesh:problem:${code}`, status, code, instance: path.split('?')[0] } });
    expect(JSON.stringify(answer.json)).not.toContain('hunter2');
  });

  it('say where JSON breaks', async () => expect((await send('POST', '/things', json('{"plan": x}'))).json.detail).toBe('the body is not JSON: it breaks at position 9 (line 1, column 10)'));
  it('point at what does not fit', async () => {
    const { json: problem } = await send('POST', '/things', json({ plan: 7, evil: 1 }));
    expect(problem.errors?.map((e) => [e.pointer, e.code])).toEqual(expect.arrayContaining([['/plan', 'invalid-value'], ['/evil', 'unknown-property']]));
  });
  it('of a fault carry an id under which it was logged', async () => {
    lines.length = 0;
    const { json: problem } = await send('GET', '/things/bug');
    const id = /logged as (\S+)/.exec(problem.detail!)![1]!;
    expect(lines.map((l) => JSON.parse(l) as Record<string, unknown>)).toContainEqual(expect.objectContaining({ faultId: id, err: expect.objectContaining({ message: 'secret detail hunter2' }) }));
  });
  it('an answer that has begun is cut off', async () => { await expect(send('GET', '/things/cut')).rejects.toThrow(); });
});

describe('bodies', () => {
  it('arrive as their DTO', async () => expect((await send('POST', '/things', json({ plan: { a: 1 } }))).json).toEqual({ plan: { a: 1 }, isDto: true }));
  it('may be nested as deep as 100 levels, whatever their texts hold', async () => {
    const plan = (depth: number) => json(`{"plan":{"t":"[[[\\"{{","a":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`);
    expect((await send('POST', '/things', plan(100))).status).toBe(201);
    expect((await send('POST', '/things', plan(101))).json).toMatchObject({ code: 'invalid-body', errors: [{ code: 'too-deep' }] });
  });
  it('queries are converted', async () => expect((await send('GET', '/things?limit=7')).json).toEqual({ limit: 7 }));
  it('of raw paths stay bytes, within their own limit', async () => {
    expect((await send('PUT', '/things/bytes/x', json('{"a":1}'))).json).toEqual({ name: 'x', buffer: true, length: 7 });
    expect((await send('PUT', '/things/bytes/x', { body: Buffer.alloc(1001) })).json.code).toBe('body-too-large');
  });
  it('answers carry security headers and nothing about us', async () => {
    const { headers } = await send('GET', '/things');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining("frame-ancestors 'none'") });
    expect(headers).not.toHaveProperty('x-powered-by');
  });
});

describe('API tokens', () => {
  it.each([['none', {}], ['an unknown one', bearer('stolen')], ['another scheme', { authorization: 'Basic cmVhZGVy' }]])('%s: unauthenticated', async (_what, headers) => {
    expect(await send('GET', '/mine', { headers })).toMatchObject({ status: 401, json: { code: 'unauthenticated' }, headers: { 'www-authenticate': 'Bearer' } });
  });
  it('a good one names the principal', async () => expect((await send('GET', '/mine', { headers: bearer('reader') })).json).toEqual(PRINCIPALS['reader']));
  it('a missing scope is named', async () => expect(await send('POST', '/mine', json({}, bearer('reader')))).toMatchObject({ status: 403, json: { code: 'forbidden', detail: 'the token lacks the scope runs:write' } }));
  it('the body may repeat the tenant but not change it', async () => {
    expect((await send('POST', '/mine', json({ tenant_id: 'acme' }, bearer('writer')))).json).toEqual({ done: true });
    expect(await send('POST', '/mine', json({ tenant_id: 'evil' }, bearer('writer')))).toMatchObject({ status: 403, json: { code: 'tenant-mismatch' } });
  });
});

describe('service tokens', () => {
  it('let services in', async () => {
    const token = await http.keys.serviceToken('orchestrator', 'asset-service');
    expect((await send('GET', '/internal', { headers: bearer(token) })).json).toEqual({ ok: true });
  });
  it('a route may be for some of them only', async () => {
    const as = async (service: string) => send('GET', '/internal/narrow', { headers: bearer(await http.keys.serviceToken(service, 'asset-service')) });
    expect((await as('orchestrator')).json).toEqual({ ok: true });
    expect(await as('network-service')).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });
  it.each([['none', undefined], ['for another service', 'network-service']])('%s: unauthenticated, with auth off as well', async (_what, audience) => {
    const headers = audience ? bearer(await openKeys(dir).serviceToken('orchestrator', audience)) : {};
    expect((await send('GET', '/internal', { headers })).json.code).toBe('unauthenticated');
    const off = await serve({ auth: 'off' });
    expect((await send('GET', '/internal', { headers, port: off })).json.code).toBe('unauthenticated');
  });
});

describe('auth off', () => {
  let off: number;
  beforeAll(async () => { off = await serve({ auth: 'off' }); });

  it('everybody is the default tenant with all scopes, and the log says so loudly', async () => {
    expect((await send('GET', '/mine', { port: off })).json).toEqual({ tenantId: 'default', actorId: 'anonymous', scopes: ['*'] });
    expect((await send('POST', '/mine', { port: off, ...json({}) })).status).toBe(201);
    expect(lines.some((l) => l.includes('AUTHENTICATION IS OFF') && l.includes('"level":40'))).toBe(true);
  });
  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.org'])('is refused on HOST=%s', async (host) => {
    await expect(createHttpApp(AppModule, { config: config({ auth: 'off', host }), log })).rejects.toThrow(StartError);
  });
  it.each<[string, Record<string, string>]>([
    ['a foreign name', { host: 'evil.example:PORT' }],
    ['a name that begins like ours', { host: '127.0.0.1.evil.example:PORT' }],
    ['another port', { host: 'localhost:1' }],
    ['no port', { host: 'localhost' }],
    ['a foreign origin', { host: 'localhost:PORT', origin: 'https://evil.example' }],
    ['the null origin', { host: 'localhost:PORT', origin: 'null' }],
    ['the origin of another port', { host: 'localhost:PORT', origin: 'http://localhost:1' }],
    ['another site', { host: 'localhost:PORT', 'sec-fetch-site': 'cross-site' }],
  ])('%s is refused', async (_what, headers) => {
    const sent = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v.replace('PORT', String(off))]));
    expect(await send('GET', '/mine', { port: off, headers: sent })).toMatchObject({ status: 403, json: { code: 'cross-site-refused' } });
  });
  it.each<[string, Record<string, string>]>([
    ['localhost', { host: 'localhost:PORT' }], ['IPv6', { host: '[::1]:PORT' }], ['our own page', { host: 'localhost:PORT', origin: 'http://localhost:PORT', 'sec-fetch-site': 'same-origin' }],
    ['a followed link', { host: 'localhost:PORT', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
  ])('%s is served', async (_what, headers) => {
    const sent = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v.replace('PORT', String(off))]));
    expect((await send('GET', '/mine', { port: off, headers: sent })).status).toBe(200);
  });
});

it('a port in use is a start error that says what to do', async () => {
  const second = await createHttpApp(AppModule, { config: config({ port }), log, tokens: 'own' });
  await expect(second.listen()).rejects.toThrow(new StartError(`port ${port} on 127.0.0.1 is in use: stop what uses it or set PORT`));
});
