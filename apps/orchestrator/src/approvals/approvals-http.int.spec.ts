import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULT_APPROVAL_POLICY, type ApprovalView, type PlanApprovalView, type PreviewView, type ProblemDto, type ProposedRunView, type RunView } from '@opsmesh/contracts';
import { createTestDatabase, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { Pool } from 'pg';
import { TokenStore } from '../store/token-store.js';
import { fanOut } from '../testing/documents.js';
import { LiveOrchestrator, type Answer } from '../testing/live.js';
import { openRedis } from '../testing/rig.js';

let server: TestDatabase; let redis: Redis; let api: LiveOrchestrator; let pool: Pool; let tokens: TokenStore; let assets: Server;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  const opened = await openRedis();
  ({ redis } = opened);
  // Every target is an asset of its own.
  assets = createServer((request, response) => {
    let text = '';
    request.on('data', (d) => { text += String(d); }).on('end', () => {
      const { targets } = JSON.parse(text) as { targets: string[] };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(targets.map((t) => ({ assetId: `id-${t}`, hostname: t, environment: 'staging', tags: [], endpoints: [], refusal: null }))));
    });
  });
  await new Promise<void>((ok) => { assets.listen(0, '127.0.0.1', ok); });
  api = await LiveOrchestrator.start({ databaseUrl: server.url, redisUrl: opened.url, auth: 'on', more: { assetServiceUrl: `http://127.0.0.1:${(assets.address() as AddressInfo).port}` } });
  await api.registerTools();
  pool = new Pool({ connectionString: server.url });
  tokens = new TokenStore(pool);
});
afterAll(async () => {
  await api.stop();
  assets.closeAllConnections();
  await new Promise((ok) => { assets.close(ok); });
  await pool.end();
  redis.disconnect();
  await server.drop();
});

const SCOPES = ['runs:read', 'runs:write', 'runs:approve', 'policies:write'];
const asked = async (actorId: string, method: string, path: string, { body, scopes = SCOPES, key }: { body?: unknown; scopes?: string[]; key?: string } = {}): Promise<Answer> => {
  const { token } = await tokens.create({ name: 'spec', tenantId: 'acme', actorId, scopes, lifeSeconds: 60 });
  return api.ask(method, path, { headers: { authorization: `Bearer ${token}`, ...(key ? { 'idempotency-key': key } : {}) }, ...(body === undefined ? {} : { body }) });
};
const codeOf = (answer: Answer): unknown[] => [answer.status, answer.json<ProblemDto>().code];
const DEFAULTS = { ...DEFAULT_APPROVAL_POLICY };

it('a policy is read by who may read, set by who may set, and checked', async () => {
  expect((await asked('ann', 'GET', '/approval-policy')).json()).toEqual({ ...DEFAULTS, updatedBy: null, updatedAt: null });
  const policy = { ...DEFAULTS, applies: ['chat', 'api'], approvers: 2 };
  expect(codeOf(await asked('ann', 'PUT', '/approval-policy', { body: policy, scopes: ['runs:read', 'runs:write', 'runs:approve'] }))).toEqual([403, 'forbidden']);
  for (const wrong of [{ ...policy, largeFrom: 0 }, { ...policy, applies: ['cli'] }, { ...policy, protected: {} }, { ...policy, tier: 'none' }]) expect((await asked('ann', 'PUT', '/approval-policy', { body: wrong })).status).toBe(422);
  expect((await asked('root', 'PUT', '/approval-policy', { body: policy })).json()).toMatchObject({ applies: ['chat', 'api'], updatedBy: 'root' });
});

