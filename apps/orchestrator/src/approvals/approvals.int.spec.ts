import { DEFAULT_APPROVAL_POLICY, type ApprovalPolicyDto } from '@opsmesh/contracts';
import type { Pool } from 'pg';
import { HOST_TOOLS, asset, SpecInventory } from './testing/inventory.js';
import { approvalProcess, person, registerSpecTools, type ApprovalProcess } from './testing/process.js';
import { drive } from '../testing/drive.js';
import { countOf, itemsOf, useRecord } from '../testing/rig.js';
import { failed, happens } from '../testing/submissions.js';
import type { AwaitingApproval, Decision, Started } from './ports.js';
import { PolicyStore } from './policy-store.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });

let inventory: SpecInventory; let mesh: ApprovalProcess; let another: ApprovalProcess;
const ann = person('ann'); const bob = person('bob'); const eve = person('eve');
beforeEach(async () => {
  for (const table of ['proposals', 'approval_policies', 'proposal_acts', 'manifests']) await pool.query(`delete from orchestrator.${table}`);
  await registerSpecTools(pool);
  inventory = new SpecInventory(asset('web1'), asset('web2'), asset('web3', { environment: 'production' }));
  mesh = approvalProcess(pool, inventory);
  another = approvalProcess(pool, inventory);
});
afterEach(async () => {
  await mesh.engine.idle();
  await another.engine.idle();
});

const one = (tool = 'fix', host = 'web1'): object => ({ name: 'one', steps: [{ id: 'do', tool, inputs: { host } }] });
const fleet = (tool = 'fix'): object => ({ name: 'fleet', steps: [{ id: 'q', tool: 'asset-query', inputs: { tag: 'web' } }, { id: 'do', tool, forEach: '<<q.assets>>', inputs: { host: '<<item.hostname>>' } }] });
async function proposed(plan: object, more: { origin?: 'chat' | 'api'; idempotencyKey?: string } = {}, who = ann): Promise<AwaitingApproval> {
  const made = await mesh.approvals.propose(who, { plan, origin: 'chat', requestedBy: who.actorId, ...more });
  if (made.kind !== 'awaiting-approval') throw new Error('it was started at once');
  return made;
}
const yes = ({ runId, approval }: AwaitingApproval, more: Partial<Decision> = {}): Decision => ({ runId, approval: approval.id, decision: 'approve', manifestSha256: approval.manifest_sha256, ...(approval.typed_text === null ? {} : { typedText: approval.typed_text }), ...more });
const runs = async (runId: string): Promise<{ status: string; manifest_sha256: string | null }[]> => (await pool.query<{ status: string; manifest_sha256: string | null }>('select status, manifest_sha256 from orchestrator.runs where id = $1', [runId])).rows;
const setPolicy = (policy: Partial<ApprovalPolicyDto>): Promise<unknown> => new PolicyStore(pool).set('acme', { ...DEFAULT_APPROVAL_POLICY, ...policy }, 'root').then(() => { mesh = approvalProcess(pool, inventory); });
/** Plays the workers for what is not claimed: the query gives what the inventory has now. */
const answerQueries = (process = mesh): Promise<void> => drive(process.engine, pool, { answer: (_attempt, _inputs, step) => (step === 'q' ? { assets: inventory.assets.map(({ id, hostname }) => ({ id, hostname })), asset_count: inventory.assets.length, total: inventory.assets.length, truncated: false } : {}) });
/** The same up to the query, so that attempts of later steps wait for a claim. */
async function answerQuery(runId: string): Promise<void> {
  const assets = inventory.assets.map(({ id, hostname }) => ({ id, hostname }));
  await pool.query('delete from orchestrator.outbox where run_id = $1', [runId]);
  await mesh.engine.submit([{ kind: 'event', runId, event: { type: 'finished', step: 0, item: 0, attempt: 1, outcome: { status: 'succeeded' }, random: 0 }, result: { workerId: 'w1', durationMs: 1, output: { json: JSON.stringify({ assets, asset_count: assets.length, total: assets.length, truncated: false }), blobSha256: null, truncated: false } } }]);
}

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

  it('not the holder of the token that asked in the name of somebody else', async () => {
    const made = await mesh.approvals.propose(bob, { plan: one('wipe'), origin: 'api', requestedBy: 'ann', idempotencyKey: null }).then(() => mesh.approvals.propose(bob, { plan: one('wipe'), origin: 'chat', requestedBy: 'ann' })) as AwaitingApproval;
    for (const who of [ann, bob]) await expect(mesh.approvals.decide(who, yes(made))).rejects.toMatchObject({ code: 'own-request' });
  });

  it('programs start runs as before, until the policy says that it applies to them', async () => {
    expect((await mesh.approvals.propose(ann, { plan: one('wipe'), origin: 'api', requestedBy: 'ann' })).kind).toBe('started');
    await setPolicy({ applies: ['chat', 'api'] });
    expect((await proposed(one('wipe'), { origin: 'api' })).approval.tier).toBe('two-people');
    expect((await mesh.approvals.propose(ann, { plan: fleet('ask'), origin: 'api', requestedBy: 'ann' })).kind).toBe('started');
  });
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
    expect(await mesh.approvals.open(stranger)).toEqual([]);
    await expect(mesh.approvals.manifest(stranger, made.runId)).rejects.toMatchObject({ status: 404 });
  });

  it('after its time, and nothing starts then', async () => {
    const made = await proposed(one());
    await pool.query('update orchestrator.proposals set expires_at = now()');
    await expect(mesh.approvals.decide(ann, yes(made))).rejects.toMatchObject({ status: 409, code: 'approval-expired' });
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ status: 'expired' });
    await mesh.sweeper.turn();
    expect((await pool.query('select status from orchestrator.proposals')).rows).toEqual([{ status: 'expired' }]);
    expect(await mesh.approvals.open(ann)).toEqual([]);
    expect(await runs(made.runId)).toEqual([]);
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

