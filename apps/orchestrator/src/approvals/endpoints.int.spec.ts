import { hash } from 'node:crypto';
import { endpointsSha256 } from '@opsmesh/platform';
import { emptyOutbox } from '../testing/rig.js';
import { failed, happens } from '../testing/submissions.js';
import type { AwaitingApproval } from './ports.js';
import { asset, type SpecAsset } from './testing/inventory.js';
import { ann, answerQuery, bob, fleet, inventory, mesh, one, pool, proposed, runs, useProposals, yes } from './testing/proposals.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA first';
const OTHER_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBB second';
const printOf = (key: string): string => `ssh-ed25519 SHA256:${hash('sha256', Buffer.from(key.split(' ')[1]!, 'base64'), 'base64').replace(/=+$/, '')}`;
const HOME: Partial<SpecAsset> = { address: '10.0.0.1', hostKey: KEY };
const here = (...changes: Partial<SpecAsset>[]): void => { inventory.assets = [asset('web1', Object.assign({}, HOME, ...changes) as Partial<SpecAsset>)]; };

useProposals();

/** What is asked after somebody said yes to a run on a host that changed meanwhile; undefined: nothing, the run has started. */
async function askedAgain(plan: object, change: () => void): Promise<{ made: AwaitingApproval; question: AwaitingApproval['approval'] | undefined }> {
  const made = await proposed(plan);
  change();
  const { started } = await mesh.approvals.decide(ann, yes(made));
  expect(await runs(made.runId)).toHaveLength(started ? 1 : 0);
  return { made, question: started ? undefined : (await mesh.approvals.find(ann, made.runId))!.approvals[1] };
}

describe('a host that changes between approval and start', () => {
  it.each<[string, Partial<SpecAsset>, string, string, string]>([
    ['another address', { address: '10.0.0.9' }, 'address', '10.0.0.1', '10.0.0.9'],
    ['another host key', { hostKey: OTHER_KEY }, 'hostKeys', printOf(KEY), printOf(OTHER_KEY)],
    ['one more host key', { hostKey: `${KEY}\n${OTHER_KEY}` }, 'hostKeys', printOf(KEY), [printOf(KEY), printOf(OTHER_KEY)].sort().join(', ')],
    ['no check of its host key', { hostKeyPolicy: 'off' }, 'hostKeyPolicy', 'strict', 'off'],
    ['another credential', { credentialId: 'cred-root' }, 'credential', 'cred-web1 version 1', 'cred-root version 1'],
    ['a new secret of its credential', { credentialVersion: 2 }, 'credential', 'cred-web1 version 1', 'cred-web1 version 2'],
    ['another machine of its name', { id: 'id-impostor' }, 'asset', 'id-web1', 'id-impostor'],
  ])('to %s is asked about again, with what was and what is to be', async (_what, change, part, before, after) => {
    here();
    const { made, question } = await askedAgain(one(), () => { here(change); });
    const changed = [{ target: 'web1', changes: [{ host: 'web1', part, before, after }] }];
    expect(question).toMatchObject({ id: 'added-1', status: 'open', tier: 'one-click', added: [], changed, message: expect.stringContaining(`${before} → ${after}`) as unknown });
    expect(await mesh.approvals.find(ann, made.runId)).toMatchObject({ drift: { added: [], changed, vanished: [] } });
    expect(await mesh.approvals.decide(ann, yes({ ...made, approval: question! }))).toMatchObject({ started: true });
    expect((await mesh.claim(`${made.runId}.do.0.1`)).grant.endpointsSha256).toBe(await digestNow());
  });

  it('among others is asked about alone, and rejected stays as it was approved: it is refused, the others run', async () => {
    const { made, question } = await askedAgain(fleet(), () => { inventory.assets[1] = asset('web2', { address: '10.0.0.9' }); });
    expect(question).toMatchObject({ risk: { changedHosts: 1 }, added: [], changed: [{ target: 'web2' }] });
    const { manifest } = await mesh.approvals.manifest(ann, made.runId, 'added-1');
    expect(manifest.steps.flatMap((s) => s.items.map((i) => i.target))).toEqual(['web2']);
    expect(await mesh.approvals.decide(bob, { ...yes({ ...made, approval: question! }), decision: 'reject' })).toMatchObject({ started: true });
    await answerQuery(made.runId);
    await expect(mesh.claim(`${made.runId}.do.1.1`)).rejects.toMatchObject({ status: 409, code: 'target-changed' });
    await mesh.claim(`${made.runId}.do.0.1`);
  });

  it('and back again is the one that was approved', async () => {
    here();
    const { question } = await askedAgain(one(), () => { here({ address: '10.0.0.9' }); here(); });
    expect(question).toBeUndefined();
  });

  it('only in the comment of its key is the same', async () => {
    here();
    const { question } = await askedAgain(one(), () => { here({ hostKey: KEY.replace('first', 'renamed') }); });
    expect(question).toBeUndefined();
  });

  it('by a first key where any key was approved is the same; where none was accepted it is not', async () => {
    inventory.assets = [asset('web1', { hostKeyPolicy: 'accept-new' })];
    const { made, question } = await askedAgain(one(), () => { inventory.assets = [asset('web1', { hostKeyPolicy: 'accept-new', hostKey: KEY })]; });
    expect(question).toBeUndefined();
    expect((await mesh.claim(`${made.runId}.do.0.1`)).grant.endpointsSha256).toBe(await digestNow());
    inventory.assets = [asset('web1')];
    expect((await askedAgain(one(), () => { inventory.assets = [asset('web1', { hostKey: KEY })]; })).question).toMatchObject({ changed: [{ target: 'web1' }] });
  });
});

