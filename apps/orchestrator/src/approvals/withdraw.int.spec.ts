import { jest } from '@jest/globals';
import type { ListRunsQueryDto, RunSummary } from '@opsmesh/contracts';
import type { Pool } from 'pg';
import { listRuns } from '../http/run-list.js';
import { ReadModels } from '../store/read-models.js';
import { useRecord } from '../testing/rig.js';
import type { AwaitingApproval, Decision } from './ports.js';
import { asset, SpecInventory } from './testing/inventory.js';
import { approvalProcess, person, registerSpecTools, type ApprovalProcess } from './testing/process.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });

let inventory: SpecInventory; let mesh: ApprovalProcess; let another: ApprovalProcess;
const ann = person('ann'); const bob = person('bob');
beforeEach(async () => {
  for (const table of ['proposals', 'proposal_acts', 'manifests']) await pool.query(`delete from orchestrator.${table}`);
  await registerSpecTools(pool);
  inventory = new SpecInventory(asset('web1'), asset('web2'));
  mesh = approvalProcess(pool, inventory);
  another = approvalProcess(pool, inventory);
});
afterEach(async () => {
  await mesh.engine.idle();
  await another.engine.idle();
});

async function proposed(tool = 'fix', name = 'one'): Promise<AwaitingApproval> {
  const made = await mesh.approvals.propose(ann, { plan: { name, steps: [{ id: 'do', tool, inputs: { host: 'web1' } }] }, origin: 'chat', requestedBy: 'ann' });
  if (made.kind !== 'awaiting-approval') throw new Error('it was started at once');
  return made;
}
const yes = ({ runId, approval }: AwaitingApproval): Decision => ({ runId, approval: 'plan', decision: 'approve', manifestSha256: approval.manifest_sha256, ...(approval.typed_text === null ? {} : { typedText: approval.typed_text }) });
const runsOf = async (runId: string): Promise<number> => (await pool.query('select 1 from orchestrator.runs where id = $1', [runId])).rowCount!;
const listed = async (query: ListRunsQueryDto = {}, who = ann): Promise<{ items: readonly RunSummary[]; next: string | null }> => listRuns({ reader: new ReadModels(pool), approvals: mesh.approvals }, who, query);

