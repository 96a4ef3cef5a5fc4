import type { ChatReplyView, ProblemDto } from '@opsmesh/contracts';
import { createTestDatabase } from '@opsmesh/testing';
import { TokenStore } from '../store/token-store.js';
import { ChatRig } from '../testing/chat-rig.js';

let rig: ChatRig;
let tokens: Record<'ann' | 'bob' | 'other' | 'reader', Record<string, string>>;
beforeAll(async () => {
  rig = await ChatRig.start(await createTestDatabase(process.env['TEST_DATABASE_URL']!), { auth: 'on' });
  const store = new TokenStore(rig.pool);
  const token = async (actorId: string, tenantId: string, scopes: string[]) => ({ authorization: `Bearer ${(await store.create({ name: actorId, tenantId, actorId, scopes, lifeSeconds: 60 })).token}` });
  tokens = { ann: await token('ann', 'default', ['runs:read', 'runs:write']), bob: await token('bob', 'default', ['runs:read', 'runs:write', 'runs:approve']), other: await token('ann', 'elsewhere', ['runs:read', 'runs:write']), reader: await token('eve', 'default', ['runs:read']) };
}, 60_000);
afterAll(() => rig.stop(), 60_000);
const chat = (who: keyof typeof tokens, body: object) => rig.api.ask('POST', '/chat', { body, headers: tokens[who] });

it('who speaks is who the token says', async () => {
  expect((await chat('ann', { message: 'hello', actor_id: 'bob' })).json<ProblemDto>()).toMatchObject({ status: 403, code: 'actor-mismatch' });
  expect((await chat('ann', { message: 'hello', tenant_id: 'elsewhere' })).json<ProblemDto>()).toMatchObject({ status: 403, code: 'tenant-mismatch' });
  expect((await chat('reader', { message: 'hello' })).json<ProblemDto>()).toMatchObject({ status: 403, code: 'forbidden' });
  expect((await rig.api.ask('POST', '/chat', { body: { message: 'hello' } })).status).toBe(401);
});

it('a conversation is there for its own actor in its own tenant only', async () => {
  const { conversation_id: id } = (await chat('ann', { message: 'hello' })).json<ChatReplyView>();
  for (const who of ['bob', 'other'] as const) {
    expect((await chat(who, { message: 'and?', conversation_id: id })).status).toBe(404);
    for (const path of [`/conversations/${id}`, `/conversations/${id}/turns/1/events`, `/conversations/${id}/turns/1/tables/0`]) expect([path, (await rig.api.ask('GET', path, { headers: tokens[who] })).status]).toEqual([path, 404]);
  }
  expect((await rig.api.ask('GET', `/conversations/${id}`, { headers: tokens.ann })).status).toBe(200);
  expect((await rig.api.ask('GET', '/conversations', { headers: tokens.other })).json()).toEqual({ items: [], next: null });
  expect((await rig.api.ask('GET', '/generations', { headers: tokens.other })).json()).toEqual({ items: [], next: null });
});

it('a "yes" approves only with a token that may approve', async () => {
  const ask = async (who: 'ann' | 'bob'): Promise<ChatReplyView> => {
    const { conversation_id } = (await chat(who, { message: 'restart nginx on web-01' })).json<ChatReplyView>();
    return (await chat(who, { message: 'yes', conversation_id })).json<ChatReplyView>();
  };
  expect(await ask('ann')).toMatchObject({ kind: 'error', error: { code: 'forbidden' } });
  expect(rig.calls.filter((c) => c.tool === 'restart-service')).toEqual([]);
  expect(await ask('bob')).toMatchObject({ kind: 'execution_result', result: { status: 'completed' } });
});

it('templates are changed only with a token that may, and for its own tenant', async () => {
  expect((await rig.api.ask('POST', '/templates/disk-report-linux/disable', { headers: tokens.bob })).status).toBe(403);
  expect((await rig.api.ask('GET', '/templates', { headers: tokens.reader })).status).toBe(200);
});
