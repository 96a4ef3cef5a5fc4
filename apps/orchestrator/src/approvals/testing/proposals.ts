import { DEFAULT_APPROVAL_POLICY, type ApprovalPolicyDto } from '@opsmesh/contracts';
import type { Pool } from 'pg';
import { drive } from '../../testing/drive.js';
import { emptyOutbox, useRecord } from '../../testing/rig.js';
import { PolicyStore } from '../policy-store.js';
import type { AwaitingApproval, Decision } from '../ports.js';
import { asset, SpecInventory } from './inventory.js';
import { approvalProcess, person, registerSpecTools, type ApprovalProcess } from './process.js';

/** The record, an inventory and two processes over both, new for each test; {@link useProposals} makes them. */
export let pool: Pool;
export let inventory: SpecInventory;
export let mesh: ApprovalProcess;
export let another: ApprovalProcess;
export const ann = person('ann');
export const bob = person('bob');
export const eve = person('eve');

/** Declares what the specs of proposals need, before and after each of them. */
export function useProposals(): void {
  useRecord((database) => { ({ pool } = database); });
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
}

/** A plan of one step on one host. */
export const one = (tool = 'fix', host = 'web1'): object => ({ name: 'one', steps: [{ id: 'do', tool, inputs: { host } }] });
/** A plan over all assets tagged web. */
export const fleet = (tool = 'fix'): object => ({ name: 'fleet', steps: [{ id: 'q', tool: 'asset-query', inputs: { tag: 'web' } }, { id: 'do', tool, forEach: '<<q.assets>>', inputs: { host: '<<item.hostname>>' } }] });

export async function proposed(plan: object, more: { origin?: 'chat' | 'api'; idempotencyKey?: string } = {}, who = ann): Promise<AwaitingApproval> {
  const made = await mesh.approvals.propose(who, { plan, origin: 'chat', requestedBy: who.actorId, ...more });
  if (made.kind !== 'awaiting-approval') throw new Error('it was started at once');
  return made;
}

/** An approval of what was asked, as it was shown. */
export const yes = ({ runId, approval }: AwaitingApproval, more: Partial<Decision> = {}): Decision => ({ runId, approval: approval.id, decision: 'approve', manifestSha256: approval.manifest_sha256, ...(approval.typed_text === null ? {} : { typedText: approval.typed_text }), ...more });
export const runs = async (runId: string): Promise<{ status: string; manifest_sha256: string | null }[]> => (await pool.query<{ status: string; manifest_sha256: string | null }>('select status, manifest_sha256 from orchestrator.runs where id = $1', [runId])).rows;

/** Changes the tenant's policy; {@link mesh} is a process that knows it. */
export async function setPolicy(policy: Partial<ApprovalPolicyDto>): Promise<void> {
  await new PolicyStore(pool).set('acme', { ...DEFAULT_APPROVAL_POLICY, ...policy }, 'root');
  mesh = approvalProcess(pool, inventory);
}

/** Plays the workers for what is not claimed: the query gives what the inventory has now. */
export const answerQueries = (process = mesh): Promise<void> => drive(process.engine, pool, { answer: (_attempt, _inputs, step) => (step === 'q' ? { assets: inventory.assets.map(({ id, hostname }) => ({ id, hostname })), asset_count: inventory.assets.length, total: inventory.assets.length, truncated: false } : {}) });

/** The same up to the query, so that attempts of later steps wait for a claim. */
export async function answerQuery(runId: string): Promise<void> {
  const assets = inventory.assets.map(({ id, hostname }) => ({ id, hostname }));
  await emptyOutbox(pool);
  await mesh.engine.submit([{ kind: 'event', runId, event: { type: 'finished', step: 0, item: 0, attempt: 1, outcome: { status: 'succeeded' }, random: 0 }, result: { workerId: 'w1', durationMs: 1, output: { json: JSON.stringify({ assets, asset_count: assets.length, total: assets.length, truncated: false }), blobSha256: null, truncated: false } } }]);
}
