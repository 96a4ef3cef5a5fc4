import type { ProblemDto, RunView } from '@opsmesh/contracts';
import { createTestDatabase, waitFor, type TestDatabase } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { LiveOrchestrator, publishSuccess, type Answer } from '../testing/live.js';
import { openRedis } from '../testing/rig.js';
import { TcpProxy } from '../testing/tcp-proxy.js';

let server: TestDatabase; let proxy: TcpProxy; let pool: pg.Pool; let redis: Redis; let api: LiveOrchestrator;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  proxy = new TcpProxy(new URL(server.url));
  await proxy.open();
  pool = new pg.Pool({ connectionString: server.url, max: 2 });
  const opened = await openRedis();
  redis = opened.redis;
  api = await LiveOrchestrator.start({ databaseUrl: proxy.url, redisUrl: opened.url });
  await api.registerTools();
});
afterAll(async () => {
  await api.stop();
  await proxy.cut();
  redis.disconnect();
  await pool.end();
  await server.drop();
});

const start = (name: string, headers: Record<string, string> = {}): Promise<Answer> => api.ask('POST', '/runs', { body: { plan: { name, steps: [{ id: 'only', tool: 'probe', inputs: { host: 'a' } }] } }, headers });
const stored = async (name: string): Promise<string[]> => (await pool.query<{ id: string }>('select id from orchestrator.runs where name = $1 order by id', [name])).rows.map((r) => r.id);
const idOf = (answer: Answer): string => { if (answer.status !== 202) throw new Error(answer.text); return answer.json<{ id: string }>().id; };

it('a run whose commit was not answered is found and answered, and goes on', async () => {
  proxy.loseCommit({ text: 'answer lost', lost: 'answer' });
  const answer = await start('answer lost');
  const id = idOf(answer);
  expect([answer.headers.get('location'), await stored('answer lost')]).toEqual([`/runs/${id}`, [id]]);
  await publishSuccess(redis, { id, tenant_id: 'default' }, { step: 'only' });
  await waitFor(async () => (await api.ask('GET', `/runs/${id}`)).json<RunView>().status === 'completed', { what: 'the run to end' });
});

it('of runs that were stored together each is answered, and stored once', async () => {
  const all = 8;
  proxy.loseCommit({ text: 'together', lost: 'answer' });
  const ids = (await Promise.all(Array.from({ length: all }, () => start('together')))).map(idOf);
  expect(await stored('together')).toEqual([...ids].sort());
});

it('with an idempotency key it is no repetition, and the next request with it is', async () => {
  proxy.loseCommit({ text: 'with a key', lost: 'answer' });
  const answer = await start('with a key', { 'idempotency-key': 'k' });
  expect(answer.headers.get('idempotent-replayed')).toBeNull();
  const again = await start('with a key', { 'idempotency-key': 'k' });
  expect([idOf(again), again.headers.get('idempotent-replayed')]).toEqual([idOf(answer), 'true']);
});

it('a run that is not found is answered with its id: the caller can look', async () => {
  proxy.loseCommit({ text: 'commit lost', lost: 'commit' });
  const answer = await start('commit lost');
  const problem = answer.json<ProblemDto>();
  expect(problem).toMatchObject({ status: 503, code: 'run-outcome-unknown', run_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
  expect(problem.detail).toContain(`/runs/${problem.run_id!}`);
  expect([(await api.ask('GET', `/runs/${problem.run_id!}`)).status, await stored('commit lost')]).toEqual([404, []]);
});

it('so is a run of which nobody can say it, because the record stays away', async () => {
  proxy.loseCommit({ text: 'record away', lost: 'answer', then: () => { void proxy.cut(); } });
  const problem = (await start('record away')).json<ProblemDto>();
  await proxy.open();
  expect(problem).toMatchObject({ status: 503, code: 'run-outcome-unknown' });
  expect(await stored('record away')).toEqual([problem.run_id]);
  expect((await api.ask('GET', `/runs/${problem.run_id!}`)).json<RunView>()).toMatchObject({ name: 'record away', status: 'running' });
});
