import { countOf, emptyOutbox } from '../testing/rig.js';
import { failed, happens } from '../testing/submissions.js';
import type { AwaitingApproval, Started } from './ports.js';
import { HOST_TOOLS, asset } from './testing/inventory.js';
import { approvalProcess, registerSpecTools } from './testing/process.js';
import { ann, answerQuery, bob, eve, fleet, inventory, mesh, one, pool, proposed, setPolicy, useProposals, yes } from './testing/proposals.js';

useProposals();

describe('an attempt of an approved run', () => {
  async function approvedRun(plan: object): Promise<AwaitingApproval> {
    const made = await proposed(plan);
    for (const who of made.approval.requesterMayApprove ? [ann] : [bob, eve]) await mesh.approvals.decide(who, yes(made));
    return made;
  }

  it('is granted with the manifest that was approved', async () => {
    const made = await approvedRun(one());
    expect((await mesh.claim(`${made.runId}.do.0.1`)).grant).toMatchObject({ manifestSha256: made.approval.manifest_sha256, targets: ['id-web1'] });
  });

  it('on a target that appeared after the start is refused, and claims nothing', async () => {
    const made = await approvedRun(fleet());
    inventory.assets.push(asset('web4'));
    await answerQuery(made.runId);
    const claims = await countOf(pool, 'claims');
    await expect(mesh.claim(`${made.runId}.do.3.1`)).rejects.toMatchObject({ status: 409, code: 'manifest-mismatch', detail: expect.stringContaining('web4') as unknown });
    expect(await countOf(pool, 'claims')).toBe(claims);
    await mesh.claim(`${made.runId}.do.0.1`);
  });

  it.each<[string, () => Promise<unknown> | void]>([
    ['another version of the tool', () => registerSpecTools(pool, HOST_TOOLS.map((t) => ({ ...t, version: '1.0.1' })))],
    ['changed inputs in the record', () => pool.query(`update orchestrator.items set inputs = '{"host":"web2"}'`)],
    ['a changed plan in the record', async () => { await pool.query(`update orchestrator.runs set inputs = '{"x":1}'`); }],
    ['no manifest', () => pool.query('with gone as (delete from orchestrator.proposals) update orchestrator.runs set manifest_sha256 = $1', ['0'.repeat(64)])],
  ])('is refused with %s', async (_name, change) => {
    const made = await approvedRun(one());
    await change();
    const fresh = approvalProcess(pool, inventory);
    await expect(fresh.claim(`${made.runId}.do.0.1`)).rejects.toMatchObject({ status: 409, code: 'manifest-mismatch' });
    await fresh.engine.idle();
  });

  it('in a sub-plan is bound to the same manifest', async () => {
    const made = await approvedRun({ name: 'sub', steps: [{ id: 'sub', inputs: { host: 'web1' }, orchestration: { inputs: { host: 'none' }, steps: [{ id: 'do', tool: 'fix', inputs: { host: '<<input.host>>' } }] } }] });
    const { rows: [child] } = await pool.query<{ id: string; manifest_sha256: string }>('select id, manifest_sha256 from orchestrator.runs where parent_run_id = $1', [made.runId]);
    expect(child!.manifest_sha256).toBe(made.approval.manifest_sha256);
    await mesh.claim(`${child!.id}.do.0.1`);
    await pool.query(`update orchestrator.items set inputs = '{"host":"web2"}' where run_id = $1`, [child!.id]);
    await expect(approvalProcess(pool, inventory).claim(`${child!.id}.do.0.1`)).rejects.toMatchObject({ code: 'manifest-mismatch' });
  });

  it('that is probed is looked at where it was approved, and nowhere else', async () => {
    const made = await approvedRun({ name: 'fix', steps: [{ id: 'do', tool: 'fix', inputs: { host: 'web1' } }] });
    await mesh.claim(`${made.runId}.do.0.1`);
    const at = { runId: made.runId, step: 0, item: 0, attempt: 1 };
    await mesh.engine.submit([failed(at, 'connection-lost'), happens(made.runId, { type: 'probe-due', step: 0, item: 0, attempt: 1 })]);
    const { rows: [probe] } = await pool.query<{ id: string }>('select id from orchestrator.runs where parent_run_id = $1', [made.runId]);
    expect((await mesh.claim(`${probe!.id}.probe.0.1`)).grant).toMatchObject({ tool: 'ask', manifestSha256: made.approval.manifest_sha256, targets: ['id-web1'] });
    await pool.query(`update orchestrator.items set inputs = '{"host":"web2"}', target = 'web2' where run_id = $1`, [probe!.id]);
    await expect(approvalProcess(pool, inventory).claim(`${probe!.id}.probe.0.1`)).rejects.toMatchObject({ code: 'manifest-mismatch' });
  });

  it('of a re-run is bound to what was approved for its parent, as long as that holds', async () => {
    const made = await approvedRun(one());
    await emptyOutbox(pool);
    await mesh.engine.submit([{ kind: 'event', runId: made.runId, event: { type: 'cancel' } }]);
    const again = (): Promise<Started | AwaitingApproval> => mesh.approvals.rerun(ann, made.runId, { items: ['not-started'] }, null);
    const child = await again();
    expect([child.kind, (await mesh.claim(`${child.runId}.do.0.1`)).grant.manifestSha256]).toEqual(['started', made.approval.manifest_sha256]);
    await pool.query('update orchestrator.proposals set expires_at = now()');
    expect((await again()).kind).toBe('awaiting-approval');
  });

  it('of a re-run with other inputs needs an approval of its own', async () => {
    await setPolicy({ applies: ['chat', 'api'] });
    const made = await approvedRun({ ...one(), inputs: { host: 'web1' }, steps: [{ id: 'do', tool: 'fix', inputs: { host: '<<input.host>>' } }] });
    await mesh.engine.submit([{ kind: 'event', runId: made.runId, event: { type: 'cancel' } }]);
    expect((await mesh.approvals.rerun(ann, made.runId, { items: ['not-started'], inputs: { host: 'web2' } }, null)).kind).toBe('awaiting-approval');
  });
});
