import { ApprovalPolicyDto, DEFAULT_APPROVAL_POLICY, type ApprovalPolicyView } from '@opsmesh/contracts';
import type { Pool } from 'pg';

/** How long a read policy is used before it is read again, in milliseconds. */
const FRESH_MS = 1000;
const CAPACITY = 1000;

/** What tenants have set about approvals. A change holds at once in the process that made it, elsewhere within {@link FRESH_MS}. */
export class PolicyStore {
  private readonly known = new Map<string, { readonly at: number; readonly policy: ApprovalPolicyView }>();

  constructor(private readonly pool: Pool) {}

  async current(tenantId: string): Promise<ApprovalPolicyView> {
    const known = this.known.get(tenantId);
    if (known && performance.now() - known.at < FRESH_MS) return known.policy;
    const { rows: [row] } = await this.pool.query<{ policy: ApprovalPolicyDto; updated_by: string; updated_at: Date }>({ name: 'approval-policy', text: 'select policy, updated_by, updated_at from orchestrator.approval_policies where tenant_id = $1', values: [tenantId] });
    const policy: ApprovalPolicyView = row ? { ...DEFAULT_APPROVAL_POLICY, ...row.policy, updatedBy: row.updated_by, updatedAt: row.updated_at.toISOString() } : { ...DEFAULT_APPROVAL_POLICY, updatedBy: null, updatedAt: null };
    if (this.known.size >= CAPACITY) this.known.delete(this.known.keys().next().value!);
    this.known.set(tenantId, { at: performance.now(), policy });
    return policy;
  }

  async set(tenantId: string, policy: ApprovalPolicyDto, actorId: string): Promise<ApprovalPolicyView> {
    await this.pool.query('insert into orchestrator.approval_policies (tenant_id, policy, updated_by) values ($1, $2, $3) on conflict (tenant_id) do update set policy = excluded.policy, updated_by = excluded.updated_by, updated_at = now()', [tenantId, JSON.stringify(policy), actorId]);
    this.known.delete(tenantId);
    return this.current(tenantId);
  }
}
