import { compile, compileDocument } from './compile.js';
import { parsePlan } from './parse.js';
import type { CompiledPlan } from './plan.js';
import { ASSET_QUERY, catalogueOf, NMAP, TOOLS } from './testing/catalogue.js';

const query = { id: 'q', tool: 'asset-query', inputs: {} };
const scan = { id: 'n', tool: 'nmap', inputs: { targets: '10.0.0.0/24' } };

function compiled(document: unknown): CompiledPlan {
  const { plan, diagnostics } = compileDocument(document, TOOLS);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
}
const steps = (...all: object[]) => compiled({ steps: all }).steps;
const input = (reference: string, ...before: object[]) => steps(...before, { id: 'x', tool: 'anything', inputs: { v: reference } }).at(-1)!.inputs['v'];
const order = (...all: object[]) => {
  const { strategy, steps: s } = compiled(all);
  return [strategy, ...s.map((x) => `${x.id}${x.level}${x.dependsOn.length > 0 ? `<${x.dependsOn.map((d) => s[d]!.id).join('')}` : ''}`)].join(' ');
};
const node = (id: string, more: object = {}) => ({ id, tool: 'anything', ...more });

it('a plan in its full form gets every name resolved and every default filled in', () => {
  const document = {
    name: 'C drive report', inputs: { tag: 'win10' },
    steps: [
      { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: '<<input.tag>>' }, fields: ['ip_address', 'hostname'] } },
      { id: 'volumes', tool: 'Get-Volume', forEach: '<<steps.assets.output.assets>>', inputs: { target_host: '<<item.ip_address>>', drive_letter: 'C' }, map: { concurrency: 20, failureThreshold: '20%' }, retry: { maxAttempts: 3, backoff: { initialMs: 100 } }, timeoutMs: 60_000 },
    ],
  };
  const plan = compiled(document);
  expect(plan).toEqual({
    version: 1, name: 'C drive report', inputs: { tag: 'win10' }, strategy: 'SERIAL', timeoutMs: null, bypassCache: false,
    steps: [
      expect.objectContaining({ index: 0, id: 'assets', tool: 'asset-query', toolVersion: '1.2.0', queue: 'asset-service', effect: 'read', idempotent: true, claim: false, target: null, listOutput: 'assets', forEach: null, level: 0, dependsOn: [], needsValueOf: [], map: { concurrency: 50 } }),
      {
        index: 1, kind: 'tool', id: 'volumes', scope: null, guard: null, parallelGroup: null, adapt: null, cacheMs: null, probe: null, tool: 'Get-Volume', toolVersion: '1.2.0', queue: 'automation-service', effect: 'read', idempotent: true, claim: true, inputs: { target_host: '<<item.ip_address>>', drive_letter: 'C' }, commands: [], target: '/target_host', listOutput: null,
        forEach: '<<steps.assets.output.assets>>', map: { concurrency: 20, failureThreshold: { percent: 20 } }, when: null, retry: { maxAttempts: 3, backoff: { initialMs: 100, factor: 2, maxMs: 30_000, jitter: true } }, timeoutMs: 60_000, onFailure: 'fail', critical: true, role: null,
        outputMapping: null, dependsOn: [0], needsValueOf: [0], level: 1,
      },
    ],
  });
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});

describe('the short form', () => {
  it('has no ids, braces, and item without a list', () => {
    const plan = compiled([{ tool: 'asset-query', parameters: { filters: { tags: 'win10' } } }, { tool: 'Get-Volume', parameters: { target_host: '{{item.ip_address}}', drive_letter: 'C' } }]);
    expect(plan.name).toBe('unnamed plan');
    expect(plan.steps.map((s) => [s.id, s.forEach])).toEqual([['step-1', null], ['step-2', '<<steps.step-1.output.assets>>']]);
    expect(plan.steps[1]!.inputs).toEqual({ target_host: '{{item.ip_address}}', drive_letter: 'C' });
  });

  it('spells keys with underscores', () => {
    const plan = compiled({ execution_strategy: 'SERIAL', timeout_ms: 5000, steps: [node('a', { output_mapping: { x: 1 } }), node('b', { depends_on: ['a'], failure_handling: 'continue', timeout_ms: 7 }), { id: 'c', tool_name: 'ping', for_each: 'input.l ?? []', input_mapping: { target_host: '{a.x}' }, map: { failure_threshold: 2 } }] });
    expect(plan).toMatchObject({ timeoutMs: 5000, strategy: 'SERIAL', steps: [{ outputMapping: { x: 1 } }, { dependsOn: [0], onFailure: 'continue', timeoutMs: 7 }, { inputs: { target_host: '<<steps.a.output.x>>' }, forEach: '<<input.l ?? []>>', map: { failureThreshold: { count: 2 } } }] });
  });
});