it('a preview tells manifest, risk and bounds, and stores nothing', async () => {
  const preview = (await asked('ann', 'POST', '/plans/preview', { body: { plan: fanOut('change', 3) } })).json<PreviewView>();
  expect(preview).toMatchObject({ risk: { class: 'write', tier: 'typed', changedHosts: 3 }, bounds: { hosts: 3, commands: 3 }, manifest: { tenant: 'acme' }, manifest_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
  expect((await asked('ann', 'GET', '/runs')).json()).toMatchObject({ items: [] });
  expect((await asked('ann', 'GET', '/approvals')).json()).toEqual({ items: [], next: null });
});

it('a run that needs people is told so, shown, listed, approved and then a run under the same id', async () => {
  const started = await asked('ann', 'POST', '/runs', { body: { plan: fanOut('change', 3), actor_id: 'ann' }, key: 'once' });
  const { id, approval } = started.json<{ id: string; status: string; approval: PlanApprovalView }>();
  expect([started.status, started.json()]).toMatchObject([202, { status: 'awaiting-approval', status_url: `/runs/${id}`, approval: { kind: 'plan', typed_text: '3 hosts' } }]);
  expect((await asked('ann', 'GET', `/runs/${id}`)).json<ProposedRunView>()).toMatchObject({ id, status: 'awaiting-approval', origin: 'api', bounds: { hosts: 3 }, approvals: [{ id: 'plan', status: 'open' }] });
  expect((await asked('bob', 'GET', '/approvals')).json()).toMatchObject({ items: [{ kind: 'plan', runId: id, manifest_sha256: approval.manifest_sha256 }], next: null });
  expect((await asked('bob', 'GET', `/runs/${id}/manifest`)).json()).toMatchObject({ manifest_sha256: approval.manifest_sha256, approval: 'plan', manifest: { steps: [{ step: 'each', items: [{ assetId: 'id-host-0' }, {}, {}] }] } });
  const decide = (body: object, scopes = SCOPES): Promise<Answer> => asked('bob', 'POST', `/runs/${id}/approvals/plan`, { body, scopes });
  const word = { decision: 'approve', manifest_sha256: approval.manifest_sha256, typed_text: '3 hosts' };
  expect(codeOf(await decide(word, ['runs:read', 'runs:write']))).toEqual([403, 'forbidden']);
  expect(codeOf(await decide({ decision: 'approve' }))).toEqual([422, 'manifest-required']);
  expect((await decide({ ...word, manifest_sha256: 'x' })).status).toBe(422);
  expect(codeOf(await decide({ ...word, manifest_sha256: 'a'.repeat(64) }))).toEqual([409, 'manifest-mismatch']);
  expect(codeOf(await decide({ ...word, typed_text: 'yes' }))).toEqual([422, 'typed-text-required']);
  expect((await decide({ ...word, comment: 'fine' })).json()).toMatchObject({ status: 'approved', acts: [{ actor_id: 'bob', comment: 'fine' }] });
  expect((await asked('ann', 'GET', `/runs/${id}`)).json<RunView>()).toMatchObject({ id, status: 'running', steps: [{ id: 'each' }] });
  expect((await asked('ann', 'GET', `/runs/${id}/approvals`)).json()).toMatchObject([{ kind: 'plan', id: 'plan', status: 'approved' }]);
  const again = await asked('ann', 'POST', '/runs', { body: { plan: fanOut('change', 3) }, key: 'once' });
  expect([again.headers.get('idempotent-replayed'), again.json<{ id: string }>().id]).toEqual(['true', id]);
  expect((await asked('ann', 'GET', `/runs/${id}/manifest`)).json()).toMatchObject({ manifest_sha256: approval.manifest_sha256, approval: null });
});

it('questions about proposed runs and of steps are one list, oldest first, whose pages lead through it', async () => {
  const ask = { steps: [{ id: 'ok', forEach: '<<input.hosts>>', map: { concurrency: 2 }, approval: { message: '<<item>>?' } }], inputs: { hosts: ['a', 'b'] } };
  for (const plan of [fanOut('change', 3), ask, fanOut('change', 2), ask, fanOut('change', 4)]) expect((await asked('ann', 'POST', '/runs', { body: { plan } })).status).toBe(202);
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const { items, next } = (await asked('ann', 'GET', `/approvals?limit=1${cursor}`)).json<{ items: (ApprovalView | PlanApprovalView)[]; next: string | null }>();
    seen.push(...items.map((i) => `${i.kind} ${i.kind === 'step' ? i.message : i.typed_text}`));
    if (next === null) break;
    cursor = `&cursor=${next}`;
  }
  expect(seen).toEqual(['plan 3 hosts', 'step a?', 'step b?', 'plan 2 hosts', 'step a?', 'step b?', 'plan 4 hosts']);
});

it('a manifest is found by those who may see the run only', async () => {
  expect(codeOf(await asked('ann', 'GET', '/runs/00000000-0000-7000-8000-000000000000/manifest'))).toEqual([404, 'manifest-not-found']);
  expect(codeOf(await asked('ann', 'GET', '/runs/nonsense/manifest'))).toEqual([404, 'manifest-not-found']);
});

it('people are asked about a re-run of what nobody approved where the policy asks now, and the child takes over from its parent once they agree', async () => {
  expect((await asked('root', 'PUT', '/approval-policy', { body: DEFAULTS })).status).toBe(200);
  const { id } = (await asked('ann', 'POST', '/runs', { body: { plan: fanOut('change', 1) } })).json<{ id: string }>();
  await asked('ann', 'POST', `/runs/${id}/cancel`, { body: {} });
  expect((await asked('root', 'PUT', '/approval-policy', { body: { ...DEFAULTS, applies: ['chat', 'api'] } })).status).toBe(200);
  const waiting = (await asked('ann', 'POST', `/runs/${id}/rerun`, { body: { items: ['not-started'] } })).json<{ id: string; status: string; approval: PlanApprovalView }>();
  expect(waiting.status).toBe('awaiting-approval');
  expect((await asked('ann', 'GET', `/runs/${waiting.id}`)).json()).toMatchObject({ status: 'awaiting-approval', parentRunId: id });
  expect((await asked('bob', 'POST', `/runs/${waiting.id}/approvals/plan`, { body: { decision: 'approve', manifest_sha256: waiting.approval.manifest_sha256 } })).json()).toMatchObject({ status: 'approved' });
  expect((await asked('ann', 'GET', `/runs/${waiting.id}`)).json()).toMatchObject({ status: 'running', parentRunId: id, steps: [{ id: 'each', total: 1 }] });
});
