import type { ApprovalPolicyDto, ChatReplyView, ProblemDto, RunPageView } from '@opsmesh/contracts';
import { createTestDatabase, waitFor } from '@opsmesh/testing';
import { ChatRig } from '../testing/chat-rig.js';

let rig: ChatRig;
beforeAll(async () => { rig = await ChatRig.start(await createTestDatabase(process.env['TEST_DATABASE_URL']!)); }, 60_000);
afterAll(() => rig.stop(), 60_000);

const CHANGE = 'restart nginx on web-01';
const restarts = (): number => rig.calls.filter((c) => c.tool === 'restart-service').length;
const turnOf = async (id: string, turn: number): Promise<ChatReplyView> => (await rig.api.ask('GET', `/conversations/${id}`)).json<{ messages: { reply: ChatReplyView }[] }>().messages[turn - 1]!.reply;
const ended = (id: string, turn: number, kind: string): Promise<ChatReplyView> => waitFor(async () => { const reply = await turnOf(id, turn); return reply.kind === kind && reply.result?.status !== 'running' ? reply : undefined; }, { what: kind });
async function asked(actor: string, message = CHANGE): Promise<ChatReplyView & { confirmation: NonNullable<ChatReplyView['confirmation']> }> {
  const reply = await rig.say(message, { actor_id: actor });
  if (!reply.confirmation) throw new Error(JSON.stringify(reply));
  return { ...reply, confirmation: reply.confirmation };
}
const decide = (reply: ChatReplyView, body: object) => rig.api.ask('POST', reply.confirmation!.decide_url, { body: { manifest_sha256: reply.confirmation!.manifest_sha256, ...body } });