describe('a reference is written in one way', () => {
  it.each([
    ['<<steps.q.output.hostnames[0]>>', '<<steps.q.output.hostnames[0]>>'], ['<<q.hostnames[0]>>', '<<steps.q.output.hostnames[0]>>'], ['<<q.output.hostnames>>', '<<steps.q.output.hostnames>>'], ['<<q.items[*].status>>', '<<steps.q.items[*].status>>'], ['<<q>>', '<<steps.q.output>>'],
    ['{{ q.assets[-1].hostname }}', '{{steps.q.output.assets[-1].hostname}}'], ['<<context.q.asset_count>>', '<<steps.q.output.asset_count>>'], ['<<assets[0].hostname>>', '<<steps.q.output.assets[0].hostname>>'], ['<<hostnames>>', '<<steps.q.output.hostnames>>'],
    ['<<ip_addresses[*]>>', '<<steps.q.output.ip_addresses[*]>>'], ['n: <<asset_count>>', 'n: <<steps.q.output.asset_count>>'], ['<<q["hostnames"]>>', '<<steps.q.output.hostnames>>'], ["<<input.x ?? 'a \"b\"'>>", '<<input.x ?? "a \\"b\\"">>'], ['{q.asset_count}', '{q.asset_count}'],
  ])('%s', (written, canonical) => expect(input(written, query)).toBe(canonical));

  it('the nearest earlier query gives assets', () => expect(input('<<asset_count>>', query, { ...query, id: 'r' })).toBe('<<steps.r.output.asset_count>>'));
  it('a step that is called like its list is that list', () => {
    const assets = { ...query, id: 'assets' };
    expect(input('<<assets>>', assets)).toBe('<<steps.assets.output.assets>>');
    expect(input('<<assets[0].hostname>>', assets)).toBe('<<steps.assets.output.assets[0].hostname>>');
    expect(input('<<assets.asset_count>>', assets)).toBe('<<steps.assets.output.asset_count>>');
    expect(input('<<assets.output.asset_count>>', assets)).toBe('<<steps.assets.output.asset_count>>');
  });
  it('a reference of the largest length is told as too long when its full form is longer', () => {
    const { plan, diagnostics } = compileDocument([node('a'), { tool: 'anything', inputs: { v: `<<a['${'x'.repeat(990)}']>>` } }], TOOLS);
    expect([plan, diagnostics.map((d) => d.code)]).toEqual([null, ['reference-syntax']]);
  });
});

