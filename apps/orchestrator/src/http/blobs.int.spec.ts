import { createHash } from 'node:crypto';
import type { ProblemDto } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { Pool } from 'pg';
import { BlobStore } from '../store/blob-store.js';
import { TokenStore } from '../store/token-store.js';
import { fanOut, QUEUE } from '../testing/documents.js';
import { publishSuccess, useLive, type LiveOrchestrator } from '../testing/live.js';

let redis: Redis; let api: LiveOrchestrator; let pool: Pool; let tokens: TokenStore;
const callers = new Map<string, { authorization: string }>();
afterAll(() => pool.end());
useLive(async (rig) => {
  ({ redis, api } = rig);
  pool = new Pool({ connectionString: rig.databaseUrl });
  tokens = new TokenStore(pool);
  for (const tenantId of ['acme', 'other']) {
    const { token } = await tokens.create({ name: 'spec', tenantId, actorId: 'bob', scopes: ['runs:read', 'runs:write'], lifeSeconds: 600 });
    callers.set(tenantId, { authorization: `Bearer ${token}` });
  }
}, { auth: 'on' });

const PCAP = 'application/vnd.tcpdump.pcap';
const shaOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const startRun = async (tenant: string): Promise<string> => (await api.ask('POST', '/runs', { headers: callers.get(tenant)!, body: { plan: fanOut('probe', 1) } })).json<{ id: string }>().id;
const keep = (attempt: string, bytes: Buffer, { type = PCAP, service = QUEUE } = {}) =>
  api.askAs(service, 'PUT', `/internal/blobs/${attempt}?media_type=${encodeURIComponent(type)}`, { body: bytes, headers: { 'content-type': 'application/octet-stream' } });
const get = (tenant: string, run: string, sha256: string) => fetch(`${api.url}/runs/${run}/blobs/${sha256}`, { headers: callers.get(tenant)! });
const outcome = (answer: { status: number; text: string }): [number, string] => [answer.status, (JSON.parse(answer.text) as ProblemDto).code];

it('a file of a run is downloaded as it was kept, with its type, as an attachment', async () => {
  const run = await startRun('acme');
  const bytes = Buffer.from([0xd4, 0xc3, 0xb2, 0xa1, 0, 255, 254, 10, 13, 0]);
  const kept = await keep(`${run}.each.0.1`, bytes);
  expect([kept.status, kept.json()]).toEqual([200, { sha256: shaOf(bytes), bytes: 10 }]);
  const download = await get('acme', run, shaOf(bytes));
  expect([download.status, download.headers.get('content-type'), download.headers.get('x-content-type-options')]).toEqual([200, PCAP, 'nosniff']);
  expect(download.headers.get('content-disposition')).toBe(`attachment; filename="${shaOf(bytes).slice(0, 12)}.pcap"`);
  expect(Buffer.from(await download.arrayBuffer())).toEqual(bytes);
});

it('neither another tenant nor another run of the same tenant has it', async () => {
  const run = await startRun('acme');
  const [sibling, foreign] = [await startRun('acme'), await startRun('other')];
  const bytes = Buffer.from('only of one run');
  await keep(`${run}.each.0.1`, bytes);
  expect((await get('acme', run, shaOf(bytes))).status).toBe(200);
  expect((await get('acme', sibling, shaOf(bytes))).status).toBe(404);
  expect((await get('other', foreign, shaOf(bytes))).status).toBe(404);
  expect((await get('other', run, shaOf(bytes))).status).toBe(404);
  for (const bad of ['0'.repeat(64), 'x', `${shaOf(bytes)}'`]) expect((await get('acme', run, bad)).status).toBe(404);
});

it('the same bytes belong to every tenant that kept them, and each sees its own', async () => {
  const [mine, theirs] = [await startRun('acme'), await startRun('other')];
  const bytes = Buffer.from('kept twice');
  await keep(`${mine}.each.0.1`, bytes);
  expect((await get('other', theirs, shaOf(bytes))).status).toBe(404);
  await keep(`${theirs}.each.0.1`, bytes);
  expect((await get('other', theirs, shaOf(bytes))).status).toBe(200);
});

