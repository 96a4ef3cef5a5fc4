import { fits, ItemLogView, TimelineView } from '@opsmesh/contracts';
import type { Database } from '@opsmesh/platform';
import { useLive, type LiveOrchestrator } from '../testing/live.js';
import { openRecord } from '../testing/rig.js';

let database: Database; let api: LiveOrchestrator; let id: string;
afterAll(() => database.close());
useLive(async (rig) => {
  ({ api } = rig);
  database = await openRecord(rig.databaseUrl);
  ({ id } = (await api.ask('POST', '/runs', { body: { plan: { name: 'drawn', steps: [{ id: 'a', tool: 'probe', inputs: { host: 'x' } }] } } })).json<{ id: string }>());
});
it('GET /runs/:id?view=timeline gives steps and the first bars, and refuses what is no page', async () => {
  const timeline = (await api.ask('GET', `/runs/${id}?view=timeline&limit=1`)).json<TimelineView>();
  expect(fits(TimelineView, timeline)).toBe(true);
  expect(timeline.attempts).toMatchObject({ items: [{ step: 'a', item: 0, attempt: 1, status: 'queued' }], next: null });
  expect((await api.ask('GET', `/runs/${id}/attempts?cursor=0.0`)).json()).toEqual({ items: [], next: null });
  for (const query of ['view=table', 'limit=0', 'limit=2001', 'cursor=x', 'other=1']) expect((await api.ask('GET', `/runs/${id}?view=timeline&${query}`)).status).toBe(422);
  expect((await api.ask('GET', `/runs/${id}?view=timeline&step=x`)).json()).toMatchObject({ code: 'step-not-found' });
});

it('GET /runs/:id/steps/:step/items/:item gives the log of an item with its secrets masked', async () => {
  await database.pool.query(`update orchestrator.items set inputs = '{"host": "x", "nested": {"password": "hunter2"}}' where run_id = $1`, [id]);
  const log = (await api.ask('GET', `/runs/${id}/steps/a/items/0`)).json<ItemLogView>();
  expect(fits(ItemLogView, log)).toBe(true);
  expect(log.inputs).toEqual({ host: 'x', nested: { password: '[masked]' } });
  for (const item of ['1', 'x', '-1', '99999999999']) expect((await api.ask('GET', `/runs/${id}/steps/a/items/${item}`)).json()).toMatchObject({ code: 'item-not-found' });
});

it('both are in the OpenAPI document with their fields', async () => {
  const { components: { schemas }, paths } = (await api.ask('GET', '/docs-json')).json<{ components: { schemas: Record<string, { properties?: object }> }; paths: object }>();
  for (const name of ['TimelineView', 'TimelineStepView', 'AttemptBarsView', 'ItemLogView', 'AttemptView', 'AdaptationView']) expect(Object.keys(schemas[name]?.properties ?? {})).not.toEqual([]);
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/runs/{id}', '/runs/{id}/attempts', '/runs/{id}/steps/{step}/items/{item}']));
});
