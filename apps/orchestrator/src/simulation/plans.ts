import { compileDocument, type CatalogueTool, type CompiledPlan } from '@opsmesh/plan-model';
import { Choices } from './choices.js';

type Document = Record<string, unknown>;

const object = { type: 'object', additionalProperties: true };

function tool(name: string, more: Partial<CatalogueTool>): CatalogueTool {
  return {
    name, version: '1.0.0', description: name, effect: 'read', idempotent: true, commands: [], timeoutMs: 30_000, examples: [], inputSchema: object, target: '/host',
    outputSchema: { type: 'object', properties: { value: { type: 'integer' }, hosts: { type: 'array', items: { type: 'string' } } } }, service: 'service', queue: 'service', ...more,
  };
}

/** `read` is never claimed; `set` may be repeated, `change` may not; of `turn`, which may not either, `seen` can tell whether it took place. */
const TOOLS = new Map([
  tool('read', {}), tool('set', { effect: 'write' }), tool('change', { effect: 'write', idempotent: false }),
  tool('seen', { outputSchema: object }), tool('turn', { effect: 'write', idempotent: false, probe: { tool: 'seen', inputs: { host: '/host' }, answer: 'happened' } }),
].map((t) => [t.name, t]));

const plans = new Map<number, CompiledPlan>();

/** How many plans there are; the first {@link KINDS} show one thing each. */
export const PLANS = 3000;

/** A plan by its number; compiled when it is first asked for. @throws Error when it does not compile: then the simulation is wrong */
export function planOf(number: number): CompiledPlan {
  let plan = plans.get(number);
  if (!plan) {
    const document = documentOf(number);
    const { plan: compiled, diagnostics } = compileDocument(document, { get: (name) => TOOLS.get(name), names: () => [...TOOLS.keys()] });
    if (!compiled) throw new Error(`plan ${number}: ${JSON.stringify(diagnostics)} ${JSON.stringify(document)}`);
    plans.set(number, plan = compiled);
  }
  return plan;
}

/** The document of a plan: blocks of steps, one after the other or beside each other. */
export function documentOf(number: number): Document {
  const choices = number < KINDS ? Choices.fromList([]) : Choices.fromSeed(number);
  const blocks = number < KINDS ? 1 : choices.pick([1, 1, 1, 1, 2, 3]);
  const steps: Document[] = [];
  let before: string | undefined;
  for (let i = 0; i < blocks; i++) {
    const kind = number < KINDS ? number : choices.below(KINDS);
    const id = 'abc'[i]!;
    const made = BLOCKS[kind]!(id, choices);
    if (before !== undefined && !choices.oneIn(3)) made[0]!['dependsOn'] = [before];
    steps.push(...made);
    before = made.at(-1)!['id'] as string;
  }
  return { name: `plan ${number}`, steps, ...(number >= KINDS && choices.oneIn(12) ? { timeoutMs: 20_000 } : {}) };
}

type Block = (id: string, choices: Choices) => Document[];

function aTool(c: Choices): string {
  return c.pick(['change', 'set', 'read', 'change']);
}

function one(id: string, c: Choices): Document {
  const retry = c.oneIn(2) ? { retry: { maxAttempts: 2 + c.below(2), backoff: { initialMs: 500, factor: 2, maxMs: 2000, jitter: false } } } : {};
  return { id, tool: aTool(c), inputs: { host: id }, timeoutMs: 30_000, ...retry, ...(c.oneIn(4) ? { onFailure: 'continue' } : {}), ...(c.oneIn(6) ? { critical: false } : {}) };
}

function hosts(c: Choices, least = 0): string[] {
  return Array.from({ length: least + c.below(5 - least) }, (_, i) => `h${i}`);
}

function over(list: readonly string[]): Document {
  return { forEach: '<<input.none ?? LIST>>'.replace('LIST', JSON.stringify(list)) };
}

function many(id: string, c: Choices, more: Document = {}): Document {
  const map = {
    concurrency: 1 + c.below(3), ...(c.oneIn(3) ? { failureThreshold: c.below(3) } : {}), ...(c.oneIn(3) ? { waves: [1 + c.below(2), '100%'], wavePauseMs: c.below(2) * 3000 } : {}),
    ...(c.oneIn(5) ? { lock: c.pick([true, 'shared'] as const) } : {}), ...(c.oneIn(8) ? { rate: { key: 'tool', limit: 2, perMs: 1000 } } : {}),
  };
  return { ...one(id, c), ...over(hosts(c)), inputs: { host: '<<item>>' }, map, ...(c.oneIn(6) ? { adapt: true } : {}), ...more };
}

