import { HOST_TOOLS, asset } from './testing/inventory.js';
import { approvalProcess, registerSpecTools } from './testing/process.js';
import { ann, answerQuery, bob, fleet, inventory, mesh, one, pool, proposed, runs, useProposals, yes } from './testing/proposals.js';

useProposals();

describe('an inventory that changes between approval and start', () => {
  it('with a new target asks again, for that target only; then all of them run', async () => {
    const made = await proposed(fleet());
    inventory.assets.push(asset('web4'));
    inventory.assets = inventory.assets.filter((a) => a.hostname !== 'web2');
    expect(await mesh.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
    expect(await runs(made.runId)).toEqual([]);
    const now = (await mesh.approvals.find(ann, made.runId))!;
    expect(now).toMatchObject({ status: 'awaiting-approval', drift: { added: ['web4'], vanished: ['web2'] }, approvals: [{ id: 'plan', status: 'approved' }, { id: 'added-1', status: 'open', tier: 'typed', risk: { changedHosts: 1 }, typed_text: '1 host' }] });
    const addition = now.approvals[1]!;
    const { manifest } = await mesh.approvals.manifest(ann, made.runId, 'added-1');
    expect(manifest.steps.flatMap((s) => s.items.map((i) => i.target))).toEqual(['web4']);
    await expect(mesh.approvals.decide(ann, yes(made, { approval: 'added-1' }))).rejects.toMatchObject({ code: 'manifest-mismatch' });
    expect(await mesh.approvals.decide(ann, yes({ ...made, approval: addition }))).toMatchObject({ started: true });
    await answerQuery(made.runId);
    for (const item of [0, 1, 2]) expect((await mesh.claim(`${made.runId}.do.${item}.1`)).grant.manifestSha256).toBe((await runs(made.runId))[0]!.manifest_sha256);
  });

  it('whose new target is rejected leaves it out: the rest runs, and an attempt on it is refused', async () => {
    const made = await proposed(fleet());
    inventory.assets.push(asset('web4'));
    await mesh.approvals.decide(ann, yes(made));
    const addition = (await mesh.approvals.find(ann, made.runId))!.approvals[1]!;
    expect(await mesh.approvals.decide(bob, { ...yes({ ...made, approval: addition }), decision: 'reject', comment: 'not that one' })).toMatchObject({ started: true, approval: { status: 'rejected' } });
    expect((await runs(made.runId))[0]!.manifest_sha256).toBe(made.approval.manifest_sha256);
    await answerQuery(made.runId);
    expect((await mesh.claim(`${made.runId}.do.0.1`)).answer.connection?.hostname).toBe('web1');
    await expect(mesh.claim(`${made.runId}.do.3.1`)).rejects.toMatchObject({ status: 409, code: 'manifest-mismatch' });
  });

  it('keeps asking while it keeps growing', async () => {
    const made = await proposed(fleet());
    inventory.assets.push(asset('web4'));
    await mesh.approvals.decide(ann, yes(made));
    inventory.assets.push(asset('web5'));
    const first = (await mesh.approvals.find(ann, made.runId))!.approvals[1]!;
    expect(await mesh.approvals.decide(ann, yes({ ...made, approval: first }))).toMatchObject({ started: false });
    const second = (await mesh.approvals.find(ann, made.runId))!.approvals[2]!;
    expect(second).toMatchObject({ id: 'added-2', status: 'open' });
    expect(await mesh.approvals.decide(ann, yes({ ...made, approval: second }))).toMatchObject({ started: true });
  });

  it('with a target in production that was not there asks for what production needs', async () => {
    inventory.assets = [asset('web1')];
    const made = await proposed(fleet());
    expect(made.approval.tier).toBe('one-click');
    inventory.assets.push(asset('web9', { tags: ['web', 'protected'] }));
    await mesh.approvals.decide(ann, yes(made));
    expect((await mesh.approvals.find(ann, made.runId))!.approvals[1]).toMatchObject({ tier: 'two-people', minApprovals: 2 });
  });

  it('and with a tool of another version starts nothing', async () => {
    const made = await proposed(one());
    await registerSpecTools(pool, HOST_TOOLS.map((t) => ({ ...t, version: '2.0.0' })));
    const newer = approvalProcess(pool, inventory);
    expect(await newer.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
    expect(await newer.approvals.find(ann, made.runId)).toMatchObject({ status: 'expired', trouble: expect.stringContaining('version') as unknown });
    expect(await runs(made.runId)).toEqual([]);
  });
});
