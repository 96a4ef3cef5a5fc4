import { deepEqual, deepStrictEqual as equal, ok } from 'node:assert';
import fc from 'fast-check';
import { canonicalJson } from '@opsmesh/contracts';
import { bind } from './bind.js';
import { compile, compileDocument } from './compile.js';
import { levelsOf } from './dependencies.js';
import { DIAGNOSTIC_CODES } from './diagnostics.js';
import { isLargerThan } from './json-size.js';
import { parsePlan } from './parse.js';
import type { CompiledPlan, Json, JsonObject } from './plan.js';
import { scope } from './testing/scopes.js';
import { TOOLS } from './testing/catalogue.js';
import { cpuTimeOf } from './testing/cpu-time.js';

const references = fc.constantFrom('<<item.ip_address>>', '<<index>>', '<<input.tag>>', '<<steps.a.output.assets>>', '{{b.stdout}}', '<<assets[0].hostname ?? "x">>', '<<hostnames>>', '<<steps.b.items[*].status>>', '<<steps.zz.output>>', '<<item..x>>', '<<__proto__.x>>', '<<a>>', '{primary.x}', 'text', '<<input.', '<<context.a>>', '<<previous.d.x ?? 1>>', '<<previous.steps.e.output>>');
const value = fc.oneof(references, fc.constantFrom<Json>(null, true, 5, '', [], {}, 'serial', 'continue'), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>);
const inputs = fc.dictionary(fc.constantFrom('target_host', 'command', 'filters', 'targets', 'fields', 'password', 'username', 'x', 'script', 'options'), value, { maxKeys: 4 });
/** What stands under the key of a kind: anything, or something like it. */
function bodyOf(key: string): fc.Arbitrary<Json> {
  const inner = fc.array(fc.record({ id: fc.constantFrom<Json>('d', 'e', 'a'), tool: fc.constantFrom<Json>('anything', 'asset-query'), inputs }), { maxLength: 2 }) as fc.Arbitrary<Json[]>;
  const condition = fc.record({ field: fc.constantFrom<Json>('d.x', 'a.x', 'iteration', 'item.x', 5), operator: fc.constant('=='), value });
  const like: Record<string, fc.Arbitrary<unknown>> = {
    loop: fc.record({ while: condition, until: condition, forEach: value, maxIterations: fc.constantFrom<Json>(1, 1000, 1001), steps: inner }, { requiredKeys: ['steps'] }), branch: fc.array(fc.record({ when: condition, steps: inner })), else: inner,
    orchestration: fc.oneof(inner, fc.constant('stored@1'), fc.record({ inputs: fc.constant({ x: 1 }), steps: inner })), approval: fc.record({ message: value, approvers: value, expiresMs: value }), decide: fc.record({ question: value, choices: fc.constant(['a', 'b']), default: fc.constantFrom('a', 'c') }), wait: fc.record({ ms: value, signal: value }, { requiredKeys: [] }),
  };
  return fc.oneof(value, like[key] as fc.Arbitrary<Json>);
}

const step = fc.record({
  id: fc.constantFrom<Json>('a', 'b', 'c', '__proto__', 'item', 'not an id', 5), tool: fc.constantFrom<Json>('asset-query', 'run-command', 'run-script', 'anything', 'nmap', 'asset-querry', 7), inputs, inputMapping: inputs,
  forEach: value, depends_on: fc.oneof(fc.array(fc.constantFrom('a', 'b', 'c', 'zz')), value), when: fc.oneof(fc.record({ field: references, operator: fc.constantFrom('>', 'in', 'matches', 'exists', '~'), value }), value), map: value, retry: value, outputMapping: fc.oneof(inputs, value), role: value, onFailure: value, timeoutMs: value, critical: value, password: value, parallelGroup: fc.constantFrom<Json>('g', 'h', 5), adapt: value, cache: fc.oneof(value, fc.record({ ttlMs: value })),
  ...Object.fromEntries(['loop', 'branch', 'else', 'orchestration', 'approval', 'decide', 'wait'].map((key) => [key, bodyOf(key)])),
}, { requiredKeys: [] });
const document = fc.oneof(fc.record({ name: value, inputs: fc.oneof(fc.constant({ tag: 'x' }), value), steps: fc.array(step, { maxLength: 4 }), executionStrategy: value, extra: value }, { requiredKeys: ['steps'] }), fc.array(step, { maxLength: 4 }));

