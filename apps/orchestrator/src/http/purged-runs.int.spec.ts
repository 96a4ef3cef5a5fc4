import type { ConversationView, ProblemDto } from '@opsmesh/contracts';
import { createTestDatabase, testRedisUrl, waitFor } from '@opsmesh/testing';
import type { Pool } from 'pg';
import type { RetentionLimits } from '../store/retention/limits.js';
import { RetentionSweeper } from '../store/retention/retention-sweeper.js';
import { ChatRig, WIN10 } from '../testing/chat-rig.js';
import { LiveOrchestrator, type Answer } from '../testing/live.js';
import { SILENT } from '../testing/rig.js';

const LIMITS: RetentionLimits = { days: 30, unknownDays: null, auditDays: 365 };
const MISSING = '01234567-89ab-7def-8123-456789abcdef';

let rig: ChatRig; let databaseUrl: string;
beforeAll(async () => {
  const database = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  databaseUrl = database.url;
  rig = await ChatRig.start(database, { assets: WIN10 });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

async function age(pool: Pool, runId: string): Promise<void> {
  await pool.query(`update orchestrator.runs set finished_at = finished_at - interval '31 days' where id = $1`, [runId]);
  await pool.query(`update orchestrator.history set at = at - interval '31 days' where run_id = $1`, [runId]);
}

async function purge(pool: Pool, runId: string): Promise<void> {
  await age(pool, runId);
  expect(await new RetentionSweeper({ pool, limits: LIMITS, log: SILENT, purged: () => undefined }).round()).toBe(1);
}

const PLAN = { name: 'status', steps: [{ id: 'only', tool: 'service-status', inputs: { target_host: 'web-01', service: 'nginx' } }] };
const start = (key: string, plan: object = PLAN): Promise<Answer> => rig.api.ask('POST', '/runs', { body: { plan }, headers: { 'idempotency-key': key } });
async function ended(key: string): Promise<string> {
  const answer = await start(key);
  const { id } = answer.json<{ id: string }>();
  await waitFor(async () => (await rig.api.ask('GET', `/runs/${id}`)).json<{ finishedAt: string | null }>().finishedAt !== null, { what: 'the run to end' });
  return id;
}
const codeOf = (answer: Answer): string => `${answer.status} ${answer.json<ProblemDto>().code}`;

it('whatever is asked of a run that is not kept is answered so; of one that never was it is not', async () => {
  const id = await ended('asked');
  await purge(rig.pool, id);
  const requests = (run: string): [string, string, object?][] => [
    ['GET', `/runs/${run}`], ['GET', `/runs/${run}?view=timeline`], ['GET', `/runs/${run}/events`], ['GET', `/runs/${run}/steps/only/items`], ['GET', `/runs/${run}/steps/only/items/0`], ['GET', `/runs/${run}/approvals`],
    ['POST', `/runs/${run}/cancel`], ['POST', `/runs/${run}/pause`], ['POST', `/runs/${run}/rerun`, { items: ['failed'] }], ['POST', `/runs/${run}/signals/go`, {}],
  ];
  const answers = async (run: string): Promise<string[]> => Promise.all(requests(run).map(async ([method, path, body]) => `${method} ${path.replace(run, ':id')} ${codeOf(await rig.api.ask(method, path, { body }))}`));
  expect(await answers(id)).toEqual(requests(':id').map(([method, path]) => `${method} ${path} 404 run-not-kept`));
  expect(await answers(MISSING)).toEqual(requests(':id').map(([method, path]) => `${method} ${path} 404 run-not-found`));
});

it('a request that is repeated gets the old id and starts nothing; another one with its key is refused', async () => {
  const id = await ended('nightly');
  await purge(rig.pool, id);
  const runs = await rig.countRuns();
  const again = await start('nightly');
  expect([again.status, again.json<{ id: string }>().id, again.headers.get('idempotent-replayed')]).toEqual([202, id, 'true']);
  expect(codeOf(await start('nightly', { ...PLAN, name: 'other' }))).toBe('422 idempotency-key-reused');
  expect(await rig.countRuns()).toBe(runs);
});

it('a conversation shows its answer as it was given; the whole table behind it says that its run is not kept', async () => {
  const reply = await rig.say('give me a report showing the size of all C drives for all assets tagged as win10');
  const [table] = reply.result!.tables;
  const conversation = async (): Promise<ConversationView> => (await rig.api.ask('GET', `/conversations/${reply.conversation_id}`)).json<ConversationView>();
  const before = await conversation();
  await purge(rig.pool, reply.result!.workflow_id);
  expect(await conversation()).toEqual(before);
  expect(codeOf(await rig.api.ask('GET', table!.csv))).toBe('404 run-not-kept');
});

it('an orchestrator that is set so does it by itself, and counts it', async () => {
  const id = await ended('by itself');
  await age(rig.pool, id);
  const other = await LiveOrchestrator.start({ databaseUrl, redisUrl: testRedisUrl(), more: { retention: LIMITS } });
  try {
    await waitFor(async () => codeOf(await rig.api.ask('GET', `/runs/${id}`)) === '404 run-not-kept', { what: 'the run to be deleted' });
    await waitFor(async () => (await other.ask('GET', '/metrics')).text.includes('\nopsmesh_runs_purged_total 1\n'), { what: 'it to be counted' });
  } finally {
    await other.stop();
  }
});
