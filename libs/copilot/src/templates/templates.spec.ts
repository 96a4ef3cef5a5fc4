import { compileDocument } from '@opsmesh/plan-model';
import { Catalogue } from '../catalogue/catalogue.js';
import { evaluationCompile } from '../evaluation/evaluation-compile.js';
import { EVALUATION_TOOLS } from '../evaluation/tools.js';
import { EMPTY_SELECTION } from '../slots/selection.js';
import { CATALOGUE, converse, situationFor } from '../testing/situation.js';
import { BUILTIN_TEMPLATES } from './builtin/index.js';
import { instantiate } from './instantiate.js';
import { learn, type RunSummaryForLearning } from './learn.js';
import { parseTemplate } from './parse-template.js';
import type { SlotType, SlotValue } from './template.js';

const compile = evaluationCompile(compileDocument);
const VALUES: Partial<Record<SlotType, SlotValue>> = { endpoints: ['10.0.0.1', '10.0.0.2'], ports: '22,80', count: 3, limit: 5, seconds: 60, pid: 4, levels: ['Error'], since: '2026-11-20T00:00:00Z', until: '2026-11-21T00:00:00Z', tags: ['a'], address: '10.0.0.9', 'record-type': 'A', drive: 'C', status: 'active' };

describe('built-in templates', () => {
  it.each(BUILTIN_TEMPLATES.map((t) => [t.id, t] as const))('%s compiles with every slot filled, and with the required ones only', async (_, template) => {
    const { facts } = await situationFor('web-01');
    const selection = { ...EMPTY_SELECTION, hosts: ['web-01', 'web-02'] };
    for (const all of [true, false]) {
      const values = Object.fromEntries(Object.entries(template.slots).filter(([, s]) => s.type !== 'assets' && (all || s.required)).map(([name, s]) => [name, name === 'port' ? '443' : VALUES[s.type] ?? `some ${s.type} <<steps.x.output>> $(id)`]));
      const made = instantiate(template, { values, selection, facts, catalogue: CATALOGUE });
      const errors = made.ok ? compile(made.plan).filter((d) => d.severity === 'error' && d.code !== 'unsupported-option') : [made.reason];
      expect(errors).toEqual([]);
      expect(made.ok && made.answers.length).toBeGreaterThan(0);
    }
  });

  it('that call a network tool with the address of an asset tell it the name of the asset', () => {
    const calls = BUILTIN_TEMPLATES.flatMap((t) => t.steps).flatMap((s) => ('inputs' in s ? [s.inputs as Record<string, unknown>] : [])).filter((i) => i['target_host'] === '<<item.ip_address>>' || i['targets'] === '<<item.ip_address>>');
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.map((i) => i['host_name'])).toEqual(calls.map(() => '<<item.hostname>>'));
  });

  it('have ids of their own, and cover the inventory, automation, coordination, reports and the network', () => {
    expect(new Set(BUILTIN_TEMPLATES.map((t) => t.id)).size).toBe(BUILTIN_TEMPLATES.length);
    expect(new Set(BUILTIN_TEMPLATES.map((t) => t.category)).size).toBe(5);
  });

  it('pass every free text as an input of the plan', async () => {
    const { facts } = await situationFor('web-01');
    const made = instantiate(BUILTIN_TEMPLATES.find((t) => t.id === 'run-command')!, { values: { command: 'echo <<item.hostname>> {{x}}' }, selection: { ...EMPTY_SELECTION, hosts: ['web-01'] }, facts, catalogue: CATALOGUE });
    expect(made).toMatchObject({ ok: true, plan: { inputs: { command: 'echo <<item.hostname>> {{x}}' }, steps: [{}, { inputs: { command: '<<input.command>>' } }] } });
  });

  it('are refused with the reason when a tool or an input is not there', async () => {
    const { facts } = await situationFor('web-01');
    const template = BUILTIN_TEMPLATES.find((t) => t.id === 'service-health-linux')!;
    const filling = { values: { service: 'nginx' }, selection: { ...EMPTY_SELECTION, hosts: ['web-01'] }, facts };
    expect(instantiate(template, { ...filling, catalogue: new Catalogue([]) })).toEqual({ ok: false, reason: 'the tool asset-query is not registered' });
    const other = new Catalogue(EVALUATION_TOOLS.map((t) => (t.name === 'service-status' ? { ...t, inputSchema: { type: 'object', properties: { target_host: {}, daemon: {} } } } : t)));
    expect(instantiate(template, { ...filling, catalogue: other })).toEqual({ ok: false, reason: 'the tool service-status has no input "service"' });
  });
});