describe('a run is created once', () => {
  it('when an approval is replayed, at any time', async () => {
    const made = await proposed(one());
    await mesh.approvals.decide(ann, yes(made));
    await answerQueries();
    expect(await another.approvals.decide(ann, yes(made))).toMatchObject({ started: true, approval: { status: 'approved' } });
    await expect(mesh.approvals.decide(eve, yes(made))).rejects.toMatchObject({ code: 'approval-closed' });
    expect(await runs(made.runId)).toMatchObject([{ status: 'completed' }]);
    expect(await itemsOf(pool, made.runId)).toMatchObject([{ attempt: 1 }]);
  });

  it('when people decide at the same moment in several processes', async () => {
    const made = await proposed(one('wipe'));
    const people = ['bob', 'eve', 'joe', 'kim', 'lea'].map((n) => person(n));
    const processes = [mesh, another, approvalProcess(pool, inventory)];
    const said = await Promise.allSettled(people.map((p, i) => processes[i % 3]!.approvals.decide(p, yes(made))));
    await Promise.all(processes.map((p) => p.sweeper.turn()));
    expect(await runs(made.runId)).toHaveLength(1);
    expect((await pool.query('select actor_id from orchestrator.proposal_acts where run_id = $1', [made.runId])).rows).toHaveLength(2);
    expect(said.filter((s) => s.status === 'rejected').every((s) => (s.reason as { code: string }).code === 'approval-closed')).toBe(true);
    await Promise.all(processes.map((p) => p.engine.idle()));
  });

  it('when one approves while another rejects: the first word holds', async () => {
    const made = await proposed(one());
    await Promise.allSettled([mesh.approvals.decide(bob, yes(made)), another.approvals.decide(eve, yes(made, { decision: 'reject' }))]);
    const [{ decision }] = (await pool.query<{ decision: string }>('select decision from orchestrator.proposal_acts where run_id = $1', [made.runId])).rows as [{ decision: string }];
    expect(await runs(made.runId)).toHaveLength(decision === 'approve' ? 1 : 0);
  });

  it('with the same idempotency key, also when asked twice at the same moment; another request with it is refused', async () => {
    const [a, b] = await Promise.all([mesh, another].map((p) => p.approvals.propose(ann, { plan: one(), origin: 'chat', requestedBy: 'ann', idempotencyKey: 'k1' })));
    expect(a!.runId).toBe(b!.runId);
    expect(await countOf(pool, 'proposals')).toBe(1);
    await expect(mesh.approvals.propose(ann, { plan: one('wipe'), origin: 'chat', requestedBy: 'ann', idempotencyKey: 'k1' })).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    await mesh.approvals.decide(ann, yes(a as AwaitingApproval));
    expect(await mesh.approvals.propose(ann, { plan: one(), origin: 'chat', requestedBy: 'ann', idempotencyKey: 'k1' })).toEqual({ kind: 'started', runId: a!.runId, warnings: [], replayed: true });
  });
});

