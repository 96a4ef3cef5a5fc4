import type { ConnectionDto, HostKeyPolicy, TargetFacts, ToolDeclarationDto, UnknownTarget } from '@opsmesh/contracts';
import { endpointOf, ProblemError } from '@opsmesh/platform';
import type { Json, JsonObject } from '@opsmesh/plan-model';
import type { ConnectionResolver } from '../../engine/ports.js';
import { tool } from '../../testing/documents.js';
import type { LiveInventory } from '../preview/ports.js';

export interface SpecAsset { readonly id: string; readonly hostname: string; readonly environment: string | null; readonly tags: readonly string[]; readonly credentialId: string; readonly address?: string; readonly credentialVersion?: number; readonly hostKey?: string; readonly hostKeyPolicy?: HostKeyPolicy }

/** An asset of an inventory of specs, with an id that follows from its name. */
export function asset(hostname: string, more: Partial<SpecAsset> = {}): SpecAsset {
  return { id: `id-${hostname}`, hostname, environment: 'staging', tags: ['web'], credentialId: `cred-${hostname}`, ...more };
}

/** An inventory in memory that can change and be away: it stands where the asset service would. */
export class SpecInventory implements LiveInventory, ConnectionResolver {
  away = false;
  assets: SpecAsset[];

  constructor(...assets: SpecAsset[]) {
    this.assets = assets;
  }

  read(_tenantId: string, _tool: string, input: JsonObject): Promise<Json> {
    const { tag } = input;
    const assets = this.answer().filter((a) => tag === undefined || a.tags.includes(String(tag)));
    return Promise.resolve({ assets: assets.map(({ id, hostname }) => ({ id, hostname })), asset_count: assets.length, total: assets.length, truncated: false });
  }

  targets(_tenantId: string, targets: readonly string[]): Promise<(TargetFacts | UnknownTarget)[]> {
    const byName = new Map(this.answer().map((a) => [a.hostname, a]));
    return Promise.resolve(targets.map((t) => {
      const found = byName.get(t);
      return found ? { assetId: found.id, hostname: found.hostname, environment: found.environment, tags: found.tags, endpoints: [{ ...endpointOf(connectionOf(found)), credentialVersion: found.credentialVersion ?? 1 }], refusal: null } : { assetId: null, refusal: `no asset ${t}` };
    }));
  }

  resolve(_tenantId: string, target: string): Promise<ConnectionDto> {
    const found = this.answer().find((a) => a.hostname === target);
    if (!found) throw new ProblemError(404, 'target-unknown', 'no such asset');
    return Promise.resolve(connectionOf(found));
  }

  private answer(): readonly SpecAsset[] {
    if (this.away) throw new ProblemError(503, 'service-unavailable', 'the inventory is away');
    return this.assets;
  }
}

function connectionOf({ id, hostname, credentialId, address = hostname, hostKey, hostKeyPolicy }: SpecAsset): ConnectionDto {
  return { assetId: id, hostname, address, protocol: 'ssh', port: 22, credentialId, ...(hostKey === undefined ? {} : { hostKey }), ...(hostKeyPolicy === undefined ? {} : { hostKeyPolicy }) };
}

const text = { type: 'string' } as const;
const object = (properties: object, required: string[] = []): JsonObject => ({ type: 'object', properties: properties as JsonObject, required, additionalProperties: false });
const ssh = { kind: 'ssh', target: '/host' };

/** `asset-query` is the inventory's; `sh` runs commands, `fix` changes something that can be changed back, `wipe` can't be undone, `ask` reads with a credential, and tells whether a `fix` took place. */
export const INVENTORY_TOOLS: readonly ToolDeclarationDto[] = [tool('asset-query', { inputSchema: object({ tag: text, limit: { type: 'integer' } }), outputSchema: object({ assets: { type: 'array', items: object({ id: text, hostname: text }) }, asset_count: { type: 'integer' }, total: { type: 'integer' }, truncated: { type: 'boolean' } }), listOutput: 'assets' })];
export const HOST_TOOLS: readonly ToolDeclarationDto[] = [
  tool('sh', { effect: 'write', idempotent: false, credential: ssh, commands: [{ pointer: '/command', dialect: 'posix-shell' }], inputSchema: object({ host: text, command: text, env: { type: 'object' } }, ['host', 'command']), estimate: { durationMs: 1000 } }),
  tool('posh', { effect: 'write', idempotent: false, credential: ssh, commands: [{ pointer: '/script', dialect: 'powershell' }], inputSchema: object({ host: text, script: text }, ['host', 'script']) }),
  tool('fix', { effect: 'write', idempotent: false, credential: ssh, probe: { tool: 'ask', inputs: { host: '/host' }, answer: 'text' }, estimate: { durationMs: 60_000 } }), tool('wipe', { effect: 'destructive', idempotent: false, credential: ssh }), tool('ask', { credential: ssh, estimate: { durationMs: 500 } }),
  tool('look', { outputSchema: object({ text, hosts: { type: 'array', items: text } }), estimate: { durationMs: 10 } }),
];
