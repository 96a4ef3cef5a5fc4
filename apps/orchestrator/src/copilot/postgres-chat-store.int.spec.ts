import { replyOf } from './reply.js';
import { PostgresChatStore } from './postgres-chat-store.js';
import { useRecord } from '../testing/rig.js';

let store: PostgresChatStore;
useRecord(({ pool }) => { store = new PostgresChatStore(pool); });

const principal = { tenantId: 'acme', actorId: 'ann', scopes: ['*'] };
const receive = (message: string, more: { conversationId?: string; clientMessageId?: string } = {}) => store.receive({ principal, actorId: 'ann', conversationId: more.conversationId, clientMessageId: more.clientMessageId, message });

it('a message is read when the one before it has said what it does: "approve" can mean nothing earlier', async () => {
  const first = await receive('restart nginx on web-01');
  const second = await receive('approve', { conversationId: first.conversationId });
  expect(await store.hold(second)).toBeUndefined();
  expect(await store.hold(first)).toBeDefined();
  await store.commit(first, 'reading', { status: 'acting' });
  expect(await store.hold(second)).toBeUndefined();
  await store.commit(first, 'acting', { status: 'waiting', reply: replyOf(first, 'confirmation', 'may it?') });
  expect(await store.hold(second)).toMatchObject({ turn: 2 });
});

it('of two that did the same step one commit counts', async () => {
  const turn = await receive('hello');
  expect(await store.commit(turn, 'reading', { status: 'done', reply: replyOf(turn, 'answer', 'one') })).toMatchObject({ status: 'done' });
  expect(await store.commit(turn, 'reading', { status: 'done', reply: replyOf(turn, 'answer', 'two') })).toBeUndefined();
  expect((await store.turn(turn))!.reply!.message).toBe('one');
});

it('the same message of a client is one turn, also at the same moment, and another one under its id is refused', async () => {
  const twice = await Promise.all([receive('list hosts', { clientMessageId: 'm-1' }), receive('list hosts', { clientMessageId: 'm-1' })]);
  expect(twice[0]).toMatchObject({ conversationId: twice[1]!.conversationId, turn: 1 });
  await expect(receive('list assets', { clientMessageId: 'm-1' })).rejects.toMatchObject({ code: 'client-message-id-reused' });
});
