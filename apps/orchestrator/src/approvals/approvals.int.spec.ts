import { ANONYMOUS } from '@opsmesh/platform';
import { countOf } from '../testing/rig.js';
import type { AwaitingApproval } from './ports.js';
import { person } from './testing/process.js';
import { ann, bob, eve, fleet, inventory, mesh, one, pool, proposed, runs, setPolicy, useProposals, yes } from './testing/proposals.js';

useProposals();

describe('who must agree', () => {
  it('nobody to a run that only reads: it starts at once', async () => {
    const made = await mesh.approvals.propose(ann, { plan: fleet('ask'), origin: 'chat', requestedBy: 'ann' });
    expect(made.kind).toBe('started');
    expect(await runs(made.runId)).toEqual([{ status: 'running', manifest_sha256: null }]);
  });

  it('one person with a click to one reversible change, the requester too; the run has the id that was told', async () => {
    const made = await proposed(one());
    expect(made.approval).toMatchObject({ id: 'plan', tier: 'one-click', status: 'open', typed_text: null, requesterMayApprove: true, minApprovals: 1 });
    expect(await runs(made.runId)).toEqual([]);
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ status: 'awaiting-approval', id: made.runId });
    expect(await mesh.approvals.decide(ann, yes(made, { comment: 'fine' }))).toMatchObject({ started: true, approval: { status: 'approved', acts: [{ actor_id: 'ann', decision: 'approve', comment: 'fine', manifest_sha256: made.approval.manifest_sha256 }] } });
    expect(await runs(made.runId)).toEqual([{ status: 'running', manifest_sha256: made.approval.manifest_sha256 }]);
    expect(await mesh.approvals.find(ann, made.runId)).toBeUndefined();
    expect(await mesh.approvals.ofRun(ann, made.runId)).toHaveLength(1);
  });

  it('one person who types how many hosts are meant, to a change of many', async () => {
    const made = await proposed(fleet());
    expect(made.approval).toMatchObject({ tier: 'typed', typed_text: '3 hosts' });
    for (const typedText of [undefined, '', '2 hosts']) await expect(mesh.approvals.decide(ann, yes(made, { typedText }))).rejects.toMatchObject({ status: 422, code: 'typed-text-required' });
    expect(await mesh.approvals.decide(ann, yes(made, { typedText: ' 3 Hosts ' }))).toMatchObject({ started: true });
  });

  it('two others than the requester to what can\'t be undone, each once', async () => {
    const made = await proposed(one('wipe'));
    expect(made.approval).toMatchObject({ tier: 'two-people', minApprovals: 2, requesterMayApprove: false });
    await expect(mesh.approvals.decide(ann, yes(made))).rejects.toMatchObject({ status: 403, code: 'own-request' });
    expect(await mesh.approvals.decide(bob, yes(made))).toMatchObject({ started: false });
    expect(await mesh.approvals.decide(bob, yes(made))).toMatchObject({ started: false, approval: { acts: [{ actor_id: 'bob' }] } });
    await expect(mesh.approvals.decide(bob, yes(made, { actorId: 'eve' }))).rejects.toMatchObject({ code: 'actor-mismatch' });
    expect(await runs(made.runId)).toEqual([]);
    expect(await mesh.approvals.decide(eve, yes(made))).toMatchObject({ started: true });
  });

  it('not somebody who merely spells a name in another way', async () => {
    const made = await proposed(one('wipe'));
    await expect(mesh.approvals.decide(person('Ann '), yes(made))).rejects.toMatchObject({ code: 'own-request' });
    expect(await mesh.approvals.decide(bob, yes(made))).toMatchObject({ started: false });
    expect(await mesh.approvals.decide(person('BOB'), yes(made))).toMatchObject({ started: false, approval: { acts: [{ actor_id: 'bob' }] } });
    expect(await runs(made.runId)).toEqual([]);
  });

  it.each(['chat', 'api'] as const)('a token asks in no other name than its own (%s)', async (origin) => {
    const before = await countOf(pool, 'runs');
    for (const applies of [['chat'], ['chat', 'api']] satisfies ('chat' | 'api')[][]) {
      await setPolicy({ applies });
      await expect(mesh.approvals.propose(bob, { plan: one('wipe'), origin, requestedBy: 'ann' })).rejects.toMatchObject({ status: 403, code: 'actor-mismatch' });
    }
    expect([await countOf(pool, 'proposals'), await countOf(pool, 'runs')]).toEqual([0, before]);
  });

  it('with authentication off neither the one who is named as the requester nor nobody in particular', async () => {
    const made = await mesh.approvals.propose(ANONYMOUS, { plan: one('wipe'), origin: 'chat', requestedBy: 'ann' }) as AwaitingApproval;
    for (const actorId of ['ann', undefined]) await expect(mesh.approvals.decide(ANONYMOUS, yes(made, { actorId }))).rejects.toMatchObject({ code: 'own-request' });
    expect(await mesh.approvals.decide(ANONYMOUS, yes(made, { actorId: 'bob' }))).toMatchObject({ approval: { acts: [{ actor_id: 'bob' }] } });
  });

  it('programs start runs as before, until the policy says that it applies to them', async () => {
    expect((await mesh.approvals.propose(ann, { plan: one('wipe'), origin: 'api', requestedBy: 'ann' })).kind).toBe('started');
    await setPolicy({ applies: ['chat', 'api'] });
    expect((await proposed(one('wipe'), { origin: 'api' })).approval.tier).toBe('two-people');
    expect((await mesh.approvals.propose(ann, { plan: fleet('ask'), origin: 'api', requestedBy: 'ann' })).kind).toBe('started');
  });
});