/** Mostly right: steps that name earlier ones, in every way a plan can say it. */
const rightDocument = fc.array(fc.record({
  tool: fc.constantFrom('anything', 'asset-query'), earlier: fc.nat(), way: fc.constantFrom('none', 'input', 'shorthand', 'forEach', 'item', 'dependsOn', 'when', 'mapping', 'default', 'assets'), role: fc.constantFrom(undefined, 'primary', 'aggregate', 'metric'),
  onFailure: fc.constantFrom(undefined, 'fail', 'continue'), retry: fc.constantFrom(undefined, { maxAttempts: 3 }), map: fc.constantFrom(undefined, { concurrency: 2, failureThreshold: '20%' }),
}), { minLength: 1, maxLength: 8 }).chain((steps) => fc.record({ serial: fc.boolean(), steps: fc.constant(steps.map(({ tool, earlier, way, ...options }, i) => {
  const other = `step-${(earlier % Math.max(1, i)) + 1}`;
  const said = i === 0 ? {} : {
    none: {}, input: { inputs: { x: `<<steps.${other}.output>>` } }, shorthand: { inputs: { x: [`{{${other}}} and text`] } }, forEach: { forEach: `<<steps.${other}.output.assets>>`, inputs: { x: '<<item>>', y: '<<index>>' } }, item: { inputs: { x: '{{item.hostname}}' } }, dependsOn: { depends_on: [other] },
    when: { when: { any: [{ field: `steps.${other}.items.length`, operator: '>', value: 1 }, { not: { field: 'input.tag', operator: 'matches', value: '^a' } }] } }, mapping: { outputMapping: { a: `{${other}}`, b: `{step-${i + 1}.x}`, c: 5 } }, default: { inputs: { x: `<<steps.${other}.output ?? []>>` } }, assets: { inputs: { x: '<<asset_count>>' } },
  }[way];
  return JSON.parse(JSON.stringify({ ...said, tool: tool === 'asset-query' && Object.keys(said).length === 0 ? tool : 'anything', ...options })) as Json;
})) })).map(({ serial, steps }) => ({ inputs: { tag: 'a' }, steps, ...(serial ? { execution_strategy: 'serial' } : {}) }));

/** The same, with some of the steps put into branches and loops, so that what they name stands inside or outside. */
const nestedDocument = fc.tuple(rightDocument, fc.array(fc.record({ from: fc.nat({ max: 7 }), count: fc.integer({ min: 1, max: 3 }), kind: fc.constantFrom('branch', 'loop', 'each', 'alternative', 'compensate', 'group') }), { maxLength: 3 })).map(([document, wraps]) => {
  let steps = document.steps.map((s, i): Record<string, Json> => ({ id: `step-${i + 1}`, ...(s as object) }));
  for (const [n, { from, count, kind }] of wraps.entries()) {
    const at = from % steps.length;
    const inside = steps.slice(at, at + count);
    const id = `wrap-${n}`;
    const wrapped: Record<string, Record<string, Json>[]> = {
      branch: [{ id, branch: [{ when: { field: 'input.tag', operator: '==', value: 'a' }, steps: inside }], else: [{ tool: 'anything' }] }], loop: [{ id, loop: { while: { field: 'iteration', operator: '<', value: 2 }, maxIterations: 3, steps: inside } }],
      each: [{ id, loop: { forEach: '<<input.list ?? []>>', steps: inside } }], alternative: [{ id, tool: 'anything', onFailure: { alternative: inside[0]! } }, ...inside.slice(1)], compensate: [{ id, tool: 'anything', onFailure: { compensate: inside } }],
      group: inside.map((s) => ({ ...s, parallelGroup: id })),
    };
    steps = [...steps.slice(0, at), ...wrapped[kind]!, ...steps.slice(at + count)];
  }
  return { ...document, steps };
});

/** A step and the containers around it. */
function around(plan: CompiledPlan, index: number): number[] {
  const found = [index];
  for (let { scope: s } = plan.steps[index]!; s; { scope: s } = plan.steps[s.step]!) found.push(s.step);
  return found;
}

