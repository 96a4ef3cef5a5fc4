import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChatReplyView, TargetFacts, ToolDeclarationDto, UnknownTarget } from '@opsmesh/contracts';
import type { ModelSettings } from '@opsmesh/copilot';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { tool } from './documents.js';
import { LiveOrchestrator, publishSuccess, type Ask } from './live.js';
import { openRedis } from './rig.js';

const text = { type: 'string' };
const object = (properties: object): Record<string, unknown> => ({ type: 'object', properties, additionalProperties: false });
const declared = (name: string, inputs: object, more: Partial<ToolDeclarationDto> = {}): ToolDeclarationDto => {
  const made: { target?: string } & ToolDeclarationDto = tool(name, { inputSchema: object(inputs), outputSchema: { type: 'object' }, ...more });
  if (more.target === undefined) delete made.target;
  return made;
};

/** Tools with the names and inputs of the product's own; they need no credential, so that a spec can answer for their workers. */
const CHAT_TOOLS: readonly ToolDeclarationDto[] = [
  declared('asset-query', { filters: { type: 'object' }, search: text, sort: {}, fields: { type: 'array' }, limit: { type: 'integer' }, offset: { type: 'integer' }, count_only: { type: 'boolean' } }, { listOutput: 'assets', outputSchema: object({ assets: { type: 'array' }, total: { type: 'integer' }, truncated: { type: 'boolean' } }) }),
  declared('Get-Volume', { target_host: text, drive_letter: text, drive_type: text }, { target: '/target_host' }),
  declared('disk-usage', { target_host: text, path: text }, { target: '/target_host' }),
  declared('service-status', { target_host: text, service: text }, { target: '/target_host' }),
  declared('restart-service', { target_host: text, service: text }, { target: '/target_host', effect: 'write', idempotent: true }),
  declared('run-command', { target_host: text, command: text }, { target: '/target_host', effect: 'write', idempotent: false, commands: [{ pointer: '/command', dialect: 'posix-shell' }] }),
];
const SERVICE = 'chat-spec';

export interface SpecAsset { readonly hostname: string; readonly ip_address?: string; readonly os?: string; readonly environment?: string; readonly status?: string; readonly tags?: readonly string[]; readonly protocol?: 'ssh' | 'winrm' }
export const WIN10: readonly SpecAsset[] = ['pc-01', 'pc-02', 'pc-03'].map((hostname, i) => ({ hostname, ip_address: `10.0.0.${i + 1}`, os: 'Windows 10', environment: 'office', status: 'active', protocol: 'winrm', tags: ['win10'] }));
export const LINUX: readonly SpecAsset[] = ['web-01', 'web-02'].map((hostname, i) => ({ hostname, ip_address: `10.0.1.${i + 1}`, os: 'Debian 12', environment: 'staging', status: 'active', protocol: 'ssh', tags: ['web'] }));

export type Work = (tool: string, inputs: Record<string, unknown>) => object | undefined;

/** An empty database of the spec's own. */
export interface SpecDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

interface Started { readonly database: SpecDatabase; readonly pool: pg.Pool; readonly redis: Redis; readonly redisUrl: string; readonly inventory: Server }

/** A live orchestrator with an inventory and workers that the spec plays. The orchestrator can be started anew over the same record. */
export class ChatRig {
  api!: LiveOrchestrator;
  private stopped = false;
  private working: Promise<void> = Promise.resolve();
  readonly calls: { readonly tool: string; readonly inputs: Record<string, unknown> }[] = [];

  private constructor(private readonly parts: Started, private readonly options: ChatRigOptions) {}

  static async start(database: SpecDatabase, options: ChatRigOptions = {}): Promise<ChatRig> {
    const { url: redisUrl, redis } = await openRedis();
    const assets = options.assets ?? [...WIN10, ...LINUX];
    const inventory = createServer((request, response) => {
      let body = '';
      request.on('data', (d) => { body += String(d); });
      request.on('end', () => {
        const asked = JSON.parse(body) as { input?: Record<string, unknown>; targets?: readonly string[] };
        response.setHeader('content-type', 'application/json').end(JSON.stringify(asked.targets ? asked.targets.map((t) => meant(assets, t)) : found(assets, asked.input ?? {})));
      });
    });
    await new Promise<void>((ok) => inventory.listen(0, '127.0.0.1', ok));
    const rig = new ChatRig({ database, redis, redisUrl, inventory, pool: new pg.Pool({ connectionString: database.url, max: 2 }) }, { ...options, assets });
    await rig.boot();
    rig.working = rig.play();
    return rig;
  }

