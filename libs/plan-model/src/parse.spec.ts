import { parsePlan } from './parse.js';
import { pointerIn, type Plan } from './parsed-plan.js';

const step = { tool: 'anything' };
function parsed(document: unknown): Plan {
  const { plan, diagnostics } = parsePlan(document);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
}
const only = (more: object) => parsed([{ ...step, ...more }]).steps[0]!;

it('what is not said is filled in, or null where the tool or the order decides', () => {
  expect(parsed([step])).toEqual({
    pointer: '', name: 'unnamed plan', inputs: {}, serial: false, timeoutMs: null, bypassCache: false,
    steps: [{
      pointer: '/0', keys: { tool: 'tool' }, id: 'step-1', scope: null, guard: null, body: { kind: 'tool', tool: 'anything', retry: null, adapt: null, cache: null }, inputs: {}, forEach: null, map: {}, when: null, timeoutMs: null,
      onFailure: 'fail', critical: true, role: null, parallelGroup: null, outputMapping: null, dependsOn: null,
    }],
  });
});

it('null says nothing', () => {
  const nothing = Object.fromEntries(['id', 'inputs', 'forEach', 'map', 'when', 'retry', 'cache', 'timeoutMs', 'onFailure', 'critical', 'role', 'outputMapping', 'dependsOn'].map((k) => [k, null]));
  expect({ ...only(nothing), keys: {} }).toEqual({ ...only({}), keys: {} });
});

it('a pointer names a key as it was written', () => {
  const { plan } = parsePlan({ steps: [{ tool_name: 'anything', for_each: 'input.x ?? []' }] });
  expect(['tool', 'forEach', 'when'].map((part) => pointerIn(plan!.steps[0]!, part))).toEqual(['/steps/0/tool_name', '/steps/0/for_each', '/steps/0/when']);
});

it.each<[object, object]>([
  [{ map: { failureThreshold: 0 } }, { map: { failureThreshold: { count: 0 } } }], [{ map: { failureThreshold: '12.5 %' } }, { map: { failureThreshold: { percent: 12.5 } } }], [{ map: { concurrency: 100_000 } }, { map: { concurrency: 100_000 } }],
  [{ retry: { maxAttempts: 2 } }, { body: { retry: { maxAttempts: 2, backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: true } } } }],
  [{ retry: { maxAttempts: 1, backoff: { jitter: false } } }, { body: { retry: { maxAttempts: 1, backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: false } } } }],
  [{ dependsOn: [] }, { dependsOn: [] }], [{ critical: false }, { critical: false }],
])('%j is read as %j', (written, read) => expect(only(written)).toMatchObject(read));

it.each<[object, string]>([
  [{ map: { failureThreshold: -1 } }, '/0/map/failureThreshold'], [{ map: { failureThreshold: '20' } }, '/0/map/failureThreshold'], [{ map: { concurrency: 1.5 } }, '/0/map/concurrency'], [{ map: [] }, '/0/map'], [{ retry: { maxAttempts: 21 } }, '/0/retry/maxAttempts'],
  [{ retry: {} }, '/0/retry/maxAttempts'], [{ retry: { maxAttempts: 2, max: 1 } }, '/0/retry/max'], [{ retry: { maxAttempts: 2, backoff: { factor: 0 } } }, '/0/retry/backoff/factor'], [{ inputs: [] }, '/0/inputs'], [{ parameters: 'x' }, '/0/parameters'], [{ dependsOn: 'a' }, '/0/dependsOn'], [{ dependsOn: [1] }, '/0/dependsOn'], [{ critical: 'no' }, '/0/critical'],
  [{ onFailure: 'stop' }, '/0/onFailure'], [{ timeoutMs: '5s' }, '/0/timeoutMs'], [{ forEach: ['a'] }, '/0/forEach'], [{ toString: 1 }, '/0/toString'], [{ hasOwnProperty: 1 }, '/0/hasOwnProperty'],
])('%j is refused at %s', (written, pointer) => {
  const { plan, diagnostics } = parsePlan([{ ...step, ...written }]);
  expect(plan).toBeNull();
  expect(diagnostics.map((d) => d.pointer)).toEqual([pointer]);
});

it('the name of a plan is cut, and other values of a plan are checked', () => {
  expect(parsed({ name: 'x'.repeat(1000), steps: [step] }).name).toHaveLength(256);
  expect(parsePlan({ name: 5, inputs: [], timeoutMs: 0, steps: [step] }).diagnostics.map((d) => d.pointer)).toEqual(['/inputs', '/name', '/timeoutMs']);
});

it.each<[string, unknown]>([['undefined', undefined], ['a function', () => 1], ['a date', { steps: [new Date(0)] }], ['a map', new Map()], ['a big integer', { steps: [{ tool: 'x', timeoutMs: 5n }] }], ['a list with holes', { steps: new Array(3) }]])('%s is no plan', (_what, document) => {
  expect(parsePlan(document)).toMatchObject({ plan: null, diagnostics: [{ severity: 'error' }] });
});

it('a document that holds itself is refused, not followed for ever', () => {
  const loop: Record<string, unknown> = {};
  loop['steps'] = [{ tool: 'x', inputs: loop }];
  expect(parsePlan(loop).diagnostics.map((d) => d.code)).toEqual(['limit-exceeded']);
  let shared: unknown = 'x';
  for (let i = 0; i < 14; i++) shared = Array.from({ length: 20 }, () => shared);
  expect(parsePlan({ steps: [{ tool: 'x', inputs: { shared } }] }).diagnostics.map((d) => d.code)).toEqual(['limit-exceeded']);
});