describe('templates that are added', () => {
  const document = {
    id: 'uptime-by-team', version: 1, action: 'uptime-by-team', title: 'Uptime by team', description: 'Uptime of hosts', category: 'report', phrases: ['weekly uptime overview'], slots: { targets: { type: 'assets', required: true } },
    steps: [{ id: 'assets', tool: 'asset-query', inputs: { filters: { $filters: true } } }, { id: 'info', tool: 'system-info', forEach: '<<steps.assets.output.assets>>', inputs: { target_host: '<<item.hostname>>' } }],
    answer: { kind: 'table', step: 'info', subject: 'uptime', columns: [] },
  };

  it('are read, and used when their phrase is said', async () => {
    const parsed = parseTemplate(document, CATALOGUE);
    expect(parsed).toMatchObject({ ok: true });
    if (!parsed.ok) return;
    const [r] = await converse(['weekly overview of production web servers, the uptime'], { templates: [parsed.template] });
    expect(r).toMatchObject({ kind: 'plan', changes: false, generation: { matched: [{ template: 'uptime-by-team', version: 1 }] } });
  });

  it('are not used for a question when a tool of theirs changes something', async () => {
    const parsed = parseTemplate({ ...document, steps: [document.steps[0], { ...document.steps[1], tool: 'restart-service', inputs: { target_host: '<<item.hostname>>', service: 'nginx' } }] }, CATALOGUE);
    const [r] = await converse(['weekly overview of production web servers, the uptime'], { templates: parsed.ok ? [parsed.template] : [] });
    expect(r).toMatchObject({ kind: 'answer', generation: { rejected: [{ template: 'uptime-by-team', reason: 'no change was asked for, and restart-service is one' }] } });
  });

  it('are refused with every mistake and its place', () => {
    const parsed = parseTemplate({ ...document, id: 'No', slots: { a: { type: 'shell' } }, steps: [{ tool: 'x', inputs: { y: { $slot: 'nobody' } } }], answer: {} }, CATALOGUE);
    expect(parsed.ok ? [] : parsed.errors.map((e) => e.pointer)).toEqual(['/id', '/slots/a/type', '/steps/0/inputs/y/$slot', '/answer']);
  });

  it.each<[string, object]>([
    ['/answer/step', { step: '(a+)+$' }], ['/answer/columns', { columns: {} }], ['/answer/columns/0', { columns: [{ title: 'x' }] }], ['/answer/columns/0/unit', { columns: [{ title: 'x', path: 'y', unit: 'miles' }] }],
    ['/answer/columns/0/each', { columns: [{ title: 'x', path: 'y', each: { path: 'z', where: { a: 1 } } }] }], ['/answer/rows', { rows: 5 }], ['/answer/field', { kind: 'value' }], ['/answer/fields', { kind: 'assets', fields: [1] }], ['/answer/by', { kind: 'groups' }],
  ])('are refused with an answer that can not be computed: %s', (pointer, answer) => {
    const parsed = parseTemplate({ ...document, answer: { ...document.answer, ...answer } }, CATALOGUE);
    expect(parsed.ok ? [] : parsed.errors.map((e) => e.pointer)).toEqual([pointer]);
  });

  it.each([null, 1, 'x', [], {}])('never fail for %p', (value) => {
    expect(parseTemplate(value, CATALOGUE).ok).toBe(false);
  });

  it('that are not registered yet say which tool is missing', () => {
    expect(parseTemplate({ ...document, steps: [{ id: 'info', tool: 'scan-moon', inputs: {} }] }, CATALOGUE)).toMatchObject({ ok: true, missingTool: 'scan-moon' });
  });
});

describe('learning', () => {
  const run = (runId: string, tag: string, path: string, more: Partial<RunSummaryForLearning> = {}): RunSummaryForLearning => ({
    runId, message: `how big is the upload folder ${path} for ${tag}`, status: 'completed', approved: true, template: null, ...more,
    plan: { name: 'uploads', steps: [{ id: 'a', tool: 'asset-query', inputs: { filters: { tags: tag } } }, { id: 'd', tool: 'disk-usage', forEach: '<<a.assets>>', inputs: { target_host: '<<item.hostname>>', path } }] },
  });
  const three = [run('1', 'web', '/a'), run('2', 'db', '/b'), run('3', 'mail', '/c')];

  it('proposes a template from three alike approved runs; what differs becomes a slot', () => {
    const [proposal, ...others] = learn(three);
    expect(others).toEqual([]);
    expect(proposal).toMatchObject({ runs: ['1', '2', '3'], template: { slots: { targets: { type: 'assets' }, path: { type: 'text' } }, steps: [{ inputs: { filters: { $filters: true } } }, { inputs: { path: { $slot: 'path' } } }], phrases: ['how big the upload folder for'] } });
    expect(proposal!.differences).toEqual([{ pointer: '/0/inputs/filters/tags', values: ['web', 'db', 'mail'] }, { pointer: '/1/inputs/path', values: ['/a', '/b', '/c'] }]);
    expect(parseTemplate(JSON.parse(JSON.stringify(proposal!.template)), CATALOGUE)).toMatchObject({ ok: true });
  });

  it.each<[string, RunSummaryForLearning[]]>([
    ['two runs', three.slice(0, 2)], ['a failed one', [...three.slice(0, 2), run('3', 'x', '/c', { status: 'partial' })]], ['one that nobody approved', [...three.slice(0, 2), run('3', 'x', '/c', { approved: false })]],
    ['one that a template made', [...three.slice(0, 2), run('3', 'x', '/c', { template: 'disk-report-linux' })]],
    ['one of another shape', [...three.slice(0, 2), { ...run('3', 'x', '/c'), plan: { name: 'x', steps: [{ id: 'a', tool: 'ping', inputs: { target_host: 'x' } }] } }]],
  ])('proposes nothing from %s', (_, runs) => {
    expect(learn(runs)).toEqual([]);
  });
});
