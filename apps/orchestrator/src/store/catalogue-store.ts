import { declarationFault, schemaFault, type ToolDeclarationDto, type WorkerRegistrationDto } from '@opsmesh/contracts';
import { ProblemError, transaction } from '@opsmesh/platform';
import type { CatalogueTool, ToolCatalogue } from '@opsmesh/plan-model';
import type { Pool } from 'pg';

interface ToolRow { name: string; service: string; queue: string; declaration: ToolDeclarationDto }

export type Catalogue = ToolCatalogue & { all(): CatalogueTool[] };

/** How long a read catalogue is used before it is read again, in milliseconds. */
const FRESH_MS = 2000;
/** Checked schemas to remember. */
const MOST_SOUND = 10_000;

/** The tool catalogue. Every orchestrator reads the same table, so a new service needs no change here. */
export class CatalogueStore {
  private cached: { readonly at: number; readonly tools: ReadonlyMap<string, CatalogueTool>; readonly catalogue: Catalogue } | undefined;
  /** Texts of schemas that values can be checked by. */
  private readonly sound = new Set<string>();

  constructor(private readonly pool: Pool) {}

  /** The newest declarations, at most {@link FRESH_MS} old. As long as nothing changes it is the same object, and so is each declaration in it. */
  async current(): Promise<Catalogue> {
    const known = this.cached;
    if (known && performance.now() - known.at <= FRESH_MS) return known.catalogue;
    const { rows } = await this.pool.query<ToolRow>({ name: 'catalogue', text: 'select name, service, queue, declaration from orchestrator.tools order by name' });
    const tools = new Map(rows.map((r) => [r.name, reuse(known?.tools.get(r.name), { ...r.declaration, service: r.service, queue: r.queue })]));
    const unchanged = known && known.tools.size === tools.size && [...tools].every(([name, tool]) => known.tools.get(name) === tool);
    this.cached = { at: performance.now(), tools, catalogue: unchanged ? known.catalogue : catalogueOf(tools) };
    return this.cached.catalogue;
  }

  /**
   * Adds or renews the tools of a service; tools that it no longer has are removed.
   * @throws ProblemError 409 `tool-conflict` when another service has a tool of that name; 422 `tool-invalid` when inputs or outputs can't be checked by its schemas, or the declaration contradicts itself
   */
  async register({ service, queue, tools }: WorkerRegistrationDto): Promise<void> {
    for (const tool of tools) {
      const fault = declarationFault(tool);
      if (fault !== undefined) throw new ProblemError(422, 'tool-invalid', `the tool "${tool.name}": ${fault}`);
      this.assertSchemas(tool);
    }
    await transaction(this.pool, async (client) => {
      await client.query(`select pg_advisory_xact_lock(hashtextextended('opsmesh catalogue', 0))`);
      const names = tools.map((t) => t.name);
      const { rows } = await client.query<{ name: string; service: string }>('select name, service from orchestrator.tools where name = any($1) and service <> $2', [names, service]);
      const taken = rows[0];
      if (taken) throw new ProblemError(409, 'tool-conflict', `the tool "${taken.name}" belongs to ${taken.service}: rename it in ${service}, or remove it there`);
      await client.query(
        `insert into orchestrator.tools (name, service, queue, declaration) select v.name, $1, $2, v.declaration::json from unnest($3::text[], $4::text[]) as v(name, declaration)
         on conflict (name) do update set queue = excluded.queue, declaration = excluded.declaration, registered_at = now()`,
        [service, queue, names, tools.map((t) => JSON.stringify(t))],
      );
      await client.query('delete from orchestrator.tools where service = $1 and name <> all($2)', [service, names]);
    });
    if (this.cached) this.cached = { ...this.cached, at: -Infinity };
  }

  /** Workers register again and again with the same tools, also while the first answer is awaited: a schema is checked once. */
  private assertSchemas(tool: ToolDeclarationDto): void {
    for (const side of ['inputSchema', 'outputSchema'] as const) {
      const text = JSON.stringify(tool[side]);
      if (this.sound.has(text)) continue;
      const fault = schemaFault(tool[side]);
      if (fault !== undefined) throw new ProblemError(422, 'tool-invalid', `the ${side} of the tool "${tool.name}" is no JSON Schema that values can be checked by: ${fault}`);
      if (this.sound.size >= MOST_SOUND) this.sound.clear();
      this.sound.add(text);
    }
  }
}

function catalogueOf(tools: ReadonlyMap<string, CatalogueTool>): Catalogue {
  return { get: (name) => tools.get(name), names: () => [...tools.keys()], all: () => [...tools.values()] };
}

function reuse(known: CatalogueTool | undefined, read: CatalogueTool): CatalogueTool {
  return known && JSON.stringify(known) === JSON.stringify(read) ? known : read;
}