describe('a process that ends', () => {
  const dying = (at: 'before' | 'after'): void => {
    const { commands } = mesh;
    const create = commands.create.bind(commands);
    commands.create = async (tenantId, run) => {
      if (at === 'after') await create(tenantId, run);
      throw new Error('killed');
    };
  };

  it.each(['before', 'after'] as const)('%s the run is created leaves it to another one, which creates it once', async (at) => {
    const made = await proposed(one());
    dying(at);
    await expect(mesh.approvals.decide(ann, yes(made))).rejects.toThrow('killed');
    expect(await runs(made.runId)).toHaveLength(at === 'after' ? 1 : 0);
    await pool.query('update orchestrator.proposals set held_until = now()');
    await another.sweeper.turn();
    expect(await runs(made.runId)).toEqual([{ status: 'running', manifest_sha256: made.approval.manifest_sha256 }]);
    expect((await pool.query('select status from orchestrator.proposals')).rows).toEqual([{ status: 'started' }]);
    await another.sweeper.turn();
    expect(await countOf(pool, 'runs where id = \'' + made.runId + '\'')).toBe(1);
  });

  it('while it starts a run is not disturbed until its hold is over', async () => {
    const made = await proposed(one());
    await pool.query(`update orchestrator.proposals set status = 'approved', held_until = now() + interval '1 minute'`);
    await pool.query(`update orchestrator.proposal_questions set status = 'approved'`);
    await another.sweeper.turn();
    expect(await runs(made.runId)).toEqual([]);
    await pool.query('update orchestrator.proposals set held_until = now()');
    await another.sweeper.turn();
    expect(await runs(made.runId)).toHaveLength(1);
  });

  it('an inventory that is away delays the start and is told', async () => {
    const made = await proposed(one());
    inventory.away = true;
    expect(await mesh.approvals.decide(ann, yes(made))).toMatchObject({ started: false, approval: { status: 'approved' } });
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ status: 'starting', trouble: 'the inventory is away' });
    inventory.away = false;
    await pool.query('update orchestrator.proposals set held_until = now()');
    await another.sweeper.turn();
    expect(await runs(made.runId)).toHaveLength(1);
  });
});

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

  it('where a name means another machine, or another credential is used, asks about it again', async () => {
    for (const change of [{ id: 'id-impostor' }, { credentialId: 'cred-root' }]) {
      inventory.assets = [asset('web1')];
      const made = await proposed(one());
      inventory.assets = [asset('web1', change)];
      expect(await mesh.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
      expect((await mesh.approvals.find(ann, made.runId))!.approvals[1]).toMatchObject({ id: 'added-1', status: 'open' });
    }
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
    another = approvalProcess(pool, inventory);
    expect(await another.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
    expect(await another.approvals.find(ann, made.runId)).toMatchObject({ status: 'expired', trouble: expect.stringContaining('version') as unknown });
    expect(await runs(made.runId)).toEqual([]);
  });
});

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
    ['another machine behind the name', () => { inventory.assets = [asset('web1', { id: 'id-impostor' })]; }],
    ['another credential', () => { inventory.assets = [asset('web1', { credentialId: 'cred-root' })]; }],
    ['another version of the tool', () => registerSpecTools(pool, HOST_TOOLS.map((t) => ({ ...t, version: '1.0.1' })))],
    ['changed inputs in the record', () => pool.query(`update orchestrator.items set inputs = '{"host":"web2"}'`)],
    ['a changed plan in the record', async () => { await pool.query(`update orchestrator.runs set inputs = '{"x":1}'`); }],
    ['no manifest', () => pool.query('delete from orchestrator.manifests')],
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
    await pool.query('delete from orchestrator.outbox where run_id = $1', [made.runId]);
    await mesh.engine.submit([{ kind: 'event', runId: made.runId, event: { type: 'cancel' } }]);
    const again = (): Promise<Started | AwaitingApproval> => mesh.approvals.rerun(ann, made.runId, { items: ['not-started'] }, null);
    const child = await again();
    expect([child.kind, (await mesh.claim(`${child.runId}.do.0.1`)).grant.manifestSha256]).toEqual(['started', made.approval.manifest_sha256]);
    await pool.query('update orchestrator.proposals set expires_at = now()');
    expect((await again()).kind).toBe('awaiting-approval');
  });
});
