import { countOf, emptyOutbox, itemsOf } from '../testing/rig.js';
import type { AwaitingApproval, Started } from './ports.js';
import { approvalProcess, person } from './testing/process.js';
import { ann, another, answerQueries, bob, eve, inventory, mesh, one, pool, proposed, runs, setPolicy, useProposals, yes } from './testing/proposals.js';

useProposals();

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

  it('by the process that heard the last word, which says so, however often others look for what they could start', async () => {
    for (let i = 0; i < 5; i++) {
      const made = await proposed(one());
      let isDecided = false;
      const looking = (async () => { while (!isDecided) await another.sweeper.turn(); })();
      const decided = await mesh.approvals.decide(ann, yes(made)).finally(() => { isDecided = true; });
      await looking;
      expect(decided).toMatchObject({ started: true });
      expect(await runs(made.runId)).toHaveLength(1);
    }
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

describe('an idempotency key of a run that nobody had to approve', () => {
  const ask = (plan: object): Promise<Started | AwaitingApproval> => mesh.approvals.propose(ann, { plan, origin: 'api', requestedBy: 'ann', idempotencyKey: 'k2' });

  it('gives that run again when people would be asked now, and is refused for another request', async () => {
    const first = await ask(one());
    await setPolicy({ applies: ['chat', 'api'] });
    expect(await ask(one())).toEqual({ ...first, warnings: [], replayed: true });
    await expect(ask(one('wipe'))).rejects.toMatchObject({ status: 422, code: 'idempotency-key-reused' });
    expect([await countOf(pool, 'proposals'), await countOf(pool, `runs where idempotency_key = 'k2'`)]).toEqual([0, 1]);
  });

  it('gives that run again also where its plan does not compile any more', async () => {
    const first = await ask(one());
    await setPolicy({ applies: ['chat', 'api'] });
    await pool.query(`delete from orchestrator.tools where name = 'fix'`);
    const newer = approvalProcess(pool, inventory);
    expect(await newer.approvals.propose(ann, { plan: one(), origin: 'api', requestedBy: 'ann', idempotencyKey: 'k2' })).toMatchObject({ kind: 'started', runId: first.runId, replayed: true });
  });

  it('gives the same re-run again', async () => {
    const { runId } = await ask(one());
    await emptyOutbox(pool);
    await mesh.engine.submit([{ kind: 'event', runId, event: { type: 'cancel' } }]);
    const again = (): Promise<Started | AwaitingApproval> => mesh.approvals.rerun(ann, runId, { items: ['not-started'] }, 'k3');
    const first = await again();
    await setPolicy({ applies: ['chat', 'api'] });
    expect(await again()).toEqual({ ...first, warnings: [], replayed: true });
    expect(await countOf(pool, 'proposals')).toBe(0);
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
