import type { GenerationPageView, ProblemDto, TemplateListView, TemplateProposalListView, TemplateView } from '@opsmesh/contracts';
import { ScriptedModel } from '@opsmesh/copilot/testing';
import { createTestDatabase } from '@opsmesh/testing';
import { ChatRig } from '../../testing/chat-rig.js';

let command = 'nginx';
const plan = (service: string) => ({ name: 'two looks', steps: [{ id: 'a', tool: 'service-status', inputs: { target_host: 'web-01', service } }, { id: 'b', tool: 'disk-usage', inputs: { target_host: 'web-01', path: '/' }, dependsOn: ['a'] }] });
let model: ScriptedModel; let rig: ChatRig;
beforeAll(async () => {
  model = await ScriptedModel.start(() => ({ say: { kind: 'plan', plan: plan(command) } }));
  rig = await ChatRig.start(await createTestDatabase(process.env['TEST_DATABASE_URL']!), { model: { baseUrl: model.url, model: 'scripted', silenceMs: 5000, totalMs: 5000, maxTokens: 1000, promptPrice: 0, completionPrice: 0 } });
}, 60_000);
afterAll(async () => {
  await rig.stop();
  await model.stop();
}, 60_000);
const list = async (): Promise<TemplateListView['items']> => (await rig.api.ask('GET', '/templates')).json<TemplateListView>().items;
const OWN = {
  id: 'nginx-here', action: 'nginx-here', title: 'Look at nginx', description: 'Whether nginx runs', category: 'report', phrases: ['look at nginx'], slots: { targets: { type: 'assets', required: true, ask: 'Where?' } },
  steps: [{ id: 'assets', tool: 'asset-query', inputs: { filters: { $filters: true } } }, { id: 'status', tool: 'service-status', forEach: '<<steps.assets.output.assets>>', inputs: { target_host: '<<item.hostname>>', service: 'nginx' } }],
  answer: { kind: 'table', step: 'status', subject: 'nginx', columns: [{ title: 'state', path: 'activeState' }] },
};

it('lists the built-in templates with the tool that is missing', async () => {
  const items = await list();
  expect(items.length).toBeGreaterThan(12);
  expect(items.find((t) => t.id === 'disk-report-windows')).toMatchObject({ builtin: true, enabled: true, missing_tool: null });
  expect(items.find((t) => t.id === 'log-search-linux')).toMatchObject({ missing_tool: 'log-search' });
});

it('a template is added, versioned and told with every mistake', async () => {
  expect((await rig.api.ask('POST', '/templates', { body: { template: OWN } })).json<TemplateView>()).toMatchObject({ id: 'nginx-here', version: 1, builtin: false, enabled: true, added_by: 'anonymous' });
  expect((await rig.api.ask('POST', '/templates', { body: { template: { ...OWN, title: 'Look again' } } })).json<TemplateView>()).toMatchObject({ version: 2, title: 'Look again' });
  const wrong = (await rig.api.ask('POST', '/templates', { body: { template: { ...OWN, id: 'No', platform: 'beos' } } })).json<ProblemDto>();
  expect([wrong.code, wrong.errors!.map((e) => e.pointer)]).toEqual(['template-invalid', ['/template/id', '/template/platform']]);
  expect((await list()).filter((t) => t.id === 'nginx-here')).toHaveLength(1);
});

it('versions that are added at the same moment follow one another', async () => {
  const added = await Promise.all(Array.from({ length: 6 }, () => rig.api.ask('POST', '/templates', { body: { template: { ...OWN, id: 'at-once', action: 'at-once', phrases: ['at once please'] } } })));
  expect(added.map((a) => a.status)).toEqual(Array.from({ length: 6 }, () => 201));
  expect((await rig.pool.query<{ version: number }>(`select version from orchestrator.templates where id = 'at-once' order by version`)).rows.map((r) => r.version)).toEqual([1, 2, 3, 4, 5, 6]);
});

it('a disabled template makes no plans until it is enabled again', async () => {
  const matched = async (): Promise<unknown> => {
    const { conversation_id: id } = await rig.say('show disk usage of web-01');
    return (await rig.api.ask('GET', `/generations?conversation_id=${id}`)).json<GenerationPageView>().items[0]!.understood.length > 0 && (await rig.pool.query(`select events::text as e from orchestrator.chat_turns where conversation_id = $1`, [id])).rows[0].e.includes('"disk-report-linux"');
  };
  expect(await matched()).toBe(true);
  expect((await rig.api.ask('POST', '/templates/disk-report-linux/disable')).json<TemplateView>().enabled).toBe(false);
  expect(await matched()).toBe(false);
  expect((await rig.api.ask('POST', '/templates/disk-report-linux/enable')).json<TemplateView>().enabled).toBe(true);
  expect(await matched()).toBe(true);
  expect((await rig.api.ask('POST', '/templates/nothing/enable')).status).toBe(404);
});

it('three alike completed runs that no template made become a proposal; promoted it is a template, rejected it is gone', async () => {
  const proposals = async (): Promise<TemplateProposalListView['items']> => (await rig.api.ask('GET', '/templates/proposals')).json<TemplateProposalListView>().items;
  for (command of ['nginx', 'sshd', 'cron']) await rig.say(`check the status of the service ${command} on web-01 and the disk too`);
  const found = (await proposals()).find((p) => p.differences.some((d) => JSON.stringify(d).includes('sshd')));
  expect(found).toMatchObject({ runs: expect.any(Array), template: { steps: [{ tool: 'service-status' }, { tool: 'disk-usage' }] } });
  expect((await rig.api.ask('POST', `/templates/proposals/${found!.id}/promote`)).json<TemplateView>()).toMatchObject({ id: found!.id, version: 1, enabled: true });
  expect((await proposals()).map((p) => p.id)).not.toContain(found!.id);
  expect((await rig.api.ask('POST', `/templates/proposals/${found!.id}/reject`)).status).toBe(404);
});
