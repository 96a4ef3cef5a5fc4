import type { PlanApprovalView, ProposedRunView } from '@opsmesh/contracts';
import type { RunApprovals } from '../approvals/ports.js';
import { TurnActor } from './act-turn.js';
import { replyOf } from './reply.js';
import type { ChatEvent, StoredTurn } from './turn.js';

const KEY = { conversationId: '0198c0de-0000-7000-8000-000000000002', turn: 1 };
const approval = (id: string, more: Partial<PlanApprovalView> = {}): PlanApprovalView => ({ kind: 'plan', id, runId: 'r', runName: 'fleet', tier: 'typed', risk: { class: 'write', tier: 'typed', changedHosts: 1, reasons: [] }, manifest_sha256: '0'.repeat(64), minApprovals: 1, message: '', status: 'open', requesterMayApprove: true, typed_text: '1 host', added: [], changed: [], requestedBy: 'ann', createdAt: '', expiresAt: '', acts: [], ...more });
const CONFIRMATION = { approval_id: 'plan', manifest_sha256: '0'.repeat(64), status: 'approved', risk: 'write', reasons: [], tier: 'typed', wanted: '', typed_text: null, approve_by_message: false, affected: ['a'], affected_total: 1, actions: [], estimated_duration_ms: null, expires_at: '', decide_url: '', manifest_url: '' } as const;
const turn = { ...KEY, runId: 'r', reply: replyOf(KEY, 'confirmation', '', { confirmation: { ...CONFIRMATION, reasons: [], affected: ['a'], actions: [] } }), principal: {} } as unknown as StoredTurn;

it('tells who watches when added hosts have to be approved too', async () => {
  const proposal = { status: 'awaiting-approval', approvals: [approval('plan'), approval('added-1', { added: ['web-9'] })] } as unknown as ProposedRunView;
  const told: ChatEvent[] = [];
  const change = await new TurnActor({ find: () => Promise.resolve(proposal) } as unknown as RunApprovals).waited(turn, (e) => told.push(e));
  expect(change).toMatchObject({ status: 'waiting', reply: { confirmation: { approval_id: 'added-1', affected: ['web-9'], typed_text: '1 host' } } });
  expect(told).toEqual([{ type: 'confirmation', data: change!.reply }]);
});

it('tells what was and what is to be where approved hosts are reached otherwise', async () => {
  const changed = [{ target: 'web-1', changes: [{ host: 'web-1', part: 'address' as const, before: '10.0.0.1', after: '10.0.0.9' }] }];
  const proposal = { status: 'awaiting-approval', approvals: [approval('plan'), approval('added-1', { changed, message: 'address of web-1 10.0.0.1 → 10.0.0.9' })] } as unknown as ProposedRunView;
  const change = await new TurnActor({ find: () => Promise.resolve(proposal) } as unknown as RunApprovals).waited(turn, () => undefined);
  expect(change).toMatchObject({ reply: { message: expect.stringContaining('10.0.0.1 → 10.0.0.9') as unknown, confirmation: { affected: ['web-1'], affected_total: 1 } } });
});

it('says nothing while nothing was decided', async () => {
  const proposal = { status: 'awaiting-approval', approvals: [approval('plan')] } as unknown as ProposedRunView;
  expect(await new TurnActor({ find: () => Promise.resolve(proposal) } as unknown as RunApprovals).waited(turn, () => { throw new Error('told'); })).toBeUndefined();
});