describe('any document', () => {
  it('of any values at all is answered, never thrown at', () => fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true, withNullPrototype: true, withTypedArray: true }), (anything) => {
    const { plan, diagnostics } = parsePlan(anything);
    equal(plan === null, diagnostics.some((d) => d.severity === 'error'));
  }), { numRuns: 1000 }));

  it('that looks like a plan is compiled to a plan without errors, or to errors without a plan', () => fc.assert(fc.property(fc.oneof(document, rightDocument, nestedDocument), (doc) => {
    const before = canonicalJson(doc);
    const { plan, diagnostics } = compileDocument(doc, TOOLS);
    equal(canonicalJson(doc), before);
    equal(plan === null, diagnostics.some((d) => d.severity === 'error'));
    for (const d of diagnostics) {
      ok(Object.hasOwn(DIAGNOSTIC_CODES, d.code));
      ok(d.pointer === '' || d.pointer.startsWith('/'));
    }
    if (plan) {
      equal(canonicalJson(JSON.parse(JSON.stringify(plan))), canonicalJson(plan));
      for (const s of plan.steps) for (const d of s.dependsOn) ok(plan.steps[d]!.level < s.level);
      // What stands in the same scope is waited for; what is needed has ended when the step, or a container around it, begins.
      for (const s of plan.steps) for (const d of s.dependsOn) equal(plan.steps[d]!.scope, s.scope);
      for (const s of plan.steps) for (const d of s.needsValueOf) ok(around(plan, s.index).some((a) => plan.steps[a]!.dependsOn.some((b) => around(plan, d).includes(b))));
      for (const s of plan.steps) ok(s.scope === null || s.scope.step < s.index);
    }
  }), { numRuns: 1000 }));

  it('that can be parsed can be parsed again as it was read', () => fc.assert(fc.property(rightDocument, (doc) => {
    const { plan } = parsePlan(doc);
    fc.pre(plan !== null);
    deepEqual(parsePlan(JSON.parse(JSON.stringify(doc))).plan, plan);
  })));

  it('that is mostly right is compiled often enough for these rules to mean something', () => {
    const nested = fc.sample(nestedDocument, { numRuns: 300, seed: 7 }).map((d) => compileDocument(d, TOOLS).plan).filter((p) => p !== null);
    expect(nested.filter((p) => p.steps.some((s) => s.scope)).length).toBeGreaterThan(20);
    expect(nested.filter((p) => p.steps.some((s) => s.guard)).length).toBeGreaterThan(20);
    const plans = fc.sample(rightDocument, { numRuns: 300, seed: 7 }).map((d) => compileDocument(d, TOOLS).plan).filter((p) => p !== null);
    expect(plans.length).toBeGreaterThan(50);
    expect(new Set(plans.map((p) => p.strategy)).size).toBeGreaterThan(1);
  });

  it('with a secret in it gives no plan and no diagnostic that holds it', () => fc.assert(fc.property(fc.constantFrom('password', 'Password', 'ssh_password', 'apiKey', 'private_key', 'token', 'client-secret'), fc.constantFrom(0, 1, 2, 3, 4, 5), (key, place) => {
    const secret = { [key]: 'hunter2-canary' };
    const inputs: Json = [{ ...secret, x: 1 }, { x: { y: secret } }, { x: [secret, [secret]] }, {}, {}, {}][place]!;
    const { plan, diagnostics } = compileDocument({ ...(place === 4 ? secret : {}), inputs: place === 5 ? secret : {}, steps: [{ tool: 'anything', inputs, ...(place === 3 ? secret : {}), outputMapping: secret }] }, TOOLS);
    ok(diagnostics.some((d) => d.code === 'credential-dropped'));
    ok(plan !== null);
    ok(!JSON.stringify([plan, diagnostics]).includes('hunter2'));
  })));
});

const nodes = fc.integer({ min: 1, max: 30 }).chain((n) => fc.record({ n: fc.constant(n), edges: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 60 }), order: fc.shuffledSubarray([...Array(n).keys()], { minLength: n }) }));