describe('the list that item means', () => {
  const list = (...all: object[]) => steps(...all).at(-1)!.forEach;
  const ping = { id: 'p', tool: 'ping', inputs: { target_host: '<<item.hostname>>' } };
  it('is that of the nearest earlier step that gives one', () => expect(list(query, node('a'), ping)).toBe('<<steps.q.output.assets>>'));
  it('of two is the one whose elements have the field', () => {
    expect(list(query, scan, ping)).toBe('<<steps.q.output.assets>>');
    expect(list(query, scan, { ...ping, inputs: { target_host: '<<item.address>>' } })).toBe('<<steps.n.output.hosts>>');
  });
  it('of two is the one that is named', () => expect(list(query, { ...query, id: 'r' }, { ...ping, dependsOn: ['q'] })).toBe('<<steps.q.output.assets>>'));
  it('of two is the later when it is built on the earlier', () => {
    expect(list(query, { ...query, id: 'r', dependsOn: ['q'] }, ping)).toBe('<<steps.r.output.assets>>');
    expect(list(query, node('a', { dependsOn: ['q'] }), { ...query, id: 'r', inputs: { filters: { attributes: { x: '<<a.y>>' } } } }, ping)).toBe('<<steps.r.output.assets>>');
  });
  it('of a fan-out is that of all its items', () => {
    expect(list(query, { id: 'n', tool: 'nmap', forEach: '<<q.hostnames>>', inputs: { targets: '<<item>>' } }, { ...ping, inputs: { target_host: '<<item.address>>' } })).toBe('<<steps.n.output[*].hosts[*]>>');
  });
  it('is left to forEach where that is given', () => expect(list(query, { ...ping, forEach: 'q.hostnames', inputs: { target_host: '<<item>>' } })).toBe('<<steps.q.output.hostnames>>'));
  it('makes index usable too', () => expect(list(query, { ...ping, inputs: { target_host: 'h-<<index>>' } })).toBe('<<steps.q.output.assets>>'));
});

describe('order', () => {
  it.each([
    ['one step', [node('a')], 'SERIAL a0'],
    ['nothing waits', [node('a'), node('b')], 'PARALLEL a0 b0'],
    ['a chain', [node('a'), node('b', { dependsOn: ['a'] }), node('c', { inputs: { x: '<<b.y>>' } })], 'SERIAL a0 b1<a c2<b'],
    ['a diamond', [node('a'), node('b', { dependsOn: ['a'] }), node('c', { dependsOn: ['a'] }), node('d', { dependsOn: ['b', 'c'] })], 'DAG a0 b1<a c1<a d2<bc'],
    ['two chains', [node('a'), node('b', { dependsOn: ['a'] }), node('c')], 'DAG a0 b1<a c0'],
    ['a step written before what it needs', [node('b', { inputs: { x: '<<a.y>>' } }), node('a')], 'SERIAL b1<a a0'],
    ['a condition', [node('a'), node('b', { when: { field: 'a.x', operator: 'exists' } })], 'SERIAL a0 b1<a'],
    ['a mapping', [node('a'), node('b', { outputMapping: { x: '{a.x}', y: '{b.y}' } })], 'SERIAL a0 b1<a'],
    ['roles', [node('p', { role: 'primary' }), node('s', { role: 'secondary' }), node('a', { role: 'aggregate' }), node('g', { role: 'graph' }), node('m', { role: 'metric' })], 'DAG p0 s0 a1<p g1<p m2<a'],
    ['explicit dependencies replace roles', [node('p', { role: 'primary' }), node('a', { role: 'aggregate', dependsOn: [] })], 'PARALLEL p0 a0'],
    ['references are added to explicit dependencies', [node('a'), node('b'), node('c', { dependsOn: ['a'], inputs: { x: '<<b.y>>' } })], 'DAG a0 b0 c1<ab'],
  ])('%s', (_what, all, result) => expect(order(...all)).toBe(result));

  it('a serial plan runs in the order in which it is written', () => {
    expect(compiled({ executionStrategy: 'serial', steps: [node('a'), node('b'), node('c', { dependsOn: ['a'] })] }).steps.map((s) => s.dependsOn)).toEqual([[], [0], [0, 1]]);
  });

  it('a cycle is told with its steps, and only those', () => {
    const { plan, diagnostics } = compileDocument([node('z'), node('a', { dependsOn: ['c', 'z'] }), node('b', { inputs: { x: '<<a.x>>' } }), node('c', { when: { field: 'b.x', operator: 'exists' } }), node('d', { dependsOn: ['a'] })], TOOLS);
    expect(plan).toBeNull();
    expect(diagnostics).toEqual([{ code: 'cycle', severity: 'error', pointer: '/1', message: 'these steps wait for each other: a → c → b → a' }]);
  });

  it('the items of a step are there whatever became of it, so they need no value', () => {
    expect(steps(node('a', { onFailure: 'continue' }), node('b', { inputs: { all: '<<a.items>>' } }))[1]).toMatchObject({ dependsOn: [0], needsValueOf: [] });
  });

  it('a value is needed of what is referred to without a default, not of what only decides or comes before', () => {
    const [, , , , last] = steps(node('a'), node('b'), node('c'), node('d'), node('e', { dependsOn: ['a'], when: { field: 'b.x', operator: 'exists' }, inputs: { x: '<<c.x ?? 1>>', y: '<<d.x>>' } }));
    expect(last).toMatchObject({ dependsOn: [0, 1, 2, 3], needsValueOf: [3] });
  });
});

