import type { ItemPageView, RunView } from '@opsmesh/contracts';
import { Pool } from 'pg';
import { fanOut, QUEUE, tool, TOOLS } from '../testing/documents.js';
import { useLive, type LiveOrchestrator } from '../testing/live.js';
import { MASKED } from '../store/mask-inputs.js';

/** A tool with an input that only its schema tells to be a secret. */
const UNLOCK = tool('unlock', { inputSchema: { type: 'object', properties: { host: { type: 'string' }, pin: { type: 'string', writeOnly: true }, data: {} } } });
const SECRET = 'hunter2';

let api: LiveOrchestrator; let pool: Pool; let run: RunView;
afterAll(() => pool.end());
useLive(async (rig) => {
  ({ api } = rig);
  pool = new Pool({ connectionString: rig.databaseUrl });
  await api.askAs(QUEUE, 'POST', '/internal/workers', { body: { workerId: 'worker-1', service: QUEUE, queue: QUEUE, concurrency: 10, tools: [...TOOLS, UNLOCK] } });
  run = await api.started({ inputs: { facts: {} }, steps: [{ id: 'each', tool: 'unlock', inputs: { host: 'a', pin: SECRET, data: '<<input.facts>>' } }] });
  // What a reference brings along: the result of an earlier step may have a field of any name.
  await pool.query(`update orchestrator.items set inputs = jsonb_set(inputs::jsonb, '{data}', '{"list": [{"api_key": "${SECRET}"}]}')::json where run_id = $1`, [run.id]);
  await pool.query(`update orchestrator.runs set inputs = '{"facts": {"password": "${SECRET}"}}' where id = $1`, [run.id]);
});

interface Document { readonly paths: Record<string, Record<string, unknown>> }

it('no door of a run shows a secret of its inputs', async () => {
  const { paths } = (await api.ask('GET', '/docs-json')).json<Document>();
  const doors = Object.entries(paths).filter(([path, methods]) => path.startsWith('/runs/{id}') && methods['get'] && !/events|blobs|manifest/.test(path)).map(([path]) => path);
  expect(doors).toEqual(expect.arrayContaining(['/runs/{id}', '/runs/{id}/steps/{step}/items', '/runs/{id}/steps/{step}/items/{item}', '/runs/{id}/attempts', '/runs/{id}/approvals']));
  const seen = await Promise.all([...doors, '/runs/{id}?view=timeline', '/runs', '/approvals'].map(async (door) => {
    const answer = await api.ask('GET', door.replace('{id}', run.id).replace('{step}', 'each').replace('{item}', '0'));
    return [door, answer.status, answer.text.includes(SECRET)];
  }));
  expect(seen).toEqual(seen.map(([door]) => [door, 200, false]));
});

it('they are masked by their names and by what the tool declares; the rest is shown', async () => {
  const inputs = { host: 'a', pin: MASKED, data: { list: [{ api_key: MASKED }] } };
  expect((await api.ask('GET', `/runs/${run.id}/steps/each/items`)).json<ItemPageView>().items[0]!.inputs).toEqual(inputs);
  expect((await api.ask('GET', `/runs/${run.id}/steps/each/items/0`)).json()).toMatchObject({ inputs });
  expect((await api.view(run.id)).inputs).toEqual({ facts: { password: MASKED } });
});

it.each([['POST', 'pause', undefined], ['POST', 'resume', undefined], ['PATCH', 'steps/each', { map: { concurrency: 2 } }], ['POST', 'cancel', undefined]])('what %s %s answers has none either', async (method, act, body) => {
  const target = act === 'steps/each' ? (await api.started(fanOut('probe', 3))).id : run.id;
  await pool.query(`update orchestrator.runs set inputs = '{"facts": {"password": "${SECRET}"}}' where id = $1`, [target]);
  const answer = await api.ask(method, `/runs/${target}/${act}`, body ? { body } : {});
  expect([answer.status < 300, answer.json<RunView>().inputs]).toEqual([true, { facts: { password: MASKED } }]);
});

it('a re-run has the inputs as they are', async () => {
  const { id } = (await api.ask('POST', `/runs/${run.id}/rerun`, { body: { items: ['not-started'] } })).json<{ id: string }>();
  expect((await pool.query('select inputs from orchestrator.runs where id = $1', [id])).rows).toEqual([{ inputs: { facts: { password: SECRET } } }]);
});
