import type { ModelSettings } from '@opsmesh/copilot';
import { ScriptedModel, type ScriptedCall, type ScriptedTurn } from '@opsmesh/copilot/testing';
import { createTestDatabase, waitFor } from '@opsmesh/testing';
import { ChatRig } from '../testing/chat-rig.js';

// No real model was seen: the endpoint follows a script.
const KEY = 'canary-model-key';
const REPORT = 'give me a report showing the size of all C drives for all assets tagged as win10';
const PLAN = { name: 'disks', steps: [{ id: 'q', tool: 'asset-query', inputs: { filters: { tags: 'win10' } } }, { id: 'v', tool: 'Get-Volume', forEach: '<<steps.q.output.assets>>', inputs: { target_host: '<<item.hostname>>', drive_letter: 'C' } }] };

let script: (call: ScriptedCall) => ScriptedTurn = () => ({ status: 500 });
let model: ScriptedModel; let rig: ChatRig;
beforeAll(async () => {
  model = await ScriptedModel.start((call) => script(call));
  const settings: ModelSettings = { baseUrl: model.url, model: 'scripted', apiKey: KEY, silenceMs: 2000, totalMs: 5000, maxTokens: 1000, promptPrice: 1, completionPrice: 2 };
  rig = await ChatRig.start(await createTestDatabase(process.env['TEST_DATABASE_URL']!), { model: settings, tokensPerDay: 1_000_000 });
}, 60_000);
afterAll(async () => {
  await rig.stop();
  await model.stop();
}, 60_000);
const isProse = (call: ScriptedCall): boolean => call.body.messages[0]!.content.startsWith('Sum up');

it('a plan of a model is checked and run, what it costs is counted, and its prose is marked and holds computed figures only', async () => {
  script = (call) => (isProse(call) ? { say: { text: 'All {t0 succeeded} hosts were read.' } } : { say: { kind: 'plan', plan: PLAN } });
  const reply = await rig.say(REPORT, { actor_id: 'ann' });
  expect(reply).toMatchObject({ kind: 'execution_result', plan: { source: 'model', name: 'disks' }, prose: { by: 'model', text: 'All 3 hosts were read.' }, result: { tables: [{ tool: 'Get-Volume', total_rows: 3 }] } });
  expect(reply.result!.tables[0]!.columns).toEqual(expect.arrayContaining([{ title: 'size bytes', type: 'number', unit: 'bytes' }]));
  const { usage } = (await rig.api.ask('GET', `/conversations/${reply.conversation_id}`)).json<{ usage: { calls: number; cost: number } }>();
  expect(usage).toMatchObject({ calls: 2, prompt_tokens: 200, completion_tokens: 40, cost: 0.00028 });
  expect(reply.usage).toEqual(usage);
  expect((await rig.pool.query('select reserved::int, used::int from orchestrator.model_tokens')).rows).toEqual([{ reserved: 0, used: 240 }]);
});

it('prose with a figure of the model\'s own is not shown', async () => {
  script = (call) => (isProse(call) ? { say: { text: 'All 4 hosts were read.' } } : { say: { kind: 'plan', plan: PLAN } });
  expect(await rig.say(REPORT)).toMatchObject({ prose: null, result: { status: 'completed' } });
});

it.each<[string, ScriptedTurn]>([
  ['nonsense', { say: 'the weather is fine' }],
  ['half JSON', { say: '{"kind":"plan","plan":{"name":"x","steps":[{"id":"a"' }],
  ['an unknown tool', { say: { kind: 'plan', plan: { name: 'x', steps: [{ id: 'a', tool: 'format-disk', inputs: {} }] } } }],
  ['a change nobody asked for', { say: { kind: 'plan', plan: { name: 'x', steps: [{ id: 'a', tool: 'run-command', inputs: { target_host: 'web-01', command: 'rm -rf /' } }] } } }],
  ['ten thousand steps', { say: { kind: 'plan', plan: { name: 'x', steps: Array.from({ length: 10_000 }, (_, i) => ({ id: `s${i}`, tool: 'Get-Volume', inputs: { target_host: 'pc-01' } })) } } }],
  ['silence', { silent: true }],
  ['an endless answer', { endless: 'x'.repeat(10_000) }],
  ['an error that repeats the key', { status: 500 }],
])('a model that gives %s changes nothing: the built-in plan runs', async (_what, turn) => {
  script = () => turn;
  const reply = await rig.say(REPORT, { actor_id: 'bob' });
  expect(reply).toMatchObject({ kind: 'execution_result', plan: { source: 'template', risk: 'read' }, result: { status: 'completed', tables: [{ total_rows: 3 }] }, prose: null });
  expect(rig.calls.filter((c) => c.tool === 'run-command')).toEqual([]);
}, 30_000);