describe('a proposal that is withdrawn', () => {
  it('can\'t be approved any more, tells who withdrew it, and never becomes a run', async () => {
    const made = await proposed();
    expect(await mesh.approvals.withdraw(bob, made.runId)).toMatchObject({ status: 'withdrawn', approvals: [{ status: 'withdrawn', acts: [{ actor_id: 'bob', decision: 'withdraw', manifest_sha256: made.approval.manifest_sha256 }] }] });
    await expect(mesh.approvals.decide(ann, yes(made))).rejects.toMatchObject({ status: 409, code: 'approval-closed' });
    await expect(mesh.approvals.withdraw(ann, made.runId)).rejects.toMatchObject({ status: 409, code: 'run-ended' });
    expect(await mesh.approvals.open(ann, { after: null, limit: 10 })).toEqual([]);
    await another.sweeper.turn();
    expect([await runsOf(made.runId), (await mesh.approvals.find(ann, made.runId))!.status]).toEqual([0, 'withdrawn']);
  });

  it('may be one that the same person had approved, with others still to agree', async () => {
    const made = await proposed('wipe');
    await mesh.approvals.decide(bob, yes(made));
    expect((await mesh.approvals.withdraw(bob, made.runId))!.approvals[0]!.acts.map((a) => [a.actor_id, a.decision])).toEqual([['bob', 'approve'], ['bob', 'withdraw']]);
  });

  it('may be approved and not started yet, because the inventory is away', async () => {
    const made = await proposed();
    inventory.away = true;
    expect(await mesh.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
    expect(await mesh.approvals.withdraw(ann, made.runId)).toMatchObject({ status: 'withdrawn' });
    inventory.away = false;
    await pool.query('update orchestrator.proposals set held_until = now()');
    await another.sweeper.turn();
    expect(await runsOf(made.runId)).toBe(0);
  });

  it('is none of another tenant, no run, and none that ended already', async () => {
    const made = await proposed();
    expect(await mesh.approvals.withdraw(person('mallory', 'other'), made.runId)).toBeUndefined();
    expect(await mesh.approvals.withdraw(ann, 'nonsense')).toBeUndefined();
    await mesh.approvals.decide(ann, yes(made));
    expect(await mesh.approvals.withdraw(ann, made.runId)).toBeUndefined();
    const late = await proposed();
    await pool.query('update orchestrator.proposals set expires_at = now()');
    await expect(mesh.approvals.withdraw(ann, late.runId)).rejects.toMatchObject({ status: 409, code: 'run-ended' });
  });

  it('and approved at the same moment is either a run or withdrawn', async () => {
    const outcomes = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const made = await proposed();
      const deciding = mesh.approvals.decide(ann, yes(made)).then(() => undefined, (e: { code: string }) => e.code);
      for (let turns = 0; turns < i; turns++) await new Promise((ok) => { setImmediate(ok); });
      const withdrawn = await another.approvals.withdraw(bob, made.runId).then((v) => v !== undefined, () => false);
      await deciding;
      await pool.query('update orchestrator.proposals set held_until = now()');
      await another.sweeper.turn();
      expect([withdrawn, await runsOf(made.runId)]).toEqual([withdrawn, withdrawn ? 0 : 1]);
      outcomes.add(String(withdrawn));
    }
    expect(outcomes).toContain('true');
  });

  it('between its approval and the creation of its run is not created', async () => {
    const made = await proposed();
    const query = pool.query.bind(pool);
    // The moment in which the launcher is about to say that it creates the run.
    const spied = jest.spyOn(pool, 'query').mockImplementation((async (...args: [string, unknown[]]) => {
      if (typeof args[0] === 'string' && args[0].includes(`set status = 'starting'`)) await another.approvals.withdraw(bob, made.runId);
      return query(...args);
    }) as never);
    expect(await mesh.approvals.decide(ann, yes(made))).toMatchObject({ started: false });
    spied.mockRestore();
    expect([await runsOf(made.runId), (await mesh.approvals.find(ann, made.runId))!.status]).toEqual([0, 'withdrawn']);
  });

  it('after the process that was creating its run ended is refused; another process creates it', async () => {
    const made = await proposed();
    inventory.away = true;
    await mesh.approvals.decide(ann, yes(made));
    inventory.away = false;
    await pool.query(`update orchestrator.proposals set status = 'starting', held_until = now(), expires_at = now()`);
    await expect(mesh.approvals.withdraw(ann, made.runId)).rejects.toMatchObject({ status: 409, code: 'run-starting' });
    await another.sweeper.turn();
    expect([await runsOf(made.runId), await mesh.approvals.find(ann, made.runId)]).toEqual([1, undefined]);
  });
});

describe('the list of runs', () => {
  it('shows proposals among the runs, with their statuses, until they are runs', async () => {
    const first = await proposed('fix', 'listed');
    const second = await proposed('fix', 'listed');
    await mesh.approvals.decide(ann, yes(second));
    const third = await proposed('fix', 'listed');
    await mesh.approvals.withdraw(ann, third.runId);
    expect((await listed({ name: 'listed' })).items.map((r) => [r.id, r.status])).toEqual([[third.runId, 'withdrawn'], [second.runId, 'running'], [first.runId, 'awaiting-approval']]);
    expect((await listed({ name: 'listed', status: 'awaiting-approval' })).items).toEqual([expect.objectContaining({ id: first.runId, actor_id: 'ann', tenant_id: 'acme', finishedAt: null })]);
    expect((await listed({ name: 'listed', status: 'running' })).items.map((r) => r.id)).toEqual([second.runId]);
    expect((await listed({ name: 'listed' }, person('mallory', 'other'))).items).toEqual([]);
    await pool.query('update orchestrator.proposals set expires_at = now()');
    expect((await listed({ name: 'listed', status: 'expired' })).items.map((r) => r.id)).toEqual([first.runId]);
  });

  it('is read page by page across both, each once', async () => {
    const all: string[] = [];
    for (let i = 0; i < 7; i++) {
      const made = await proposed('fix', 'paged');
      if (i % 3 === 0) await mesh.approvals.decide(ann, yes(made));
      all.unshift(made.runId);
    }
    const read: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await listed({ name: 'paged', limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      read.push(...page.items.map((r) => r.id));
      cursor = page.next;
    }
    expect(read).toEqual(all);
    await expect(listed({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'bad-cursor' });
  });
});
