import { compileDocument } from '@opsmesh/plan-model';
import { evaluationCompile } from '../evaluation/evaluation-compile.js';
import { CATALOGUE } from '../testing/situation.js';
import { compose } from './compose.js';
import { optimise } from './optimise.js';
import type { PlanDocument, StepDocument } from './plan-document.js';

const query = (id: string, tag: string, fields = ['hostname'], more: Partial<StepDocument> = {}): StepDocument => ({ id, tool: 'asset-query', inputs: { filters: { tags: tag }, fields }, ...more });
const ping = (id: string, from: string, more: Partial<StepDocument> = {}): StepDocument => ({ id, tool: 'ping', forEach: `<<steps.${from}.output.assets>>`, inputs: { target_host: '<<item.ip_address>>' }, ...more });
const restart = (id: string, from: string, more: Partial<StepDocument> = {}): StepDocument => ({ id, tool: 'restart-service', forEach: `<<steps.${from}.output.assets>>`, inputs: { target_host: '<<item.hostname>>', service: 'nginx' }, ...more });
const plan = (...steps: StepDocument[]): PlanDocument => ({ name: 'p', steps });
const optimised = (p: PlanDocument) => optimise(p, [{ kind: 'outcome', step: p.steps.at(-1)!.id, subject: 'x' }], CATALOGUE);

describe('optimising', () => {
  it('asks the inventory once for the same assets, for the fields of all', () => {
    const { plan: p, changes } = optimised(plan(query('a', 'web'), ping('p', 'a'), query('b', 'web', ['ip_address']), ping('q', 'b', { inputs: { target_host: '<<item.ip_address>>', count: 1 } })));
    expect(p.steps.map((s) => [s.id, s.forEach, s.inputs?.['fields']])).toEqual([['a', undefined, ['hostname', 'ip_address']], ['p', '<<steps.a.output.assets>>', undefined], ['q', '<<steps.a.output.assets>>', undefined]]);
    expect(changes).toHaveLength(1);
  });

  it('makes one of steps that are the same once their queries are, and moves the answer', () => {
    const { plan: p, answers } = optimised(plan(query('a', 'web'), ping('p', 'a'), query('b', 'web'), ping('q', 'b')));
    expect(p.steps.map((s) => s.id)).toEqual(['a', 'p']);
    expect(answers[0]!.step).toBe('p');
  });

  it('lets reading steps run side by side that only wait for reading steps', () => {
    expect(optimised(plan(query('a', 'web'), query('b', 'db', ['hostname'], { dependsOn: ['a'] }))).plan.steps[1]!.dependsOn).toEqual([]);
  });

  it('keeps the order around a change: a check after it is another check, and waits', () => {
    const p = plan(query('a', 'web'), ping('before', 'a'), restart('r', 'a', { dependsOn: ['before'] }), ping('after', 'a', { dependsOn: ['r'] }), ping('later', 'a', { dependsOn: ['after'] }));
    expect(optimised(p).plan).toEqual(p);
  });

  it('keeps a wait for a reading step that itself needs what a change gave', () => {
    const p = plan(query('a', 'web'), restart('r', 'a'), ping('needs', 'a', { inputs: { target_host: '<<item.ip_address>>', count: '<<steps.r.output.length>>' } }), query('last', 'db', ['hostname'], { dependsOn: ['needs'] }));
    expect(optimised(p).plan).toEqual(p);
  });

  it('never makes one of two changes', () => {
    const p = plan(query('a', 'web'), restart('r', 'a'), restart('s', 'a'));
    expect(optimised(p).plan.steps).toHaveLength(3);
  });

  it('leaves a plan alone in which "the nearest query" would become another', () => {
    const p = plan(query('a', 'web'), query('c', 'db'), query('b', 'web'), { id: 'n', tool: 'nmap', inputs: { targets: '<<ip_addresses>>' } });
    expect(optimised(p)).toMatchObject({ plan: p, changes: [] });
  });
});

describe('composing', () => {
  const part = (p: PlanDocument, afterPrevious = false) => ({ plan: p, answers: [{ kind: 'outcome', step: p.steps.at(-1)!.id, subject: 'x' } as const], afterPrevious });

  it('makes ids and inputs distinct, with references to them, nested ones too', () => {
    const one: PlanDocument = { name: 'one', inputs: { service: 'a' }, steps: [query('a', 'web'), restart('r', 'a', { inputs: { target_host: '<<item.hostname>>', service: '<<input.service>>' }, onFailure: { compensate: [{ id: 'undo', tool: 'ping', inputs: { target_host: '<<steps.a.output.assets[0].ip_address>>' } }] }, when: { field: 'steps.a.output.total', operator: '>', value: 0 } })] };
    const { plan: p, answers } = compose([part(one), part({ ...one, inputs: { service: 'b' } })]);
    expect(p.inputs).toEqual({ service: 'a', p2_service: 'b' });
    expect(p.steps[3]).toMatchObject({ id: 'p2-r', forEach: '<<steps.p2-a.output.assets>>', inputs: { service: '<<input.p2_service>>' }, onFailure: { compensate: [{ id: 'p2-undo', inputs: { target_host: '<<steps.p2-a.output.assets[0].ip_address>>' } }] }, when: { field: 'steps.p2-a.output.total' } });
    expect(answers.map((a) => a.step)).toEqual(['r', 'p2-r']);
  });

  it('lets a part wait for the one before, and gives a plan that compiles', () => {
    const { plan: p } = compose([part(plan(query('a', 'web'), restart('r', 'a'))), part(plan(query('a', 'web'), ping('p', 'a')), true)]);
    expect(p.steps.map((s) => s.dependsOn)).toEqual([undefined, undefined, undefined, ['a', 'r']]);
    expect(evaluationCompile(compileDocument)(p).filter((d) => d.severity === 'error')).toEqual([]);
  });

  it('asks the inventory again after it was changed', () => {
    const { plan: p } = compose([part(plan({ id: 'd', tool: 'asset-delete', inputs: { asset: 'x' } })), part(plan(query('a', 'web')), true)]);
    expect(p.steps[1]!.dependsOn).toEqual(['d']);
  });
});