describe('order', () => {
  it('any graph without a cycle gives levels in which each dependency is lower', () => fc.assert(fc.property(nodes, ({ n, edges, order }) => {
    const graph = Array.from({ length: n }, (_, i) => edges.filter(([a, b]) => order[a]! < order[b]! && order[b] === i).map(([a]) => order[a]!));
    const sorted = levelsOf(graph.map((d) => [...new Set(d)]));
    if (!('levels' in sorted)) throw new Error('there is no cycle');
    graph.forEach((dependencies, i) => {
      for (const d of dependencies) ok(sorted.levels[d]! < sorted.levels[i]!);
      equal(sorted.levels[i], dependencies.length === 0 ? 0 : Math.max(...dependencies.map((d) => sorted.levels[d]!)) + 1);
    });
  })));

  it('a cycle is found, and what is told is one', () => fc.assert(fc.property(nodes, fc.integer({ min: 1, max: 5 }), ({ n, edges }, length) => {
    const graph = Array.from({ length: n + length }, (_, i) => [...new Set(edges.filter(([a, b]) => a < b && b === i).map(([a]) => a))]);
    for (let i = 0; i < length; i++) graph[n + i]!.push(n + ((i + 1) % length));
    const sorted = levelsOf(graph);
    if (!('cycle' in sorted)) throw new Error('the cycle was not found');
    sorted.cycle.forEach((node, i) => ok(graph[node]!.includes(sorted.cycle[(i + 1) % sorted.cycle.length]!)));
  })));

  it('a chain of 500 steps and 500 steps beside each other are both compiled in a moment', () => {
    const before = performance.now();
    const chain = compileDocument({ executionStrategy: 'serial', steps: Array.from({ length: 500 }, () => ({ tool: 'anything' })) }, TOOLS);
    expect(chain.plan).toMatchObject({ strategy: 'SERIAL' });
    expect(chain.plan!.steps[499]).toMatchObject({ id: 'step-500', level: 499, dependsOn: [498] });
    const wide = compileDocument(Array.from({ length: 500 }, (_, i) => ({ tool: 'anything', inputs: i > 0 ? { a: `<<steps.step-${i}.output.x>>`, b: '<<step-1.y>>' } : {} })), TOOLS);
    expect(wide.diagnostics).toEqual([]);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe('binding', () => {
  const json = fc.jsonValue() as fc.Arbitrary<Json>;
  it('a whole reference gives the value itself, and nothing of it is searched for references', () => fc.assert(fc.property(fc.oneof(json, references), (v) => {
    fc.pre(v !== null);
    const bound = bind({ a: '<<item>>', b: ['{{item}}'] }, scope({ item: v }), []);
    equal(bound, { ok: true, value: { a: v, b: [v] } });
  })));

  it('a text with a value in it holds the value as text', () => fc.assert(fc.property(fc.oneof(fc.string(), references, fc.integer(), fc.boolean()), (v) => {
    equal(bind({ a: 'x <<item>> y' }, scope({ item: v }), []), { ok: true, value: { a: `x ${String(v)} y` } });
  })));

  it('what has no references comes out as it went in', () => fc.assert(fc.property(fc.dictionary(fc.string().filter((k) => k !== '__proto__'), json), (template) => {
    fc.pre(!/<<|\{\{|__proto__/.test(JSON.stringify(template)));
    expect(bind(template as JsonObject, scope(), [])).toEqual({ ok: true, value: template });
  })));

  it('the size limit counts bytes of JSON', () => fc.assert(fc.property(fc.jsonValue({ stringUnit: 'binary' }), (v) => {
    const bytes = new TextEncoder().encode(JSON.stringify(v)).length;
    expect(isLargerThan(v as Json, bytes + 200)).toBe(false);
    expect(isLargerThan(v as Json, Math.floor(bytes / 3) - 10)).toBe(bytes > Math.floor(bytes / 3) - 10);
  })));

  it('is fast enough for a fleet: 20,000 commands with three values', () => {
    const template = { target_host: '<<item.ip>>', command: "systemctl restart '<<item.unit>>' && logger -t ops \"<<item.host>> at <<index>>\"", env: { A: 'b', C: '<<input.c>>' } };
    const commands = [{ pointer: '/command', dialect: 'posix-shell' as const }];
    const item = { ip: '10.0.0.1', unit: "a'b", host: 'web-01' };
    const outer = scope({ input: { c: 1 } });
    let bound = 0;
    const spent = cpuTimeOf(() => process.cpuUsage(), () => {
      for (let index = 0; index < 20_000; index++) if (bind(template, { ...outer, item, index }, commands).ok) bound++;
    });
    expect(bound).toBe(20_000);
    expect(spent).toBeLessThan(2000);
  });
});

it('a plan made by hand compiles as its document does', () => {
  const document = { steps: [{ tool: 'asset-query' }, { tool: 'ping', inputs: { target_host: '{{item.ip_address}}' } }] };
  expect(compile(parsePlan(document).plan!, TOOLS)).toEqual(compileDocument(document, TOOLS));
});
