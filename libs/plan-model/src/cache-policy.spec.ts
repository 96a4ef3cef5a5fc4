import { compileDocument } from './compile.js';
import type { CompiledPlan, CompiledStep } from './plan.js';
import { ANYTHING, catalogueOf, NMAP, PING, RUN_COMMAND } from './testing/catalogue.js';

/** `look` answers for a minute; `nmap` says nothing of it. */
const TOOLS = catalogueOf({ ...ANYTHING, name: 'look', cacheMs: 60_000 }, NMAP, PING, RUN_COMMAND);
const look = (more: object = {}): object => ({ id: 'look', tool: 'look', ...more });
const sh = { id: 'sh', tool: 'run-command', inputs: { target_host: 'h', command: 'ls' } };

function compiled(document: unknown): CompiledPlan {
  const { plan, diagnostics } = compileDocument(document, TOOLS);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
}
const cacheMs = (steps: readonly CompiledStep[], id = 'look'): number | null => {
  const step = steps.find((s) => s.id === id);
  return step?.kind === 'tool' ? step.cacheMs : -1;
};

describe('for how long an output may answer', () => {
  it('is said by the tool', () => expect(cacheMs(compiled([look()]).steps)).toBe(60_000));
  it('is shortened by the step, or forbidden', () => {
    expect(cacheMs(compiled([look({ cache: { ttlMs: 500 } })]).steps)).toBe(500);
    expect(cacheMs(compiled([look({ cache: false })]).steps)).toBeNull();
  });
  it('is not made longer by the step', () => {
    expect(compileDocument([look({ cache: { ttlMs: 60_001 } })], TOOLS).diagnostics).toMatchObject([{ code: 'cache-refused', pointer: '/0/cache', fix: [{ op: 'replace', path: '/0/cache', value: { ttlMs: 60_000 } }] }]);
  });
  it('is said by the step where the tool says nothing', () => {
    const scan = (more: object = {}) => [{ id: 'scan', tool: 'nmap', inputs: { targets: 'h' }, ...more }];
    expect([cacheMs(compiled(scan()).steps, 'scan'), cacheMs(compiled(scan({ cache: { ttlMs: 900 } })).steps, 'scan')]).toEqual([null, 900]);
  });
});

describe('what the tool says does not hold', () => {
  it('in a plan that changes something, wherever that stands', () => {
    expect(cacheMs(compiled([look(), sh]).steps)).toBeNull();
    expect(cacheMs(compiled([look(), { id: 'sub', orchestration: [sh] }]).steps)).toBeNull();
    const { steps } = compiled([{ id: 'sub', orchestration: [look()] }, sh]);
    expect(steps[0]!.kind === 'orchestration' && cacheMs(steps[0]!.plan.steps)).toBeNull();
    expect(cacheMs(compiled([look({ cache: { ttlMs: 700 } }), sh]).steps)).toBe(700);
  });
  it('in a loop that looks until something is so; over a list it does', () => {
    const until = { until: { field: 'iteration', operator: '>', value: 3 }, maxIterations: 5 };
    expect(cacheMs(compiled([{ id: 'l', loop: { ...until, steps: [look()] } }]).steps)).toBeNull();
    expect(cacheMs(compiled([{ id: 'l', loop: { ...until, steps: [look({ cache: { ttlMs: 700 } })] } }]).steps)).toBe(700);
    expect(cacheMs(compiled([{ id: 'l', loop: { forEach: '<<input.x ?? []>>', steps: [look()] } }]).steps)).toBe(60_000);
  });
});

it('a plan that bypasses the cache does so in its sub-plans', () => {
  const { bypassCache, steps } = compiled({ cache: 'bypass', steps: [{ id: 'sub', orchestration: [look()] }] });
  expect([bypassCache, steps[0]!.kind === 'orchestration' && steps[0]!.plan.bypassCache]).toEqual([true, true]);
  expect(compiled([look()]).bypassCache).toBe(false);
});