describe('arguments', () => {
  const codes = (...all: object[]) => compileDocument(all, TOOLS).diagnostics.map((d) => `${d.code} ${d.pointer}`);
  it('every missing and every unknown one is told', () => {
    expect(codes({ tool: 'run-command', inputs: { a: 1, b: 2 } })).toEqual(expect.arrayContaining(['missing-argument /0/inputs', 'missing-argument /0/inputs', 'unknown-argument /0/inputs/a', 'unknown-argument /0/inputs/b']));
    expect(codes({ tool: 'run-command', inputs: {} })).toHaveLength(2);
  });
  it('what a reference gives is not judged before the run', () => {
    expect(codes(node('a'), { tool: 'ping', inputs: { target_host: '<<a.x>>', count: '<<a.n>>' } }, { tool: 'asset-query', inputs: '<<a.x>>' })).toEqual(['invalid-value /2/inputs']);
    expect(codes(node('a'), { tool: 'asset-query', inputs: { filters: { id: ['<<a.x>>'], tags: { any: ['<<a.t>>'] }, ip_address: '<<a.ip>>' }, fields: ['<<a.f>>'] } })).toEqual([]);
    expect(codes(node('a'), { tool: 'asset-query', inputs: { filters: '<<a.filters>>' } })).toEqual([]);
  });
  it('what stands beside a reference is judged', () => {
    expect(codes(node('a'), { tool: 'asset-query', inputs: { filters: { id: '<<a.x>>', tag: 'x' }, limit: 0 } })).toEqual(['unknown-argument /1/inputs/filters/tag', 'wrong-type /1/inputs/limit']);
    expect(codes(node('a'), { tool: 'ping', inputs: { target_host: 'x', count: 'n<<a.x>>' } })).toEqual(['wrong-type /1/inputs/count']);
  });
  it('all that is wrong in different steps is told at once', () => {
    expect(codes({ tool: 'pong' }, { tool: 'ping', inputs: {} }, { id: 'a b', tool: 'anything' }, { ...query, when: { field: 5 } })).toEqual(expect.arrayContaining(['unknown-tool /0/tool', 'missing-argument /1/inputs', 'invalid-id /2/id', 'invalid-value /3/when/field']));
  });
});

it('nothing of a document is changed by compiling it', () => {
  const document = { inputs: { password: 'x' }, steps: [{ ...query, inputs: { username: 'u', filters: { tags: '{{input.t ?? "a"}}' } } }] };
  const before = structuredClone(document);
  compileDocument(document, TOOLS);
  expect(document).toEqual(before);
});

it('a parsed plan may be compiled against another catalogue', () => {
  const { plan } = parsePlan({ steps: [query] });
  expect(compile(plan!, catalogueOf(ASSET_QUERY)).plan).not.toBeNull();
  expect(compile(plan!, catalogueOf(NMAP)).diagnostics.map((d) => d.code)).toEqual(['unknown-tool']);
});

it('a plan may be a list of steps, with pointers into the list', () => {
  expect(compileDocument([{ tool: 'pin', inputs: { target_host: 'h' } }], TOOLS).diagnostics).toEqual([{ code: 'unknown-tool', severity: 'error', pointer: '/0/tool', message: 'there is no tool "pin"; do you mean "ping"?', fix: [{ op: 'replace', path: '/0/tool', value: 'ping' }] }]);
});