describe('a host that changes while the approved run waits', () => {
  it.each<[string, Partial<SpecAsset>, string]>([
    ['another address', { address: '10.0.0.9' }, 'address of web1 10.0.0.1 → 10.0.0.9'], ['another host key', { hostKey: OTHER_KEY }, 'host keys of web1'], ['another credential', { credentialId: 'cred-root' }, 'credential of web1'], ['another machine of its name', { id: 'id-impostor' }, 'asset of web1'],
  ])('to %s is refused, and claims nothing; back again it is granted', async (_what, change, detail) => {
    here();
    const { made } = await askedAgain(one(), here);
    here(change);
    await expect(mesh.claim(`${made.runId}.do.0.1`)).rejects.toMatchObject({ status: 409, code: 'target-changed', detail: expect.stringContaining(detail) as unknown });
    expect((await pool.query('select 1 from orchestrator.claims where run_id = $1', [made.runId])).rows).toEqual([]);
    here();
    await mesh.claim(`${made.runId}.do.0.1`);
  });

  it('to a new secret of its credential is granted what was approved, which no lease is given for', async () => {
    here();
    const { made } = await askedAgain(one(), here);
    const approved = await digestNow();
    here({ credentialVersion: 2 });
    expect((await mesh.claim(`${made.runId}.do.0.1`)).grant.endpointsSha256).toBe(approved);
    expect(await digestNow()).not.toBe(approved);
  });

  it('is not probed elsewhere either', async () => {
    here();
    const { made } = await askedAgain(one(), here);
    await mesh.claim(`${made.runId}.do.0.1`);
    await mesh.engine.submit([failed({ runId: made.runId, step: 0, item: 0, attempt: 1 }, 'connection-lost'), happens(made.runId, { type: 'probe-due', step: 0, item: 0, attempt: 1 })]);
    const { rows: [probe] } = await pool.query<{ id: string }>('select id from orchestrator.runs where parent_run_id = $1', [made.runId]);
    here({ address: '10.0.0.9' });
    await expect(mesh.claim(`${probe!.id}.probe.0.1`)).rejects.toMatchObject({ code: 'target-changed' });
  });

  it('is asked about when the run is repeated; unchanged it is bound to what was approved', async () => {
    here();
    const { made } = await askedAgain(one(), here);
    await emptyOutbox(pool);
    await mesh.engine.submit([{ kind: 'event', runId: made.runId, event: { type: 'cancel' } }]);
    const again = async (): Promise<string> => (await mesh.approvals.rerun(ann, made.runId, { items: ['not-started'] }, null)).kind;
    expect(await again()).toBe('started');
    here({ address: '10.0.0.9' });
    expect(await again()).toBe('awaiting-approval');
  });
});

it('a run that nobody had to approve is granted whatever its host is reached by', async () => {
  here();
  const made = await mesh.approvals.propose(ann, { plan: one(), origin: 'api', requestedBy: 'ann' });
  here({ address: '10.0.0.9' });
  expect((await mesh.claim(`${made.runId}.do.0.1`)).grant).toMatchObject({ manifestSha256: null, endpointsSha256: null });
});

it('a manifest of an older version, which does not say how targets are reached, allows nothing', async () => {
  here();
  const { made } = await askedAgain(one(), here);
  await pool.query(`update orchestrator.manifests set manifest = (manifest::jsonb || '{"v":1}')::json where sha256 = $1`, [made.approval.manifest_sha256]);
  await expect(mesh.claim(`${made.runId}.do.0.1`)).rejects.toMatchObject({ code: 'manifest-mismatch', detail: expect.stringContaining('older version') as unknown });
});

/** The digest of the way to web1 as the inventory has it. */
async function digestNow(): Promise<string> {
  const [facts] = await inventory.targets('acme', ['web1']);
  return endpointsSha256((facts as { endpoints: Parameters<typeof endpointsSha256>[0] }).endpoints);
}
