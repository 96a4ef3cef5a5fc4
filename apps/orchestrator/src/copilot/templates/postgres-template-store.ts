import { BUILTIN_TEMPLATES, type Template, type TemplateStore } from '@opsmesh/copilot';
import { ProblemError } from '@opsmesh/platform';
import type { Pool } from 'pg';

export type TemplateState = 'enabled' | 'disabled' | 'rejected';

/** A template as it is kept: a tenant's own, or a built-in one. */
export interface KnownTemplate {
  readonly template: Template;
  readonly builtin: boolean;
  readonly enabled: boolean;
  readonly addedBy: string | null;
  /** ISO 8601. */
  readonly addedAt: string | null;
}

/** Versions of all templates of a tenant; every message is read against the newest of each. */
const MOST_VERSIONS = 2000;
/** Tenants whose templates are kept ready. */
const CAPACITY = 200;

interface TemplateRow { document: Template; version: number; added_by: string; added_at: Date }
interface StateRow { id: string; state: TemplateState }

/** Templates of tenants: their own in their newest versions, then the built-in ones that they have not replaced. */
export class PostgresTemplateStore implements TemplateStore {
  private readonly lists = new Map<string, { readonly stamp: string; readonly usable: readonly Template[] }>();

  constructor(private readonly pool: Pool) {}

  async usable(tenantId: string): Promise<readonly Template[]> {
    const { rows: [row] } = await this.pool.query<{ stamp: string }>({
      name: 'templates-stamp', text: `select concat((select count(*) from orchestrator.templates where tenant_id = $1), ' ', (select max(added_at) from orchestrator.templates where tenant_id = $1), ' ',
        (select count(*) from orchestrator.template_states where tenant_id = $1), ' ', (select max(changed_at) from orchestrator.template_states where tenant_id = $1)) as stamp`, values: [tenantId],
    });
    const known = this.lists.get(tenantId);
    if (known?.stamp === row!.stamp) return known.usable;
    const usable = (await this.all(tenantId)).filter((t) => t.enabled).map((t) => t.template);
    if (this.lists.size >= CAPACITY) this.lists.delete(this.lists.keys().next().value!);
    this.lists.set(tenantId, { stamp: row!.stamp, usable });
    return usable;
  }

  /** Every template of a tenant, disabled ones too. */
  async all(tenantId: string): Promise<KnownTemplate[]> {
    const [{ rows: own }, states] = await Promise.all([
      this.pool.query<TemplateRow>('select distinct on (id) document, version, added_by, added_at from orchestrator.templates where tenant_id = $1 order by id, version desc', [tenantId]),
      this.states(tenantId),
    ]);
    const enabled = (id: string): boolean => states.get(id) !== 'disabled';
    const replaced = new Set(own.map((r) => r.document.id));
    return [
      ...own.map((r): KnownTemplate => ({ template: { ...r.document, version: r.version }, builtin: false, enabled: enabled(r.document.id), addedBy: r.added_by, addedAt: r.added_at.toISOString() })),
      ...BUILTIN_TEMPLATES.filter((t) => !replaced.has(t.id)).map((template): KnownTemplate => ({ template, builtin: true, enabled: enabled(template.id), addedBy: null, addedAt: null })),
    ];
  }

  async states(tenantId: string): Promise<ReadonlyMap<string, TemplateState>> {
    const { rows } = await this.pool.query<StateRow>('select id, state from orchestrator.template_states where tenant_id = $1', [tenantId]);
    return new Map(rows.map((r) => [r.id, r.state]));
  }

  /**
   * Adds a template under the next version of its id.
   * @throws ProblemError 409 `too-many-templates`
   */
  async add(tenantId: string, template: Template, actorId: string): Promise<void> {
    const builtin = BUILTIN_TEMPLATES.find((t) => t.id === template.id)?.version ?? 0;
    const { rows: [has] } = await this.pool.query<{ versions: string }>('select count(*) as versions from orchestrator.templates where tenant_id = $1', [tenantId]);
    if (Number(has!.versions) >= MOST_VERSIONS) throw new ProblemError(409, 'too-many-templates', `a tenant has at most ${MOST_VERSIONS} versions of templates`);
    // Of two at the same moment one finds its version taken, and takes the next.
    for (let isAdded = false; !isAdded;) {
      const { rowCount } = await this.pool.query(
        `insert into orchestrator.templates (tenant_id, id, version, document, added_by)
         select $1, $2, greatest(coalesce(max(version), 0), $3::int) + 1, $4, $5 from orchestrator.templates where tenant_id = $1 and id = $2 on conflict do nothing`,
        [tenantId, template.id, builtin, JSON.stringify(template), actorId],
      );
      isAdded = rowCount === 1;
    }
  }

  async setState(tenantId: string, id: string, { state, actorId }: { readonly state: TemplateState; readonly actorId: string }): Promise<void> {
    await this.pool.query(
      `insert into orchestrator.template_states (tenant_id, id, state, changed_by) values ($1, $2, $3, $4)
       on conflict (tenant_id, id) do update set state = excluded.state, changed_by = excluded.changed_by, changed_at = clock_timestamp()`, [tenantId, id, state, actorId],
    );
  }
}
