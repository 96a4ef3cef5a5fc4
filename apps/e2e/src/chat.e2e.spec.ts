import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatReplyView, ConversationView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => { rig = await Rig.start(); }, 120_000);
afterAll(() => rig.stop(), 60_000);

const GB = 1_000_000_000;
const REPORT = 'give me a report showing the size of all C drives for all assets tagged as win10';
async function say(message: string, more: object = {}): Promise<ChatReplyView> {
  const { status, body } = await rig.request<ChatReplyView>('POST', '/chat', { message, tenant_id: 'default', actor_id: 'ann', ...more });
  if (status !== 200) throw new Error(`POST /chat: ${status} ${JSON.stringify(body)}`);
  return body;
}
const conversation = async (id: string): Promise<ConversationView> => (await rig.request<ConversationView>('GET', `/conversations/${id}`)).body;
const commands = async (program: string): Promise<number> => (await rig.ledger()).filter((e) => e.argument.startsWith(program)).length;

it('the report of all C drives, asked in plain words without a model: one row a host, with numbers, over sealed WinRM', async () => {
  const reply = await say(REPORT);
  expect(reply).toMatchObject({ kind: 'execution_result', prose: null, usage: null, plan: { risk: 'read', steps: [{ tool: 'asset-query', effect: 'read', risk: 'read' }, { tool: 'Get-Volume', effect: 'read', risk: 'read' }] }, result: { status: 'completed' } });
  const [table] = reply.result!.tables;
  const column = (title: string): number => table!.columns.findIndex((c) => c.title === title);
  expect(table!.rows.map((r) => [r.target, r.cells[column('drive')], r.cells[column('size')], r.cells[column('free')]])).toEqual([
    ['pc-win10-01', 'C', 256 * GB, 97.3 * GB], ['pc-win10-02', 'C', 512 * GB, 388.6 * GB], ['pc-win10-03', 'C', 128 * GB, 3.9 * GB], ['pc-win10-04', 'C', 256 * GB, 141.8 * GB],
  ]);
  expect(reply.message).toContain('volumes: 4 of 4 succeeded. size: 128 GB (pc-win10-03) to 512 GB (pc-win10-02), 1.2 TB in all.');
  const log = await rig.request<{ target: string; attempts: { output: { host: string } }[] }>('GET', table!.rows[0]!.source!.url);
  expect(log.body).toMatchObject({ target: 'pc-win10-01', attempts: [{ output: { host: 'pc-win10-01' } }] });
  const csv = await rig.request<string>('GET', table!.csv);
  expect([csv.type.split(';')[0], csv.body.split('\r\n').filter((l) => l !== '').length]).toEqual(['text/csv', 5]);
}, 60_000);

it.each([
  ['what\'s the IP of web-01?', /127\.0\.1\.11/],
  ['how many assets are tagged win10?', /^4 assets match/],
  ['find servers with \'db\' in the name', /^1 asset/],
])('answers from the inventory: %s', async (question, answer) => {
  const reply = await say(question);
  expect([reply.kind, reply.message]).toEqual(['answer', expect.stringMatching(answer)]);
});

it('a host that does not answer is told first, with its reason, and leaves the others alone', async () => {
  const reply = await say('show disk usage of all hosts tagged web');
  expect(reply.result!.status).toBe('partial');
  const rows = reply.result!.tables[0]!.rows;
  expect(rows.map((r) => [r.target, r.status])).toEqual([['web-04', 'failed'], ['web-01', 'succeeded'], ['web-02', 'succeeded'], ['web-03', 'succeeded']]);
  expect(rows[0]!.reason).toMatch(/^unreachable/);
}, 60_000);

it('a change without its details is asked for them, then shown, then made once it is approved', async () => {
  const first = await say('restart a service on web-03');
  expect(first).toMatchObject({ kind: 'question', options: expect.arrayContaining([{ label: 'nginx', value: 'nginx' }]) });
  const { conversation_id: id } = first;
  const second = await say('nginx', { conversation_id: id });
  expect(second).toMatchObject({ kind: 'confirmation', confirmation: { affected: ['web-03'], risk: 'write', tier: 'one-click' }, plan: { steps: expect.arrayContaining([expect.objectContaining({ tool: 'restart-service', effect: 'write', risk: 'write' })]) } });
  const third = await say('approve', { conversation_id: id });
  expect(third).toMatchObject({ kind: 'execution_result', result: { status: 'completed', total_actions: 1, actions: [{ tool: 'restart-service', target: 'web-03', status: 'succeeded' }] } });
  await waitFor(async () => (await conversation(id)).messages[1]!.reply!.kind === 'execution_result', { what: 'the confirmation to get its result' });
}, 60_000);

it('a production host is not changed by a "yes" in the chat', async () => {
  const asked = await say('restart nginx on web-01');
  expect(asked).toMatchObject({ kind: 'confirmation', confirmation: { approve_by_message: false } });
  const answer = await say('yes', { conversation_id: asked.conversation_id });
  expect([answer.kind, answer.message]).toEqual(['answer', expect.stringContaining(asked.confirmation!.decide_url)]);
  expect((await conversation(asked.conversation_id)).messages[0]!.reply!.kind).toBe('confirmation');
});

it('a conversation outlives the sudden death of the orchestrator in the middle of its run: one run, one answer', async () => {
  const orchestrator = rig.mesh.children['orchestrator']!;
  const client_message_id = randomUUID();
  const { body: { conversation_id: id, confirmation } } = await rig.request<ChatReplyView>('POST', '/chat', { message: 'run `sleep 2; ledger slow-chat` on web-03', actor_id: 'bob', client_message_id });
  expect(confirmation).not.toBeNull();
  const decided = await rig.request('POST', confirmation!.decide_url, { decision: 'approve', manifest_sha256: confirmation!.manifest_sha256, actor_id: 'cat' });
  // What can't be read ahead needs two people.
  if (confirmation!.tier === 'two-people') await rig.request('POST', confirmation!.decide_url, { decision: 'approve', manifest_sha256: confirmation!.manifest_sha256, actor_id: 'dan' });
  expect(decided.status).toBe(200);
  orchestrator.kill('SIGKILL');
  await orchestrator.exited;
  await orchestrator.start();
  const reply = await waitFor(async () => {
    const { messages } = await conversation(id);
    const last = messages[0]!.reply;
    return last?.kind === 'execution_result' && last.result!.status !== 'running' ? last : undefined;
  }, { timeoutMs: 60_000, what: 'the answer' });
  expect(reply.result).toMatchObject({ status: 'completed', actions: [{ status: 'succeeded', target: 'web-03' }] });
  expect(await commands('slow-chat')).toBe(1);
  const again = await rig.request<ChatReplyView>('POST', '/chat', { message: 'run `sleep 2; ledger slow-chat` on web-03', actor_id: 'bob', client_message_id });
  expect(again.body).toEqual(reply);
  expect(await commands('slow-chat')).toBe(1);
}, 120_000);

it('the client is made from the API as it is: npm run client:generate', async () => {
  const { body } = await rig.request<object>('GET', '/docs-json');
  expect(JSON.parse(readFileSync(join(import.meta.dirname, '../../../libs/client/openapi.json'), 'utf8'))).toEqual(body);
});
