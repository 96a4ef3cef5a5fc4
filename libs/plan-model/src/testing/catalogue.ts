import type { CatalogueTool, ToolCatalogue } from '../catalogue.js';

type Schema = Record<string, unknown>;

const text: Schema = { type: 'string', minLength: 1, maxLength: 255 };
const texts: Schema = { type: 'array', items: text };

function object(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  return { type: 'object', additionalProperties: false, properties, required };
}

function tool(name: string, service: string, more: Pick<CatalogueTool, 'inputSchema' | 'outputSchema'> & Partial<CatalogueTool>): CatalogueTool {
  return { name, version: '1.2.0', description: name, effect: 'read', idempotent: true, commands: [], timeoutMs: 30_000, examples: [], service, queue: service, ...more };
}

/** Finds assets; its list is `assets`. */
export const ASSET_QUERY = tool('asset-query', 'asset-service', {
  listOutput: 'assets',
  inputSchema: object({
    filters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        tags: { anyOf: [text, texts, object({ any: texts, all: texts, none: texts })] },
        id: { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'array', items: { type: 'string', format: 'uuid' } }] },
        ip_address: { anyOf: [{ type: 'string', format: 'ipv4' }, { type: 'string', format: 'ipv6' }] },
        attributes: { type: 'object' },
      },
    },
    fields: { type: 'array', items: { type: 'string', enum: ['ip_address', 'hostname', 'tags'] } },
    limit: { type: 'integer', minimum: 1, maximum: 10_000 },
  }),
  outputSchema: {
    ...object({ assets: { type: 'array', items: { $ref: '#/definitions/Asset' } }, hostnames: texts, ip_addresses: texts, asset_count: { type: 'integer' } }),
    definitions: { Asset: object({ hostname: text, ip_address: text, tags: texts, port: { type: 'integer' }, attributes: { type: 'object' } }) },
  },
});

/** Size of one drive of one host; its output says nothing but that it is an object. */
const GET_VOLUME = tool('Get-Volume', 'automation-service', {
  credential: { kind: 'winrm', target: '/target_host' },
  retry: { maxAttempts: 3 },
  inputSchema: object({ target_host: text, drive_letter: { type: 'string', pattern: '^[A-Z]$' } }, ['target_host', 'drive_letter']),
  outputSchema: object({ drive: text, sizeBytes: { type: 'integer' }, freeBytes: { type: 'integer' } }),
});

/** One command of a POSIX shell. */
export const RUN_COMMAND = tool('run-command', 'automation-service', {
  effect: 'destructive', idempotent: false, commands: [{ pointer: '/command', dialect: 'posix-shell' }], credential: { kind: 'ssh', target: '/target_host' },
  inputSchema: object({ target_host: text, command: { type: 'string', minLength: 1, maxLength: 65_536 } }, ['target_host', 'command']),
  outputSchema: object({ stdout: { type: 'string' }, stderr: { type: 'string' }, exitCode: { type: 'integer' } }),
});

/** One script of PowerShell. */
const RUN_SCRIPT = tool('run-script', 'automation-service', {
  effect: 'destructive', idempotent: false, commands: [{ pointer: '/options/script', dialect: 'powershell' }], credential: { kind: 'winrm', target: '/target_host' },
  inputSchema: object({ target_host: text, options: { type: 'object', properties: { script: { type: 'string' } } } }, ['target_host', 'options']),
  outputSchema: { type: 'object' },
});

/** Scans ports; its list is `hosts`. */
export const NMAP = tool('nmap', 'network-service', {
  listOutput: 'hosts', target: '/targets',
  inputSchema: object({ targets: { anyOf: [text, texts] }, ports: text }, ['targets']),
  outputSchema: object({ hosts: { type: 'array', items: object({ address: text, ports: { type: 'array', items: object({ port: { type: 'integer' }, state: text }) } }) }, openPorts: { type: 'integer' } }),
});

export const PING = tool('ping', 'network-service', {
  target: '/target_host',
  inputSchema: object({ target_host: text, count: { type: 'integer', minimum: 1, maximum: 100 } }, ['target_host']),
  outputSchema: object({ reachable: { type: 'boolean' }, rttMs: { type: 'number' } }),
});

/** Takes anything and says nothing of what it gives. */
export const ANYTHING = tool('anything', 'network-service', { inputSchema: { type: 'object' }, outputSchema: { type: 'object' } });

/** The tools of the specs. */
export const TOOLS: ToolCatalogue = catalogueOf(ASSET_QUERY, GET_VOLUME, RUN_COMMAND, RUN_SCRIPT, NMAP, PING, ANYTHING);

export function catalogueOf(...tools: readonly CatalogueTool[]): ToolCatalogue {
  const byName = new Map(tools.map((t) => [t.name, t]));
  return { get: (name) => byName.get(name), names: () => [...byName.keys()] };
}
