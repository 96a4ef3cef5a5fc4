import type { ItemPageView, ProblemDto, RunView } from '@opsmesh/contracts';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { Client } from 'pg';
import { fanOut } from '../testing/documents.js';
import { LiveOrchestrator, type Answer } from '../testing/live.js';
import { openRedis } from '../testing/rig.js';
import { TcpProxy } from '../testing/tcp-proxy.js';

/** Time for an answer of PostgreSQL, in milliseconds. */
const ANSWER_MS = 6000;

let server: TestDatabase; let proxy: TcpProxy; let redis: Redis; let api: LiveOrchestrator; let database: Client;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  proxy = new TcpProxy(new URL(server.url));
  await proxy.open();
  database = new Client({ connectionString: server.url });
  await database.connect();
  const opened = await openRedis();
  redis = opened.redis;
  api = await LiveOrchestrator.start({ databaseUrl: `${proxy.url}?query_timeout=${ANSWER_MS}`, redisUrl: opened.url });
  await api.registerTools();
});
afterAll(async () => {
  await api.stop();
  await proxy.cut();
  redis.disconnect();
  await database.end();
  await server.drop();
});

async function started(plan: object): Promise<string> {
  const answer = await api.ask('POST', '/runs', { body: { plan, actor_id: 'ann' } });
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.json<{ id: string }>().id;
}
const view = async (id: string): Promise<RunView> => (await api.ask('GET', `/runs/${id}`)).json<RunView>();
/** One item of a tool that may not be repeated, of which nobody knows how it ended. */
async function doubtful(): Promise<string> {
  const id = await started(fanOut('change', 2));
  await database.query(`update orchestrator.items set status = 'unknown', started_at = now() where run_id = $1 and item = 0`, [id]);
  await database.query(`update orchestrator.run_states set version = version + 1, state = replace(state, '[0,2]', '[0,1,0,0,0,1]') where run_id = $1`, [id]);
  // The engine learns of it.
  for (const act of ['pause', 'resume']) await api.ask('POST', `/runs/${id}/${act}`);
  return id;
}
const items = async (id: string): Promise<ItemPageView['items']> => (await api.ask('GET', `/runs/${id}/steps/each/items`)).json<ItemPageView>().items;
const policyOf = async (id: string): Promise<number> => (await database.query<{ n: number }>(`select count(*)::int as n from orchestrator.history where run_id = $1 and entries::text like '%step.policy-changed%'`, [id])).rows[0]!.n;

describe('an act that may be repeated', () => {
  it.each([['cancel', 'cancelled'], ['pause', 'paused']] as const)('%s is answered with the run as it is, though its commit was not answered', async (act, status) => {
    const id = await started(fanOut('probe', 2));
    proxy.loseCommit({ text: id, lost: 'answer' });
    const answer = await api.ask('POST', `/runs/${id}/${act}`);
    expect([answer.status, answer.json<RunView>().status]).toEqual([202, status]);
  });

  it('resume likewise', async () => {
    const id = await started(fanOut('probe', 2));
    await api.ask('POST', `/runs/${id}/pause`);
    proxy.loseCommit({ text: id, lost: 'answer' });
    const answer = await api.ask('POST', `/runs/${id}/resume`);
    expect([answer.status, answer.json<RunView>().status]).toEqual([202, 'running']);
  });

  it('is done, though its commit did not get there', async () => {
    const id = await started(fanOut('probe', 2));
    proxy.loseCommit({ text: id, lost: 'commit' });
    const answer = await api.ask('POST', `/runs/${id}/cancel`);
    expect([answer.status, answer.json<RunView>().status, (await view(id)).status]).toEqual([202, 'cancelled', 'cancelled']);
  });

  it('is answered though its connection fell silent: the run is loaded again on another one', async () => {
    const id = await started(fanOut('probe', 2));
    proxy.loseCommit({ text: id, lost: 'line' });
    const answer = await api.ask('POST', `/runs/${id}/pause`);
    expect([answer.status, answer.json<RunView>().status]).toEqual([202, 'paused']);
    expect((await api.ask('POST', `/runs/${id}/cancel`)).json<RunView>().status).toBe('cancelled');
  });

  it('is of unknown outcome when the record stays away', async () => {
    const id = await started(fanOut('probe', 2));
    proxy.loseCommit({ text: id, lost: 'answer', then: () => { void proxy.cut(); } });
    const answer = await api.ask('POST', `/runs/${id}/cancel`);
    const read = await api.ask('GET', `/runs/${id}`);
    await proxy.open();
    expect(answer.json<ProblemDto>()).toMatchObject({ status: 503, code: 'outcome-unknown', run_id: id });
    expect([read.json<ProblemDto>(), read.headers.get('retry-after')]).toMatchObject([{ status: 503, code: 'service-unavailable' }, '2']);
    expect((await view(id)).status).toBe('cancelled');
  });
});

describe('an act whose end nobody looks for is of unknown outcome, and the run tells', () => {
  it.each<[string, () => Promise<string>, (id: string) => Promise<Answer>, (id: string) => Promise<unknown>, unknown]>([
    ['a change of limits', () => started(fanOut('probe', 5, { map: { concurrency: 1 } })), (id) => api.ask('PATCH', `/runs/${id}/steps/each`, { body: { map: { concurrency: 4 } } }), policyOf, 1],
    ['a resolution', doubtful, (id) => api.ask('POST', `/runs/${id}/steps/each/items/0/resolve`, { body: { status: 'succeeded', reason: 'seen' } }), async (id) => (await items(id))[0]!.status, 'succeeded'],
    ['a repetition', doubtful, (id) => api.ask('POST', `/runs/${id}/steps/each/items/0/repeat`, { body: { reason: 'nothing was done' } }), async (id) => (await items(id))[0]!.attempt, 2],
    [
      'a signal', () => started({ name: 'w', steps: [{ id: 'go', wait: { signal: 'ready' } }] }), (id) => api.ask('POST', `/runs/${id}/signals/ready`, { body: {} }),
      (id) => waitFor(async () => (await view(id)).status === 'completed', { what: 'the run to end' }), true,
    ],
    [
      'a decision', () => started({ name: 'ask', steps: [{ id: 'ok', approval: { message: 'go?', approvers: ['bob'] } }] }), (id) => api.ask('POST', `/runs/${id}/approvals/ok.0`, { body: { decision: 'approve', actor_id: 'bob' } }),
      (id) => waitFor(async () => (await view(id)).status === 'completed', { what: 'the run to end' }), true,
    ],
  ])('%s', async (_what, begin, act, look, expected) => {
    const id = await begin();
    proxy.loseCommit({ text: id, lost: 'answer' });
    const answer = await act(id);
    const problem = answer.json<ProblemDto>();
    expect([problem, answer.headers.get('retry-after')]).toMatchObject([{ status: 503, code: 'outcome-unknown', run_id: id }, '2']);
    expect(problem.detail).toContain(`/runs/${id}`);
    expect(await look(id)).toEqual(expected);
  });
});
