import { compileDocument } from './compile.js';
import type { CompiledPlan, CompiledStep } from './plan.js';
import { TOOLS } from './testing/catalogue.js';
import { storedPlans } from './testing/stored-plans.js';

const STORED = storedPlans({ scan: { inputs: { range: '10.0.0.0/30' }, timeoutMs: 5000, steps: [{ id: 'scan', tool: 'nmap', inputs: { targets: '<<input.range>>' } }] }, twice: [{ id: 'inner', orchestration: 'scan' }] });
const query = { id: 'q', tool: 'asset-query', inputs: {} };
const node = (id: string, more: object = {}) => ({ id, tool: 'anything', ...more });
const yes = { field: 'input.x ?? 1', operator: '==', value: 1 };

function compiled(document: unknown): CompiledPlan {
  const { plan, diagnostics } = compileDocument(document, TOOLS, STORED);
  if (!plan || diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return plan;
}
const steps = (...all: object[]): readonly CompiledStep[] => compiled({ steps: all }).steps;
const codes = (...all: object[]): string[] => compileDocument({ steps: all }, TOOLS, STORED).diagnostics.map((d) => `${d.code} ${d.pointer}`);
/** `id<dependencies`, of each step. */
const order = (...all: object[]): string => waits(steps(...all));
const waits = (all: readonly CompiledStep[]): string => all.map((s) => `${s.id}${s.dependsOn.length > 0 ? `<${s.dependsOn.map((d) => all[d]!.id).join('')}` : ''}`).join(' ');

describe('a branch', () => {
  it('lies flat before what stands in its arms, else last', () => {
    const all = steps({ id: 'b', branch: [{ when: yes, steps: [node('x'), node('y')] }, { when: yes, steps: [{ tool: 'anything' }] }], else: [{ tool: 'anything' }] }, node('z'));
    expect(all.map((s) => [s.id, s.scope])).toEqual([['b', null], ['x', { step: 0, arm: 0 }], ['y', { step: 0, arm: 0 }], ['b-2-1', { step: 0, arm: 1 }], ['b-3-1', { step: 0, arm: 2 }], ['z', null]]);
    expect(all[0]).toMatchObject({ kind: 'branch', arms: [{ when: { field: 'input.x ?? 1' } }, {}, { when: null }] });
  });

  it('waits for what its conditions refer to', () => {
    expect(order({ id: 'b', branch: [{ when: { field: 'a.x', operator: 'exists' }, steps: [node('x')] }] }, node('a'))).toBe('b<a x a');
  });

  it('has the arm as its output', () => {
    expect(steps({ id: 'b', branch: [{ when: yes, steps: [node('x')] }] }, node('a', { inputs: { arm: '<<b.arm>>' } }))[2]).toMatchObject({ inputs: { arm: '<<steps.b.output.arm>>' }, dependsOn: [0], needsValueOf: [0] });
  });
});

describe('what a step can mean without saying it', () => {
  const arms = (inside: object, other: object) => ({ id: 'b', branch: [{ when: yes, steps: [inside] }], else: [other] });
  const ping = { id: 'p', tool: 'ping', inputs: { target_host: '<<item.hostname>>' } };
  it('is the list of a step beside it, or beside a container around it', () => {
    expect(steps(query, arms(ping, node('x')))[2]!.forEach).toBe('<<steps.q.output.assets>>');
    expect(steps(arms(query, node('x')), { ...query, id: 'r' }, ping).at(-1)!.forEach).toBe('<<steps.r.output.assets>>');
  });
  it('is no list of another arm, of a step in a container or of an alternative', () => {
    expect(codes(arms(query, ping))).toEqual(['item-outside-fan-out /steps/0/else/0/inputs/target_host']);
    expect(codes(arms(query, node('x')), ping)).toEqual(['item-outside-fan-out /steps/1/inputs/target_host']);
    expect(codes(node('a', { onFailure: { alternative: query } }), ping)).toEqual(['item-outside-fan-out /steps/1/inputs/target_host']);
  });
  it('is no asset query of another arm', () => expect(codes(arms(query, node('x', { inputs: { n: '<<asset_count>>' } })))).toEqual(['unknown-root /steps/0/else/0/inputs/n']));
});

describe('dependencies across containers', () => {
  const loop = (...inside: object[]) => ({ id: 'l', loop: { forEach: '<<input.x ?? []>>', steps: inside } });
  it('on a step outside are those of the container; the value is needed by the step', () => {
    const all = steps(node('a'), loop(node('x', { inputs: { v: '<<a.v>>' } })));
    expect(waits(all)).toBe('a l<a x');
    expect(all.map((s) => s.needsValueOf)).toEqual([[], [], [0]]);
  });
  it('on a step inside are on the container, the value is that of the step', () => {
    const all = steps(loop(node('x')), node('a', { inputs: { v: '<<x.v>>' } }));
    expect(waits(all)).toBe('l x a<l');
    expect(all[2]!.needsValueOf).toEqual([1]);
  });
  it('between steps in two containers are those of the containers', () => {
    expect(order(loop(node('x')), { id: 'm', loop: { forEach: '<<input.x ?? []>>', steps: [node('y', { dependsOn: ['x'] })] } })).toBe('l x m<l y');
  });
  it('among siblings stay there', () => expect(order(loop(node('x'), node('y', { inputs: { v: '<<x.v>>' } })))).toBe('l x y<x'));
  it('a container may not wait for what it holds, nor the reverse', () => {
    expect(codes({ ...loop(node('x')), dependsOn: ['x'] })).toEqual(['not-an-ancestor /steps/0/dependsOn/0']);
    expect(codes(loop(node('x', { dependsOn: ['l'] })))).toEqual(['not-an-ancestor /steps/0/loop/steps/0/dependsOn/0']);
  });
  it('a step and a container that wait for each other are a cycle', () => expect(codes(node('a', { dependsOn: ['l'] }), loop(node('x', { dependsOn: ['a'] })))).toEqual(['cycle /steps/0']));
  it('the mapping of a container may use what stands in it', () => {
    const all = steps({ ...loop(node('x')), outputMapping: { last: '<<x.v>>', n: '<<l.iterations>>' } }, node('a', { inputs: { v: '<<l.last>>' } }));
    expect(waits(all)).toBe('l x a<l');
    expect(all[0]!.outputMapping).toEqual({ last: '<<steps.x.output.v>>', n: '<<steps.l.output.iterations>>' });
  });
  it('steps in containers have higher levels than these, and a plan is judged by its outer steps', () => {
    const plan = compiled([node('a'), { ...loop(node('x'), node('y', { dependsOn: ['x'] })), dependsOn: ['a'] }]);
    expect([plan.strategy, plan.steps.map((s) => s.level)]).toEqual(['SERIAL', [0, 1, 2, 3]]);
  });
});

describe('a loop', () => {
  it('tests its own steps in `until`, and counts them in `iteration`', () => {
    const [loop, x] = steps({ id: 'l', loop: { until: { any: [{ field: 'x.score', operator: '>', value: 8 }, { field: 'iteration', operator: '==', value: 3 }] }, maxIterations: 5, steps: [node('x', { inputs: { n: '<<iteration>>' } })] } });
    expect(loop).toMatchObject({ kind: 'loop', mode: 'until', maxIterations: 5, forEach: null, dependsOn: [], condition: { any: [{ field: 'steps.x.output.score' }, { field: 'iteration' }] } });
    expect(x!.inputs).toEqual({ n: '<<iteration>>' });
  });
  it('over a list gives its steps the element, also for their own lists, conditions and mappings', () => {
    const [, loop, n, p] = steps(query, {
      id: 'l', loop: { forEach: 'q.assets', steps: [node('n', { when: { field: 'item.port', operator: '>', value: 1 }, inputs: { host: '<<item.hostname>>', n: '<<index>>' }, outputMapping: { host: '<<item.hostname>>' } }), { id: 'p', tool: 'ping', forEach: '<<item.tags>>', inputs: { target_host: '<<item>>' } }] },
    });
    expect([loop!.forEach, n!.forEach, p!.forEach]).toEqual(['<<steps.q.output.assets>>', null, '<<item.tags>>']);
    expect(loop).toMatchObject({ mode: 'forEach', maxIterations: 1000, dependsOn: [0], needsValueOf: [0] });
  });
  it('of lists of lists tells the inner from the outer element', () => {
    expect(codes(query, { id: 'l', loop: { forEach: '<<q.assets>>', steps: [{ id: 'p', tool: 'ping', forEach: '<<item.tags>>', inputs: { target_host: '<<item.hostname>>' } }] } })).toEqual(['unknown-field /steps/1/loop/steps/0/inputs/target_host']);
    expect(codes(query, { id: 'l', loop: { forEach: '<<q.assets>>', steps: [{ id: 'p', tool: 'ping', forEach: '<<item.port>>', inputs: { target_host: 'h' } }] } })).toEqual(['not-a-list /steps/1/loop/steps/0/forEach']);
  });
  it('does not make `item` outside of it', () => expect(codes({ id: 'l', loop: { forEach: '<<input.x ?? []>>', steps: [node('x')] } }, node('a', { inputs: { v: '<<item>>' } }))).toEqual(['item-outside-fan-out /steps/1/inputs/v']));
});

describe('a parallel group', () => {
  const member = (id: string, more: object = {}) => node(id, { parallelGroup: 'g', ...more });
  it('is waited for as a whole', () => expect(order(member('a'), member('b'), node('c', { dependsOn: ['a'] }))).toBe('a b c<ab'));
  it('has no order in a serial plan, and the next step waits for all of it', () => {
    expect(waits(compiled({ executionStrategy: 'serial', steps: [node('o'), member('a'), member('b'), node('c'), node('d')] }).steps)).toBe('o a<o b<o c<ab d<c');
  });
  it('in a serial plan stands where its first member does', () => {
    expect(waits(compiled({ executionStrategy: 'serial', steps: [member('a'), node('c'), member('b'), node('d')] }).steps)).toBe('a c<ab b d<ab');
  });
  it('of the same name in another container is another group', () => {
    expect(order(member('a'), { id: 'l', loop: { forEach: '<<input.x ?? []>>', steps: [member('b'), node('c', { dependsOn: ['b'] })] } }, node('d', { dependsOn: ['a'] }))).toBe('a l b c<b d<a');
  });
});

describe('onFailure', () => {
  it('an alternative comes after its step, and who waits for the step waits for both', () => {
    const all = steps(node('a', { onFailure: { alternative: node('b') } }), node('c', { inputs: { v: '<<a.v>>' } }));
    expect(waits(all)).toBe('a b<a c<ab');
    expect(all).toMatchObject([{ onFailure: { alternative: 1 } }, { guard: { step: 0 } }, { needsValueOf: [0] }]);
  });
  it('an alternative of an alternative is waited for too', () => {
    const all = steps(node('a', { onFailure: { alternative: node('b', { onFailure: { alternative: node('c') } }) } }), node('d', { dependsOn: ['a'] }));
    expect(waits(all)).toBe('a b<a c<b d<abc');
  });
  it('an alternative runs over the list of its step, as it does, and needs no id', () => {
    const all = steps(query, { id: 'p', tool: 'ping', forEach: '<<q.assets>>', inputs: { target_host: '<<item.hostname>>' }, map: { concurrency: 3 }, onFailure: { alternative: { tool: 'nmap', inputs: { targets: '<<item.ip_address>>' } } } });
    expect(all[2]).toMatchObject({ id: 'p-alternative', forEach: '<<steps.q.output.assets>>', map: { concurrency: 3 }, needsValueOf: [0] });
  });
  it('compensations run one after the other', () => {
    const all = steps(node('a', { onFailure: { compensate: [node('b'), { tool: 'anything' }] } }), node('d', { dependsOn: ['a'] }));
    expect(waits(all)).toBe('a b<a a-compensate-2<ab d<a');
    expect(all[0]!.onFailure).toEqual({ compensate: [1, 2] });
  });
  it('a compensation does not wait for what stands in one group with its step', () => {
    expect(waits(steps(node('a', { parallelGroup: 'g', onFailure: { compensate: [node('undo')] } }), node('b', { parallelGroup: 'g' }), node('c', { dependsOn: ['a'] })))).toBe('a undo<a b c<ab');
  });
  it('stands in the container of its step, and a serial plan goes on behind it', () => {
    const plan = compiled({ executionStrategy: 'serial', steps: [{ id: 'l', loop: { forEach: '<<input.x ?? []>>', steps: [node('a', { onFailure: { alternative: node('b') } }), node('c')] } }] });
    expect(plan.steps.map((s) => s.scope)).toEqual([null, { step: 0, arm: null }, { step: 0, arm: null }, { step: 0, arm: null }]);
    expect(waits(plan.steps)).toBe('l a b<a c<ab');
  });
});

describe('a sub-plan', () => {
  it('that is written in place is compiled on its own, and gets inputs', () => {
    const [, child] = steps(query, { id: 'c', orchestration: { inputs: { host: 'h' }, steps: [{ id: 'q', tool: 'ping', inputs: { target_host: '<<input.host>>' } }] }, forEach: '<<q.assets>>', inputs: { host: '<<item.hostname>>' }, timeoutMs: 9000 });
    expect(child).toMatchObject({ kind: 'orchestration', stored: null, forEach: '<<steps.q.output.assets>>', inputs: { host: '<<item.hostname>>' }, plan: { timeoutMs: 9000, inputs: { host: 'h' }, steps: [{ id: 'q', tool: 'ping' }] } });
  });
  it('that is stored is looked up with its version, and ends with its own time if that is less', () => {
    expect(steps({ id: 'c', orchestration: 'scan', timeoutMs: 9000 })[0]).toMatchObject({ stored: 'scan@1', plan: { timeoutMs: 5000 } });
    expect(steps({ id: 'c', orchestration: 'twice@1' })[0]).toMatchObject({ stored: 'twice@1', plan: { steps: [{ stored: 'scan@1' }] } });
  });
  it('gives the outputs of its steps', () => {
    expect(steps({ id: 'c', orchestration: 'scan' }, node('a', { inputs: { n: '<<c.steps.scan.openPorts>>', status: '<<c.status>>' } }))[1]!.inputs).toEqual({ n: '<<steps.c.output.steps.scan.openPorts>>', status: '<<steps.c.output.status>>' });
  });
  it.each([[null], [7], [{}], [{ steps: 1 }]])('that is no plan is told where it stands: %j', (wrong) => expect(codes({ id: 'c', orchestration: wrong })).toEqual([expect.stringMatching(/^invalid-value \/steps\/0\/orchestration/)]));
  it('does not see the steps around it', () => expect(codes(query, { id: 'c', orchestration: [node('a', { inputs: { v: '<<q.hostnames>>' } })] })).toEqual(['unknown-root /steps/1/orchestration/0/inputs/v']));
  it('may be given a whole command that is written, or an input of the run', () => {
    const child = { inputs: { c: 'true' }, steps: [{ id: 'r', tool: 'run-command', inputs: { target_host: 'h', command: '<<input.c>>' } }] };
    expect(compiled({ inputs: { c: 'uptime' }, steps: [{ id: 'a', orchestration: child, inputs: { c: '<<input.c>>' } }, { id: 'b', orchestration: child, inputs: { c: 'df -P' } }] }).steps).toHaveLength(2);
    expect(codes({ id: 'a', orchestration: child, inputs: { c: 'echo <<input.x ?? 1>>' } })).toEqual(['command-from-value /steps/0/inputs/c']);
  });
});

describe('people, models and time', () => {
  it('an approval has its defaults', () => {
    expect(steps({ id: 'a', approval: { message: 'reboot?' } })[0]).toMatchObject({ kind: 'approval', inputs: { message: 'reboot?', approvers: [] }, minApprovals: 1, timeoutMs: 86_400_000, onExpire: 'fail' });
  });
  it('an approval asks with values, once for each element of a list', () => {
    expect(steps(query, { id: 'a', forEach: '<<q.assets>>', approval: { message: 'reboot <<item.hostname>>?', approvers: ['ops'], minApprovals: 2, expiresMs: 60_000, onExpire: 'continue' } })[1]).toMatchObject({
      inputs: { message: 'reboot <<item.hostname>>?', approvers: ['ops'] }, minApprovals: 2, timeoutMs: 60_000, onExpire: 'continue', forEach: '<<steps.q.output.assets>>',
    });
  });
  it('a decision is seen by conditions', () => {
    expect(order({ id: 'd', decide: { question: 'which of <<q.hostnames[0]>>?', choices: ['go', 'stop'], default: 'stop' } }, query, { id: 'b', branch: [{ when: { field: 'd.choice', operator: '==', value: 'go' }, steps: [node('x')] }] })).toBe('d<q q b<d x');
  });
  it('a wait is for a time or for a signal', () => {
    expect(steps({ id: 'w', wait: { ms: 500 } }, { id: 's', wait: { signal: 'deployed', timeoutMs: 1000 } }, { id: 't', wait: { signal: 'deployed' } }, node('a', { inputs: { v: '<<s.payload.version>>' } }))).toMatchObject([
      { kind: 'wait', ms: 500, inputs: {}, timeoutMs: null }, { ms: null, inputs: { signal: 'deployed' }, timeoutMs: 1000 }, { timeoutMs: null }, { dependsOn: [1] },
    ]);
  });
});

describe('the policy of a fan-out', () => {
  it('has waves, a lock and a rate', () => {
    const [, p] = steps(query, { id: 'p', tool: 'ping', forEach: '<<q.assets>>', inputs: { target_host: '<<item.hostname>>' }, map: { waves: [1, '10%', '100%'], wavePauseMs: 100, lock: 'rack-<<item.attributes.rack>>', rate: { key: 'tool', limit: 5, perMs: 1000 } } });
    expect(p!.map).toEqual({ concurrency: 50, waves: [{ count: 1 }, { percent: 10 }, { percent: 100 }], wavePauseMs: 100, lock: 'rack-<<item.attributes.rack>>', rate: { key: 'tool', limit: 5, perMs: 1000 } });
  });
  it('waits for what its lock refers to', () => expect(order(node('a'), node('b', { map: { lock: '<<a.key>>' } }))).toBe('a b<a'));
  it('adapts as far as it is told to', () => {
    const adapt = (value: unknown) => (steps(node('a', { adapt: value }))[0] as { adapt?: unknown }).adapt;
    expect([adapt(true), adapt(false), adapt({ timeoutFactor: 3 }), adapt({ concurrency: { of: 20 } })]).toEqual([
      { concurrency: { failures: 5, of: 10, floor: 1 }, timeoutFactor: 2 }, null, { concurrency: null, timeoutFactor: 3 }, { concurrency: { failures: 5, of: 20, floor: 1 }, timeoutFactor: null },
    ]);
  });
});