const BLOCKS: readonly Block[] = [
  (id, c) => [one(id, c)],
  // A chain.
  (id, c) => [one(id, c), { ...one(`${id}2`, c), dependsOn: [id] }],
  // A diamond.
  (id, c) => [one(id, c), { ...one(`${id}l`, c), dependsOn: [id] }, { ...one(`${id}r`, c), inputs: { host: 'r', value: `<<${id}.value>>` } }, { ...one(`${id}j`, c), dependsOn: [`${id}l`, `${id}r`] }],
  (id) => [{ ...one(id, Choices.fromList([])), ...over([]), inputs: { host: '<<item>>' } }],
  (id) => [{ ...one(id, Choices.fromList([])), ...over(['h0', 'h1', 'h2']), inputs: { host: '<<item>>' }, map: { concurrency: 2 } }],
  (id) => [{ ...one(id, Choices.fromList([])), ...over(['h0', 'h1', 'h2', 'h3']), inputs: { host: '<<item>>' }, map: { concurrency: 2, failureThreshold: 1 } }],
  (id) => [{ ...one(id, Choices.fromList([])), ...over(['h0', 'h1', 'h2']), inputs: { host: '<<item>>' }, map: { concurrency: 2, waves: [1, '100%'], wavePauseMs: 3000 } }],
  (id) => [{ ...one(id, Choices.fromList([])), ...over(['h0', 'h1', 'h2']), inputs: { host: '<<item>>' }, map: { concurrency: 3, lock: 'shared' } }],
  (id) => [{ ...one(id, Choices.fromList([])), tool: 'set', retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 2000, jitter: false } } }],
  // A fan-out, then what depends on it.
  (id, c) => [many(id, c), { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [many(id, c)],
  (id, c) => [{ ...one(id, c), onFailure: { alternative: { ...one(`${id}alt`, c), onFailure: 'fail' } } }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [many(id, c, { onFailure: { compensate: [one(`${id}u`, c), one(`${id}v`, c)] } })],
  (id, c) => [one(id, c), { id: `${id}b`, dependsOn: [id], branch: [{ when: { field: `steps.${id}.output.value`, operator: '>', value: 0 }, steps: [one(`${id}x`, c), one(`${id}y`, c)] }], ...(c.oneIn(2) ? {} : { else: [one(`${id}z`, c)] }) }],
  // Loops of each mode.
  (id, c) => [{ id, loop: { until: { field: `steps.${id}i.output.value`, operator: '>', value: 0 }, maxIterations: 2 + c.below(2), steps: [{ ...one(`${id}i`, c), onFailure: 'fail' }] } }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [{ id, loop: { while: { field: 'iteration', operator: '<', value: c.below(3) + 1 }, maxIterations: 4, steps: [many(`${id}i`, c), { ...one(`${id}k`, c), dependsOn: [`${id}i`] }] } }],
  (id, c) => [{ id, loop: { ...over(hosts(c, 1)), steps: [{ ...one(`${id}i`, c), inputs: { host: '<<item>>', n: '<<iteration>>' } }, { id: `${id}w`, wait: { ms: 100 }, dependsOn: [`${id}i`] }] } }],
  (id, c) => [{ id, approval: { message: 'go?', minApprovals: 1 + c.below(2), expiresMs: 60_000, ...(c.oneIn(3) ? { onExpire: 'continue' } : {}) } }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [{ id, wait: { ms: 1000 } }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [{ id, wait: { signal: 'go', ...(c.oneIn(2) ? { timeoutMs: 20_000 } : {}) } }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [{ id, decide: { question: 'which?', choices: ['left', 'right'], default: 'left' } }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [{ id, orchestration: { steps: [one('x', c), many('y', c)] } }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [{ id, ...over(hosts(c, 1)), map: { concurrency: 1 + c.below(2) }, orchestration: { steps: [one('x', c), { id: 'w', wait: { signal: 'go', timeoutMs: 10_000 }, dependsOn: ['x'] }] } }],
  (id, c) => [{ ...one(id, c), tool: 'turn' }, { ...one(`${id}2`, c), dependsOn: [id] }],
  (id, c) => [{ ...many(id, c, over(['h0', 'h1', 'h0', 'h1', 'h2'])), tool: 'read', cache: { ttlMs: c.pick([60_000, 2000]) } }, { ...one(`${id}2`, c), tool: 'read', inputs: { host: 'h0' }, cache: { ttlMs: 60_000 }, dependsOn: [id] }],
  (id, c) => [{ id, loop: { while: { field: 'iteration', operator: '<', value: 1 + c.below(3) }, maxIterations: 4, steps: [{ ...one(`${id}i`, c), inputs: { host: id, before: `<<previous.${id}k.value ?? -1>>` } }, { ...one(`${id}k`, c), dependsOn: [`${id}i`] }] } }],
];

/** How many kinds of blocks there are. */
export const KINDS = BLOCKS.length;
