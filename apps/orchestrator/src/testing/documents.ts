import type { ToolDeclarationDto } from '@opsmesh/contracts';
import { compileDocument, type CatalogueTool, type CompiledPlan, type JsonObject } from '@opsmesh/plan-model';
import { uuidv7 } from 'uuidv7';
import type { NewRun } from '../engine/run.js';

const text = { type: 'string' } as const;
const object = (properties: object, required: string[] = []): JsonObject => ({ type: 'object', properties: properties as JsonObject, required, additionalProperties: false });

/** A declaration with harmless defaults: a tool that reads, is idempotent and takes a host. */
export function tool(name: string, more: Partial<ToolDeclarationDto> = {}): ToolDeclarationDto {
  return {
    name, version: '1.0.0', description: 'for specs', effect: 'read', idempotent: true, target: '/host', commands: [], timeoutMs: 1000, examples: [],
    inputSchema: object({ host: text, text, size: { type: 'integer' } }), outputSchema: object({ host: text, text, size: { type: 'integer' } }), ...more,
  };
}

/** `list` gives hosts, `probe` reads, `change` writes and may not be repeated, `login` needs a credential, `look` answers for a minute, `seen` tells whether a `turn` took place. */
export const TOOLS: readonly ToolDeclarationDto[] = [
  tool('list', { outputSchema: object({ hosts: { type: 'array' }, owner: text }), listOutput: 'hosts' }),
  tool('probe'),
  tool('change', { effect: 'write', idempotent: false }),
  tool('login', { effect: 'write', idempotent: false, credential: { kind: 'ssh', target: '/host' } }),
  tool('look', { cacheMs: 60_000 }),
  tool('seen', { inputSchema: object({ host: text, since: text }), outputSchema: object({ answer: { type: 'boolean' } }) }),
  tool('turn', { effect: 'write', idempotent: false, probe: { tool: 'seen', inputs: { host: '/host' }, since: 'since', answer: 'answer' } }),
];

/** Queue of every tool of {@link TOOLS}. */
export const QUEUE = 'spec-service';

/** @throws Error with the compiler's findings */
export function planOf(document: object, queueOf: (tool: string) => string = () => QUEUE): CompiledPlan {
  const tools = new Map(TOOLS.map((t): [string, CatalogueTool] => [t.name, { ...t, service: QUEUE, queue: queueOf(t.name) }]));
  const { plan, diagnostics } = compileDocument(document, { get: (name) => tools.get(name), names: () => [...tools.keys()] });
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
}

/** A run of a document or plan for tenant `default`, with a fresh id. */
export function runOf(document: object, more: Partial<NewRun> = {}): NewRun {
  const plan = 'strategy' in document ? document as CompiledPlan : planOf(document);
  return { id: uuidv7(), tenantId: 'default', actorId: 'ann', plan, inputs: plan.inputs, warnings: [], parentRunId: null, idempotencyKey: null, requestSha256: '0'.repeat(64), ...more };
}

/** One `tool` over `count` hosts that are an input of the plan. */
export function fanOut(name: string, count: number, step: object = {}): object {
  const hosts = Array.from({ length: count }, (_, i) => `host-${i}`);
  return { name: 'fan-out', inputs: { hosts }, steps: [{ id: 'each', tool: name, forEach: '<<input.hosts>>', inputs: { host: '<<item>>' }, ...step }] };
}

/** A list of hosts, and a change of each. */
export const LISTED = { steps: [{ id: 'hosts', tool: 'list' }, { id: 'each', tool: 'change', forEach: '<<steps.hosts.output.hosts>>', inputs: { host: '<<item>>' } }] };
