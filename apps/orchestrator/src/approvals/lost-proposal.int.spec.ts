import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULT_APPROVAL_POLICY, type ProblemDto, type ProposedRunView } from '@opsmesh/contracts';
import { createTestDatabase, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { fanOut } from '../testing/documents.js';
import { LiveOrchestrator, type Answer } from '../testing/live.js';
import { openRedis } from '../testing/rig.js';
import { TcpProxy } from '../testing/tcp-proxy.js';

let server: TestDatabase; let proxy: TcpProxy; let redis: Redis; let api: LiveOrchestrator; let assets: Server;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  proxy = new TcpProxy(new URL(server.url));
  await proxy.open();
  const opened = await openRedis();
  redis = opened.redis;
  // Every target is an asset of its own.
  assets = createServer((request, response) => {
    let text = '';
    request.on('data', (d) => { text += String(d); }).on('end', () => {
      const { targets } = JSON.parse(text) as { targets: string[] };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(targets.map((t) => ({ assetId: `id-${t}`, hostname: t, environment: 'staging', tags: [], endpoints: [], refusal: null }))));
    });
  });
  await new Promise<void>((ok) => { assets.listen(0, '127.0.0.1', ok); });
  api = await LiveOrchestrator.start({ databaseUrl: proxy.url, redisUrl: opened.url, more: { assetServiceUrl: `http://127.0.0.1:${(assets.address() as AddressInfo).port}` } });
  await api.registerTools();
  const set = await api.ask('PUT', '/approval-policy', { body: { ...DEFAULT_APPROVAL_POLICY, applies: ['chat', 'api'] } });
  if (set.status !== 200) throw new Error(set.text);
});
afterAll(async () => {
  await api.stop();
  assets.closeAllConnections();
  await new Promise((ok) => { assets.close(ok); });
  await proxy.cut();
  redis.disconnect();
  await server.drop();
});

const propose = (name: string): Promise<Answer> => api.ask('POST', '/runs', { body: { plan: { ...fanOut('change', 3), name } } });

it('a proposal whose commit was not answered is found and answered', async () => {
  proxy.loseCommit({ text: 'answer lost', lost: 'answer' });
  const answer = await propose('answer lost');
  const { id, status } = answer.json<{ id: string; status: string }>();
  expect([answer.status, status, (await api.ask('GET', `/runs/${id}`)).json<ProposedRunView>().status]).toEqual([202, 'awaiting-approval', 'awaiting-approval']);
});

it('one that is not found is answered with its id: the caller can look', async () => {
  proxy.loseCommit({ text: 'commit lost', lost: 'commit' });
  const problem = (await propose('commit lost')).json<ProblemDto>();
  expect(problem).toMatchObject({ status: 503, code: 'run-outcome-unknown', run_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
  expect((await api.ask('GET', `/runs/${problem.run_id!}`)).status).toBe(404);
});

it.each([
  ['a decision', 'rejected', (id: string, manifest: string) => api.ask('POST', `/runs/${id}/approvals/plan`, { body: { decision: 'reject', manifest_sha256: manifest } })],
  ['a withdrawal', 'withdrawn', (id: string) => api.ask('POST', `/runs/${id}/cancel`)],
])('%s of unknown outcome names the run, which tells', async (what, status, act) => {
  const { id, approval } = (await propose(what)).json<{ id: string; approval: { manifest_sha256: string } }>();
  proxy.loseCommit({ text: id, lost: 'answer' });
  expect((await act(id, approval.manifest_sha256)).json<ProblemDto>()).toMatchObject({ status: 503, code: 'outcome-unknown', run_id: id });
  expect((await api.ask('GET', `/runs/${id}`)).json<ProposedRunView>().status).toBe(status);
});