it('a change is shown before it is made: steps with tool, effect and risk, what it touches, how long it takes, how to decide', async () => {
  const before = restarts();
  const reply = await asked('ann');
  expect(reply).toMatchObject({ kind: 'confirmation', result: null, confirmation: { status: 'open', risk: 'write', tier: 'one-click', approve_by_message: true, affected: ['web-01'], affected_total: 1, manifest_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  expect(reply.plan!.steps).toEqual(expect.arrayContaining([{ id: 'restart', tool: 'restart-service', effect: 'write', risk: 'write', status: null }, { id: 'before', tool: 'service-status', effect: 'read', risk: 'read', status: null }]));
  expect(reply.confirmation.actions.join()).toMatch(/restart-service on web-01/);
  expect((await rig.api.ask('GET', reply.confirmation.manifest_url)).status).toBe(200);
  expect(restarts()).toBe(before);
});

it('"approve" of the requester executes at once, and both messages get the result: workflow id, time, what happened', async () => {
  const question = await asked('bob');
  const before = restarts();
  const reply = await rig.say('approve', { actor_id: 'bob', conversation_id: question.conversation_id });
  expect(reply).toMatchObject({ kind: 'execution_result', turn: 2, result: { status: 'completed', workflow_id: expect.any(String), execution_time_ms: expect.any(Number), total_actions: 1, actions: [{ tool: 'restart-service', target: 'web-01', status: 'succeeded', happened: expect.stringContaining('service: nginx') }] } });
  expect(restarts()).toBe(before + 1);
  const first = await ended(question.conversation_id, 1, 'execution_result');
  expect(first).toMatchObject({ confirmation: { status: 'approved' }, result: { workflow_id: reply.result!.workflow_id } });
  expect(await rig.say('approve', { actor_id: 'bob', conversation_id: question.conversation_id })).not.toMatchObject({ kind: 'execution_result' });
  expect(restarts()).toBe(before + 1);
});

it('"no" rejects it, and it can\'t be approved any more', async () => {
  const question = await asked('cat');
  const before = restarts();
  expect(await rig.say('no', { actor_id: 'cat', conversation_id: question.conversation_id })).toMatchObject({ kind: 'answer', message: 'Rejected: nothing was done.' });
  expect(await ended(question.conversation_id, 1, 'answer')).toMatchObject({ confirmation: { status: 'rejected' } });
  expect((await decide(question, { decision: 'approve', actor_id: 'dan' })).json<ProblemDto>().status).toBe(409);
  expect(restarts()).toBe(before);
});

it('a cancelled proposal is withdrawn: listed, said in the conversation, and not to be approved any more', async () => {
  const question = await asked('gus');
  const before = restarts();
  const { items } = (await rig.api.ask('GET', '/runs?status=awaiting-approval')).json<RunPageView>();
  const { id } = items.find((r) => r.actor_id === 'gus')!;
  expect(question.confirmation.decide_url).toBe(`/runs/${id}/approvals/plan`);
  for (const [method, path] of [['GET', 'events'], ['POST', 'pause'], ['POST', 'resume']] as const) expect((await rig.api.ask(method, `/runs/${id}/${path}`, method === 'POST' ? { body: {} } : {})).json<ProblemDto>()).toMatchObject({ status: 409, code: 'run-not-started' });
  const cancelled = await rig.api.ask('POST', `/runs/${id}/cancel`, { body: {} });
  expect([cancelled.status, cancelled.json()]).toMatchObject([202, { id, status: 'withdrawn' }]);
  expect((await rig.api.ask('POST', `/runs/${id}/cancel`, { body: {} })).json<ProblemDto>()).toMatchObject({ status: 409, code: 'run-ended' });
  expect((await decide(question, { decision: 'approve', actor_id: 'hal' })).json<ProblemDto>()).toMatchObject({ status: 409, code: 'approval-closed' });
  expect(await ended(question.conversation_id, 1, 'answer')).toMatchObject({ message: 'Withdrawn by anonymous: nothing was done.', confirmation: { status: 'withdrawn' } });
  expect(restarts()).toBe(before);
});

it('an approval by the API executes at once and the conversation gets the result', async () => {
  const question = await asked('dan');
  const before = restarts();
  expect((await decide(question, { decision: 'approve', actor_id: 'eve' })).status).toBe(200);
  expect(await ended(question.conversation_id, 1, 'execution_result')).toMatchObject({ result: { status: 'completed' } });
  expect(restarts()).toBe(before + 1);
});

it('a word on what was decided elsewhere gets its result, or says what became of it', async () => {
  const approved = await asked('lea');
  const before = restarts();
  expect((await decide(approved, { decision: 'approve', actor_id: 'mia' })).status).toBe(200);
  expect(await rig.say('yes', { actor_id: 'lea', conversation_id: approved.conversation_id })).toMatchObject({ kind: 'execution_result', result: { status: 'completed' } });
  expect(restarts()).toBe(before + 1);
  const stopped = await asked('lea');
  expect((await decide(stopped, { decision: 'approve', actor_id: 'mia' })).status).toBe(200);
  expect(await rig.say('no', { actor_id: 'lea', conversation_id: stopped.conversation_id })).toMatchObject({ kind: 'answer', message: expect.stringMatching(/was approved before .* cancel it/) });
  const rejected = await asked('lea');
  expect((await decide(rejected, { decision: 'reject', actor_id: 'mia' })).status).toBe(200);
  await ended(rejected.conversation_id, 1, 'answer');
  expect(await rig.say('yes', { actor_id: 'lea', conversation_id: rejected.conversation_id })).toMatchObject({ kind: 'answer', message: 'It was rejected before: nothing was done.' });
  expect(restarts()).toBe(before + 2);
});

it('what was approved for another manifest is refused', async () => {
  const question = await asked('eve');
  expect((await decide(question, { decision: 'approve', actor_id: 'eve', manifest_sha256: '0'.repeat(64) })).json<ProblemDto>()).toMatchObject({ status: 409, code: 'manifest-mismatch' });
  expect((await turnOf(question.conversation_id, 1)).kind).toBe('confirmation');
});

it('a "yes" with hidden characters, or after another message, approves nothing', async () => {
  const question = await asked('flo');
  const before = restarts();
  for (const message of ['yes\u200B', 'how many assets are there?', 'yes']) expect((await rig.say(message, { actor_id: 'flo', conversation_id: question.conversation_id })).kind).not.toBe('execution_result');
  expect(restarts()).toBe(before);
  expect((await turnOf(question.conversation_id, 1)).kind).toBe('confirmation');
});

it('a confirmation survives a restart', async () => {
  const question = await asked('gil');
  await rig.api.stop();
  await rig.boot();
  expect(await rig.say('yes', { actor_id: 'gil', conversation_id: question.conversation_id })).toMatchObject({ kind: 'execution_result', result: { status: 'completed' } });
});

it('two approvals at once execute once', async () => {
  const question = await asked('hal');
  const before = restarts();
  await Promise.all([rig.say('yes', { actor_id: 'hal', conversation_id: question.conversation_id }), decide(question, { decision: 'approve', actor_id: 'ida' })]);
  await ended(question.conversation_id, 1, 'execution_result');
  expect(restarts()).toBe(before + 1);
});

it('where policy wants more than one click, a message approves nothing and says what is wanted', async () => {
  const policy: ApprovalPolicyDto = { applies: ['chat'], largeFrom: 50, productionEnvironments: ['staging'], protected: { tags: [], hostnames: [], environments: [] }, expiresMs: 60_000, approvers: 2 };
  expect((await rig.api.ask('PUT', '/approval-policy', { body: policy })).status).toBe(200);
  const question = await asked('jan');
  expect(question.confirmation).toMatchObject({ tier: 'typed', approve_by_message: false, typed_text: expect.any(String) });
  const before = restarts();
  const reply = await rig.say('yes', { actor_id: 'jan', conversation_id: question.conversation_id });
  expect(reply).toMatchObject({ kind: 'answer', message: expect.stringContaining(question.confirmation.decide_url) });
  expect(restarts()).toBe(before);
  expect((await decide(question, { decision: 'approve', actor_id: 'jan', typed_text: question.confirmation.typed_text })).status).toBe(200);
  expect(await ended(question.conversation_id, 1, 'execution_result')).toMatchObject({ result: { status: 'completed' } });
  await rig.api.ask('PUT', '/approval-policy', { body: { ...policy, productionEnvironments: [], expiresMs: 1000 } });
  const short = await asked('kim');
  expect(await ended(short.conversation_id, 1, 'answer')).toMatchObject({ confirmation: { status: 'expired' } });
});