it('credentials in a model\'s plan are dropped and told, and are nowhere in the record; neither is the key', async () => {
  const secret = 'canary-password-4711';
  script = (call) => (isProse(call) ? { status: 400 } : { say: { kind: 'plan', plan: { ...PLAN, steps: [PLAN.steps[0], { ...PLAN.steps[1], inputs: { ...PLAN.steps[1]!.inputs, username: 'admin', password: secret } }] } } });
  const reply = await rig.say(REPORT, { actor_id: 'cat' });
  expect(reply.notes.join(' ')).toMatch(/Credentials were left out/);
  const { rows } = await rig.pool.query<{ text: string }>(`select concat(t.work::text, t.reply::text, t.events::text, t.generation::text, r.plan::text) as text from orchestrator.chat_turns t left join orchestrator.runs u on u.id = t.run_id left join orchestrator.plans r on r.sha256 = u.plan_sha256`);
  expect(rows.filter((r) => r.text.includes(secret) || r.text.includes(KEY))).toEqual([]);
});

it('what hosts wrote enters a prompt as data only, capped and with secrets taken out', async () => {
  script = (call) => (isProse(call) ? { status: 400 } : { say: { kind: 'plan', plan: PLAN } });
  const { conversation_id: id } = await rig.say(REPORT, { actor_id: 'dan' });
  await rig.say('list hosts tagged web', { actor_id: 'dan', conversation_id: id });
  const prompt = model.calls.at(-1)!.body.messages;
  expect(JSON.stringify(prompt)).toContain('pc-01');
  expect(prompt.filter((m) => m.role === 'system' && m.content.includes('pc-01'))).toEqual([]);
});

describe('a decision step', () => {
  const decide = async (): Promise<{ id: string; output: unknown }> => {
    const { id } = (await rig.api.ask('POST', '/runs', { body: { plan: { steps: [{ id: 'next', decide: { question: 'Go on?', choices: ['go', 'stop'], default: 'stop' }, timeoutMs: 20_000 }] } } })).json<{ id: string }>();
    const item = await waitFor(async () => (await rig.api.ask('GET', `/runs/${id}/steps/next/items`)).json<{ items: { status: string; output: unknown }[] }>().items.find((i) => i.status === 'succeeded'), { what: 'the decision' });
    return { id, output: item.output };
  };
  const kept = async (id: string): Promise<unknown> => (await rig.api.ask('GET', `/runs/${id}/decisions`)).json<{ items: unknown }>().items;

  it('takes the model\'s choice of the declared ones', async () => {
    script = () => ({ say: { choice: 'go', reason: 'all is well' } });
    const { id, output } = await decide();
    expect(output).toEqual({ choice: 'go', by: 'model' });
    expect(await kept(id)).toMatchObject([{ step: 'next', item: 0, attempt: 1, choice: 'go', by: 'model', reason: 'all is well', usage: { calls: 1 } }]);
  });

  it.each<[string, ScriptedTurn]>([['another choice', { say: { choice: 'rm -rf /' } }], ['nothing', { silent: true }]])('takes its default when the model says %s, and that is kept', async (_what, turn) => {
    script = () => turn;
    const { id, output } = await decide();
    expect(output).toEqual({ choice: 'stop', by: 'default' });
    expect(await kept(id)).toMatchObject([{ choice: 'stop', by: 'default' }]);
  });
});