it('what is proposed is shown without what looks like a secret', async () => {
  const made = await proposed(one());
  await pool.query(`update orchestrator.proposals set inputs = '{"facts": {"password": "hunter2"}}' where run_id = $1`, [made.runId]);
  expect((await mesh.approvals.find(ann, made.runId))!.inputs).toEqual({ facts: { password: '[masked]' } });
  expect((await mesh.approvals.withdraw(ann, made.runId))!.inputs).toEqual({ facts: { password: '[masked]' } });
});

describe('an approval is refused', () => {
  it('for another manifest than the one that is asked about, and for none', async () => {
    const made = await proposed(one());
    await expect(mesh.approvals.decide(ann, yes(made, { manifestSha256: '0'.repeat(64) }))).rejects.toMatchObject({ status: 409, code: 'manifest-mismatch' });
    await expect(mesh.approvals.decide(ann, yes(made, { manifestSha256: undefined }))).rejects.toMatchObject({ status: 422, code: 'manifest-required' });
    const other = await proposed(one('fix', 'web2'));
    await expect(mesh.approvals.decide(ann, { ...yes(made), runId: other.runId })).rejects.toMatchObject({ code: 'manifest-mismatch' });
    expect(await countOf(pool, 'proposal_acts')).toBe(0);
  });

  it('from another tenant, as if there was nothing', async () => {
    const made = await proposed(one());
    const stranger = person('ann', 'globex');
    await expect(mesh.approvals.decide(stranger, yes(made))).rejects.toMatchObject({ status: 404, code: 'approval-not-found' });
    expect(await mesh.approvals.find(stranger, made.runId)).toBeUndefined();
    expect(await mesh.approvals.open(stranger, { after: null, limit: 10 })).toEqual([]);
    await expect(mesh.approvals.manifest(stranger, made.runId)).rejects.toMatchObject({ status: 404 });
  });

  it('after its time, and nothing starts then', async () => {
    const made = await proposed(one());
    await pool.query('update orchestrator.proposals set expires_at = now()');
    await expect(mesh.approvals.decide(ann, yes(made))).rejects.toMatchObject({ status: 409, code: 'approval-expired' });
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ status: 'expired' });
    await mesh.sweeper.turn();
    expect((await pool.query('select status from orchestrator.proposals')).rows).toEqual([{ status: 'expired' }]);
    expect(await mesh.approvals.open(ann, { after: null, limit: 10 })).toEqual([]);
    expect(await runs(made.runId)).toEqual([]);
  });

  it('that ran out while its run was being prepared', async () => {
    const made = await proposed(one());
    const targets = inventory.targets.bind(inventory);
    inventory.targets = async (...asked) => {
      await pool.query('update orchestrator.proposals set expires_at = now()');
      return targets(...asked);
    };
    expect(await mesh.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
    expect(await runs(made.runId)).toEqual([]);
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ status: 'expired' });
  });

  it('that was given in time, when nothing could be started in time', async () => {
    const made = await proposed(one());
    inventory.away = true;
    expect(await mesh.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
    await pool.query('update orchestrator.proposals set expires_at = now(), held_until = now()');
    inventory.away = false;
    await mesh.sweeper.turn();
    expect(await runs(made.runId)).toEqual([]);
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ status: 'expired' });
  });

  it('after a rejection, which keeps its reason', async () => {
    const made = await proposed(one());
    expect(await mesh.approvals.decide(bob, yes(made, { decision: 'reject', comment: 'not on a Friday' }))).toMatchObject({ started: false, approval: { status: 'rejected' } });
    await expect(mesh.approvals.decide(ann, yes(made))).rejects.toMatchObject({ status: 409, code: 'approval-closed' });
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ status: 'rejected', approvals: [{ acts: [{ actor_id: 'bob', decision: 'reject', comment: 'not on a Friday' }] }] });
  });

  it('by who has said the opposite before', async () => {
    const made = await proposed(one('wipe'));
    await mesh.approvals.decide(bob, yes(made));
    await expect(mesh.approvals.decide(bob, yes(made, { decision: 'reject' }))).rejects.toMatchObject({ code: 'already-decided' });
  });

  it.each(['do.0', 'added-1', 'added-0', 'plan.0', ''])('about %j, which nobody asked', async (approval) => {
    await expect(mesh.approvals.decide(ann, yes(await proposed(one()), { approval }))).rejects.toMatchObject({ status: 404 });
  });
});