it('a worker reads a file of the tenant of its attempt, whichever run made it, and none of another tenant', async () => {
  const [maker, reader, foreign] = [await startRun('acme'), await startRun('acme'), await startRun('other')];
  const bytes = Buffer.from('for later attempts');
  await keep(`${maker}.each.0.1`, bytes);
  const read = await api.askAs(QUEUE, 'GET', `/internal/blobs/${reader}.each.0.1/${shaOf(bytes)}`);
  expect([read.status, read.text]).toEqual([200, 'for later attempts']);
  expect(outcome(await api.askAs(QUEUE, 'GET', `/internal/blobs/${foreign}.each.0.1/${shaOf(bytes)}`))).toEqual([404, 'blob-not-found']);
});

it('an output is no file: a worker can not read it by its hash', async () => {
  const run = await startRun('acme');
  const { sha256 } = await new BlobStore(pool).put(Buffer.from('{"output":true}'));
  expect(outcome(await api.askAs(QUEUE, 'GET', `/internal/blobs/${run}.each.0.1/${sha256}`))).toEqual([404, 'blob-not-found']);
});

it('only the service that owns the tool may keep and read, and only for attempts that there are', async () => {
  const run = await startRun('acme');
  const bytes = Buffer.from('guarded');
  expect(outcome(await keep(`${run}.each.0.1`, bytes, { service: 'rogue' }))).toEqual([403, 'forbidden']);
  await keep(`${run}.each.0.1`, bytes);
  expect(outcome(await api.askAs('rogue', 'GET', `/internal/blobs/${run}.each.0.1/${shaOf(bytes)}`))).toEqual([403, 'forbidden']);
  expect(outcome(await keep(`${run}.nowhere.0.1`, bytes))).toEqual([404, 'attempt-unknown']);
  expect(outcome(await keep('x', bytes))).toEqual([404, 'attempt-unknown']);
  expect(outcome(await api.askAs(QUEUE, 'GET', `/internal/blobs/${run}.each.0.7/${shaOf(bytes)}`))).toEqual([409, 'attempt-over']);
  for (const [method, path] of [['PUT', `/internal/blobs/${run}.each.0.1?media_type=${PCAP}`], ['GET', `/internal/blobs/${run}.each.0.1/${shaOf(bytes)}`]] as const) {
    expect(outcome(await api.ask(method, path, { headers: callers.get('acme')!, ...(method === 'PUT' ? { body: bytes } : {}) }))).toEqual([401, 'unauthenticated']);
  }
});

it('an attempt that is over reads nothing any more', async () => {
  const run = await startRun('acme');
  const bytes = Buffer.from('too late');
  await keep(`${run}.each.0.1`, bytes);
  await publishSuccess(redis, { id: run, tenant_id: 'acme' }, { step: 'each' });
  await waitFor(async () => (await api.askAs(QUEUE, 'GET', `/internal/blobs/${run}.each.0.1/${shaOf(bytes)}`)).status === 409, { what: 'the refusal' });
});

it('a type that a browser would run or draw is refused, and so is a file without a byte', async () => {
  const run = await startRun('acme');
  for (const type of ['text/html', 'image/svg+xml', 'application/', 'application/x\r\nSet-Cookie: a']) expect(outcome(await keep(`${run}.each.0.1`, Buffer.from('x'), { type }))).toEqual([422, 'invalid-query']);
  expect(outcome(await keep(`${run}.each.0.1`, Buffer.alloc(0)))).toEqual([422, 'invalid-body']);
});

it('a run that repeats another one has the files of that one too', async () => {
  const [parent, child] = [await startRun('acme'), await startRun('acme')];
  const bytes = Buffer.from('of the parent');
  await keep(`${parent}.each.0.1`, bytes);
  await pool.query('update orchestrator.runs set parent_run_id = $2 where id = $1', [child, parent]);
  expect((await get('acme', child, shaOf(bytes))).status).toBe(200);
  const later = Buffer.from('of the child');
  await keep(`${child}.each.0.1`, later);
  expect((await get('acme', parent, shaOf(later))).status).toBe(404);
});

it.each([[false, 'application/json'], [true, 'application/octet-stream']])('a large output is downloaded as well; cut %p it is %s', async (truncated, type) => {
  const run = await startRun('acme');
  const { sha256 } = await new BlobStore(pool).put(Buffer.from(JSON.stringify({ truncated })));
  await pool.query('update orchestrator.items set blob_sha256 = $2, truncated = $3 where run_id = $1', [run, sha256, truncated]);
  const download = await get('acme', run, sha256);
  expect([download.status, download.headers.get('content-type')?.split(';')[0]]).toEqual([200, type]);
});
