import { randomUUID } from 'node:crypto';
import type { ChatProgressView, ChatReplyView } from '@opsmesh/contracts';
import { createTestDatabase, waitFor } from '@opsmesh/testing';
import { EventReader, type ServerEvent } from '../testing/live.js';
import { ChatRig } from '../testing/chat-rig.js';

let held = new Set<string>();
let rig: ChatRig;
beforeAll(async () => { rig = await ChatRig.start(await createTestDatabase(process.env['TEST_DATABASE_URL']!), { waitMs: 300, holds: (tool) => held.has(tool) }); }, 60_000);
afterEach(() => { held = new Set(); });
afterAll(() => rig.stop(), 60_000);

const REPORT = 'give me a report showing the size of all C drives for all assets tagged as win10';

/** The events of a message until the server ends them. */
async function streamed(message: string, more: object = {}): Promise<ServerEvent[]> {
  const { status, headers, text } = await rig.api.ask('POST', '/chat', { body: { message, ...more }, headers: { accept: 'text/event-stream' } });
  expect([status, headers.get('content-type')?.split(';')[0]]).toEqual([200, 'text/event-stream']);
  return text.split('\n\n').flatMap((block) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const data = field('data');
    return data === undefined ? [] : [{ id: field('id') === undefined ? null : Number(field('id')), event: field('event') ?? 'message', data: JSON.parse(data) as unknown }];
  });
}

it('tells the way to a plan, then the progress, then the reply that the same message gets as JSON', async () => {
  const clientId = randomUUID();
  const events = await streamed(REPORT, { actor_id: 'ann', client_message_id: clientId });
  const names = events.map((e) => e.event);
  expect([names[0], names.at(-1)]).toEqual(['started', 'result']);
  expect(names.indexOf('understood')).toBeLessThan(names.indexOf('template'));
  expect(names).toEqual(expect.arrayContaining(['rejected', 'progress']));
  expect(events.filter((e) => e.id !== null).map((e) => e.id)).toEqual(events.filter((e) => e.id !== null).map((_, i) => i + 1));
  expect(events.find((e) => e.event === 'template')!.data).toEqual({ template: 'disk-report-windows', version: 1 });
  expect(events.at(-1)!.data).toEqual(await rig.say(REPORT, { actor_id: 'ann', client_message_id: clientId }));
});

it('an answer waits for a while, then says that the run goes on; the stream goes on live', async () => {
  held = new Set(['Get-Volume']);
  const more = { actor_id: 'bob', client_message_id: randomUUID() };
  const early = await rig.say(REPORT, more);
  expect(early).toMatchObject({ kind: 'execution_result', result: { status: 'running', run_url: `/runs/${early.result!.workflow_id}`, events_url: `/runs/${early.result!.workflow_id}/events` } });
  const stream = await EventReader.open(`${rig.api.url}/conversations/${early.conversation_id}/turns/1/events?actor_id=bob`);
  const progress = (): string => (stream.events.findLast((e) => e.event === 'progress')?.data as ChatProgressView | undefined)?.steps.map((s) => `${s.id} ${s.status}`).join(', ') ?? '';
  await waitFor(() => progress() === 'assets succeeded, volumes running', { what: 'progress' });
  held = new Set();
  await waitFor(() => stream.ended, { what: 'the stream to end' });
  expect(stream.events.at(-1)).toMatchObject({ event: 'result', data: { kind: 'execution_result', result: { status: 'completed' } } });
  expect((await rig.say(REPORT, more)).result!.status).toBe('completed');
});

describe('after a restart', () => {
  const last = async (id: string): Promise<ChatReplyView | null> => (await rig.api.ask('GET', `/conversations/${id}`)).json<{ messages: { reply: ChatReplyView | null }[] }>().messages.at(-1)!.reply;
  const finished = (id: string): Promise<ChatReplyView> => waitFor(async () => { const reply = await last(id); return reply?.result?.status === 'completed' ? reply : undefined; }, { timeoutMs: 20_000, what: 'the reply' });

  it('a conversation whose run goes gets its result', async () => {
    held = new Set(['Get-Volume']);
    const { conversation_id: id } = await rig.say(REPORT, { actor_id: 'cat' });
    await rig.api.stop();
    await rig.boot();
    held = new Set();
    expect((await finished(id)).result!.tables[0]!.total_rows).toBe(3);
  });

  it.each(['reading', 'acting', 'running'])('what was lost after "%s" is done once: the same run, the same answer', async (status) => {
    const clientId = randomUUID();
    const before = await rig.say(REPORT, { actor_id: 'dan', client_message_id: clientId });
    await waitFor(async () => (await last(before.conversation_id))?.result?.status === 'completed', { what: 'the first answer' });
    const runs = await rig.countRuns();
    const forgets = { reading: 'work = null, run_id = null,', acting: 'run_id = null,', running: '' }[status]!;
    await rig.api.stop();
    // As if the process had died before the commit that followed.
    await rig.pool.query(`update orchestrator.chat_turns set status = $2, ${forgets} reply = null, ended_at = null, held_until = now() where conversation_id = $1`, [before.conversation_id, status]);
    await rig.boot();
    const after = await finished(before.conversation_id);
    expect(after.result!.workflow_id).toBe(before.result!.workflow_id);
    expect(await rig.countRuns()).toBe(runs);
    expect(await rig.say(REPORT, { actor_id: 'dan', client_message_id: clientId })).toEqual(after);
  });

  it('a question that was asked is still open', async () => {
    const { conversation_id: id } = await rig.say('check the status of a service on web-01', { actor_id: 'eve' });
    await rig.api.stop();
    await rig.boot();
    expect(await rig.say('nginx', { actor_id: 'eve', conversation_id: id })).toMatchObject({ kind: 'execution_result', turn: 2 });
  });
});
