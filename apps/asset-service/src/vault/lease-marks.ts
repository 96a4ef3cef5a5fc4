import { MAX_BATCH, type GrantClaims } from '@opsmesh/contracts';
import { Gathered } from '@opsmesh/platform';
import { sql } from 'drizzle-orm';
import { uuidv7 } from 'uuidv7';
import type { Executor } from '../database/database.js';
import { leaseAudit, usedGrants } from '../database/schema.js';

/** One credential that a grant is about to be exchanged for. */
export interface LeaseMark {
  readonly claims: GrantClaims;
  readonly credentialId: string;
  readonly credentialVersion: number;
}

/**
 * The marks of grants that were exchanged. Those that are set together are set by one statement, which also writes the audit rows:
 * there is no mark without its row.
 */
export class LeaseMarks {
  private readonly marks = new Gathered<LeaseMark, boolean>((batch) => this.write(batch), { most: MAX_BATCH });

  constructor(private readonly db: Pick<Executor, 'execute'>) {}

  /** Marks grant and credential as used. @returns false when they were before; of parallel calls one gets true. */
  set(mark: LeaseMark): Promise<boolean> {
    return this.marks.ask(mark);
  }

  private async write(batch: readonly LeaseMark[]): Promise<PromiseSettledResult<boolean>[]> {
    const given = batch.map(({ claims, credentialId, credentialVersion }) => ({
      id: uuidv7(), jti: claims.jti, credential_id: credentialId, version: credentialVersion, expires_at: new Date(claims.exp * 1000), ...auditedGrant(claims),
    }));
    // In one order, so that statements which meet wait for each other and do not lock each other out.
    const { rows } = await this.db.execute<{ id: string; outcome: string }>(sql`
      with given as (
        select *, row_number() over (partition by jti, credential_id order by id) as turn
        from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as g (id uuid, jti text, credential_id text, version int, expires_at timestamptz, "tenantId" text, "workerId" text, "attemptId" text, tool text)
      ), marked as (
        insert into ${usedGrants} (jti, credential_id, expires_at) select jti, credential_id, expires_at from given where turn = 1 order by jti, credential_id
        on conflict do nothing returning jti, credential_id
      )
      insert into ${leaseAudit} (id, tenant_id, worker_id, attempt_id, tool, credential_id, credential_version, outcome)
      select g.id, g."tenantId", g."workerId", g."attemptId", g.tool, g.credential_id, case when m.jti is null then null else g.version end, case when m.jti is null then 'grant-used' else 'granted' end
      from given g left join marked m on m.jti = g.jti and m.credential_id = g.credential_id and g.turn = 1
      returning id, outcome`);
    const granted = new Set(rows.filter((r) => r.outcome === 'granted').map((r) => r.id));
    return given.map(({ id }) => ({ status: 'fulfilled', value: granted.has(id) }));
  }
}

/** Who asked, as the audit keeps it. */
export function auditedGrant(claims: GrantClaims): { tenantId: string; workerId: string; attemptId: string; tool: string } {
  return { tenantId: claims.tenant, workerId: claims.worker, attemptId: claims.attempt, tool: claims.tool };
}