  /** Starts the orchestrator; after `api.stop()` it goes on with the record of the one before. */
  async boot(): Promise<void> {
    const { database, redisUrl, inventory } = this.parts;
    this.api = await LiveOrchestrator.start({
      databaseUrl: database.url, redisUrl, auth: this.options.auth ?? 'off',
      more: { assetServiceUrl: `http://127.0.0.1:${(inventory.address() as AddressInfo).port}`, chatWaitMs: this.options.waitMs ?? 10_000, ...(this.options.model ? { model: { settings: this.options.model, tokensPerDay: this.options.tokensPerDay ?? null } } : {}) },
    });
    for (const service of ['asset-service', SERVICE]) {
      const tools = CHAT_TOOLS.filter((t) => (t.name === 'asset-query') === (service === 'asset-service'));
      const answer = await this.api.askAs(service, 'POST', '/internal/workers', { body: { workerId: `${service}-1`, service, queue: service, concurrency: 10, tools } });
      if (answer.status !== 204) throw new Error(answer.text);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.working;
    await this.api.stop();
    const { pool, redis, inventory, database } = this.parts;
    await pool.end();
    redis.disconnect();
    inventory.closeAllConnections();
    await new Promise((ok) => inventory.close(ok));
    await database.drop();
  }

  get pool(): pg.Pool {
    return this.parts.pool;
  }

  /** Says a message; fails the spec when it is refused. */
  async say(message: string, more: object = {}, ask: Omit<Ask, 'body'> = {}): Promise<ChatReplyView> {
    const answer = await this.api.ask('POST', '/chat', { ...ask, body: { message, ...more } });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return answer.json<ChatReplyView>();
  }

  async countRuns(): Promise<number> {
    const { rows } = await this.pool.query<{ n: number }>('select count(*)::int as n from orchestrator.runs');
    return rows[0]!.n;
  }

  /** Answers attempts as workers would, one after the other. */
  private async play(): Promise<void> {
    const done = new Set<string>();
    while (!this.stopped) {
      const { rows } = await this.pool.query<{ run_id: string; tenant_id: string; item: number; attempt: number; inputs: Record<string, unknown>; id: string; tool: string }>(
        `select i.run_id, r.tenant_id, i.item, i.attempt, i.inputs, p.plan->'steps'->i.step->>'id' as id, p.plan->'steps'->i.step->>'tool' as tool from orchestrator.items i
         join orchestrator.runs r on r.id = i.run_id join orchestrator.plans p on p.sha256 = r.plan_sha256 where i.status = 'queued'`);
      for (const { run_id, tenant_id, item, attempt, inputs, id, tool: name } of rows) {
        const key = `${run_id}.${id}.${item}.${attempt}`;
        const output = done.has(key) ? undefined : this.outputOf(name, inputs);
        if (output === undefined) continue;
        done.add(key);
        this.calls.push({ tool: name, inputs });
        await publishSuccess(this.parts.redis, { id: run_id, tenant_id }, { step: id, item, output });
      }
      await new Promise((ok) => setTimeout(ok, 20));
    }
  }

  private outputOf(name: string, inputs: Record<string, unknown>): object | undefined {
    const own = this.options.work?.(name, inputs);
    if (own !== undefined || this.options.holds?.(name)) return own;
    if (name === 'asset-query') return found(this.options.assets ?? [], inputs);
    if (name === 'Get-Volume') return { host: inputs['target_host'], volumes: [{ drive_letter: 'C', label: 'Windows', size_bytes: 256_000_000_000, free_bytes: 97_300_000_000, health: 'Healthy' }] };
    return { host: inputs['target_host'], service: inputs['service'] ?? null, activeState: 'active' };
  }
}

export interface ChatRigOptions {
  readonly auth?: 'on' | 'off';
  readonly assets?: readonly SpecAsset[];
  readonly model?: ModelSettings;
  readonly tokensPerDay?: number;
  readonly waitMs?: number;
  /** Outputs of tools; undefined: the rig's own. */
  readonly work?: Work;
  /** Tools that do not answer as long as this says so. */
  readonly holds?: (tool: string) => boolean;
}

/** What a target means to the inventory. */
function meant(assets: readonly SpecAsset[], target: string): TargetFacts | UnknownTarget {
  const asset = assets.find((a) => a.hostname === target || a.ip_address === target);
  return asset ? { assetId: asset.hostname, hostname: asset.hostname, environment: asset.environment ?? null, tags: asset.tags ?? [], endpoints: [], refusal: null } : { assetId: null, refusal: 'there is no such asset' };
}

/** What the inventory would give, for the filters that the specs use. */
function found(assets: readonly SpecAsset[], { filters = {}, count_only: countOnly }: { filters?: Record<string, unknown>; count_only?: boolean }): object {
  const meant = assets.filter((a) => Object.entries(filters).every(([field, wanted]) => {
    const values = [a[field as keyof SpecAsset]].flat();
    const accepted = typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted) ? Object.values(wanted).flat() : [wanted].flat();
    return values.some((v) => accepted.some((w) => String(v).toLowerCase() === String(w).toLowerCase() || (field === 'os' && String(v).toLowerCase().includes(String(w).toLowerCase()))));
  }));
  return { assets: countOnly ? [] : meant, asset_count: meant.length, hostnames: meant.map((a) => a.hostname), ip_addresses: meant.flatMap((a) => a.ip_address ?? []), total: meant.length, truncated: false };
}
