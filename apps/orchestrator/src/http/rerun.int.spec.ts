import type { ItemPageView, ItemView, ProblemDto, RunView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { fanOut } from '../testing/documents.js';
import { publishFailure, publishSuccess, useLive, type Answer, type LiveOrchestrator } from '../testing/live.js';

let redis: Redis; let api: LiveOrchestrator;
useLive((rig) => { ({ redis, api } = rig); });

interface Step { readonly id: string; readonly [key: string]: unknown }
interface Document { readonly name: string; readonly inputs?: object; readonly steps: readonly Step[] }

const view = async (id: string): Promise<RunView> => (await api.ask('GET', `/runs/${id}`)).json<RunView>();
const itemsOf = async (id: string, step: string): Promise<readonly ItemView[]> => (await api.ask('GET', `/runs/${id}/steps/${step}/items`)).json<ItemPageView>().items;
const targets = async (id: string, step: string): Promise<(string | null)[]> => (await itemsOf(id, step)).map((i) => i.target);
const inputs = async (id: string, step: string): Promise<unknown[]> => (await itemsOf(id, step)).map((i) => i.inputs);
const reaches = (id: string, ...statuses: string[]): Promise<RunView> => waitFor(async () => { const run = await view(id); return statuses.includes(run.status) ? run : undefined; }, { what: `the run to be ${statuses.join(' or ')}` });
const isSent = (id: string, step: string): Promise<RunView> => waitFor(async () => { const run = await view(id); return run.steps.find((s) => s.id === step)!.status === 'running' ? run : undefined; }, { what: `step ${step} to run` });
const rerun = (id: string, body: object, headers: Record<string, string> = {}): Promise<Answer> => api.ask('POST', `/runs/${id}/rerun`, { body, headers });
const idOf = (answer: Answer): string => { if (answer.status !== 202) throw new Error(answer.text); return answer.json<{ id: string }>().id; };
const problem = (answer: Answer): [number, string] => [answer.status, answer.json<ProblemDto>().code];

const LIST: Step = { id: 'list', tool: 'probe', inputs: { host: 'inventory' } };
const EACH: Step = { id: 'each', tool: 'change', forEach: '<<input.hosts>>', inputs: { host: '<<item>>', text: 'one' }, dependsOn: ['list'] };
const AFTER: Step = { id: 'after', tool: 'probe', inputs: { host: 'monitor' }, dependsOn: ['each'] };
const document = (...steps: Step[]): Document => ({ name: 'fleet', inputs: { hosts: ['h0', 'h1', 'h2', 'h3'], others: ['h8', 'h9'] }, steps });

/** A run that ended: of four hosts h1 and h3 failed. */
async function half(): Promise<string> {
  const id = idOf(await api.ask('POST', '/runs', { body: { plan: document(LIST, EACH, AFTER) } }));
  const run = await isSent(id, 'list');
  await publishSuccess(redis, run, { step: 'list', output: { text: 'listed' } });
  await isSent(id, 'each');
  await publishSuccess(redis, run, { step: 'each', item: 0 });
  await publishFailure(redis, run, { step: 'each', item: 1 });
  await publishSuccess(redis, run, { step: 'each', item: 2 });
  await publishFailure(redis, run, { step: 'each', item: 3 });
  await waitFor(async () => ((await view(id)).steps[1]!.status === 'partial' ? true : undefined), { what: 'the step to end' });
  if ((await view(id)).steps[2]!.status === 'running') await publishSuccess(redis, run, { step: 'after' });
  await reaches(id, 'partial', 'failed');
  return id;
}

it('repeats the failed items with the inputs they had, as a child that points at its parent, and everything after', async () => {
  const parent = await half();
  const child = idOf(await rerun(parent, { items: ['failed'] }));
  const run = await isSent(child, 'each');
  expect(run).toMatchObject({ parentRunId: parent, steps: [{ id: 'list', status: 'succeeded' }, { id: 'each', total: 2 }, { id: 'after', status: 'waiting' }] });
  expect(await inputs(child, 'each')).toEqual([{ host: 'h1', text: 'one' }, { host: 'h3', text: 'one' }]);
  await publishSuccess(redis, run, { step: 'each', item: 0 });
  await publishSuccess(redis, run, { step: 'each', item: 1 });
  await publishSuccess(redis, await isSent(child, 'after'), { step: 'after' });
  await reaches(child, 'completed');
});

it('repeats the items that are named by their numbers, however they ended', async () => {
  const child = idOf(await rerun(await half(), { step: 'each', item_numbers: [0, 3] }));
  await isSent(child, 'each');
  expect(await targets(child, 'each')).toEqual(['h0', 'h3']);
});

describe('with an edited plan', () => {
  const edited = { ...EACH, inputs: { host: '<<item>>', text: 'two: <<steps.list.output.text>>' } };

  it('binds the chosen items by the edited step, and takes over what stands before it', async () => {
    const child = idOf(await rerun(await half(), { step: 'each', items: ['failed'], plan: document(LIST, edited, AFTER) }));
    expect((await isSent(child, 'each')).steps.map((s) => s.status)).toEqual(['succeeded', 'running', 'waiting']);
    expect(await inputs(child, 'each')).toEqual([{ host: 'h1', text: 'two: listed' }, { host: 'h3', text: 'two: listed' }]);
  });

  it('may add and remove steps behind it', async () => {
    const more = [{ id: 'check', tool: 'probe', inputs: { host: 'm' }, dependsOn: ['each'] }, { id: 'last', tool: 'probe', inputs: { host: 'm' }, dependsOn: ['check'] }];
    const run = await view(idOf(await rerun(await half(), { step: 'each', items: ['failed'], plan: document(LIST, EACH, ...more) })));
    expect(run.steps.map((s) => s.id)).toEqual(['list', 'each', 'check', 'last']);
  });

  it.each([
    ['a changed step before it', document({ ...LIST, inputs: { host: 'other' } }, EACH)], ['a new step before it', document(LIST, { id: 'new', tool: 'probe', inputs: { host: 'x' } }, EACH)],
    ['another list', document(LIST, { ...EACH, forEach: '<<input.others>>' })],
  ])('is refused with %s', async (_name, plan) => {
    expect(problem(await rerun(await half(), { step: 'each', items: ['failed'], plan }))).toEqual([422, 'rerun-plan-differs']);
  });

  it('is compiled like any plan', async () => {
    expect(problem(await rerun(await half(), { step: 'each', items: ['failed'], plan: document(LIST, { ...EACH, tool: 'nosuch' }) }))).toEqual([422, 'plan-invalid']);
  });
});

it('the same idempotency key gives the same child, and belongs to one request', async () => {
  const parent = await half();
  const headers = { 'idempotency-key': `again-${parent}` };
  const answers = await Promise.all([rerun(parent, { items: ['failed'] }, headers), rerun(parent, { items: ['failed'] }, headers)]);
  const [first] = answers.map(idOf);
  expect(answers.map(idOf)).toEqual([first, first]);
  const again = await rerun(parent, { items: ['failed'] }, headers);
  expect([idOf(again), again.headers.get('idempotent-replayed')]).toEqual([first, 'true']);
  expect(problem(await rerun(parent, { items: ['failed'], step: 'each' }, headers))).toEqual([422, 'idempotency-key-reused']);
});

it.each([
  [{ items: ['unknown'] }, 'nothing-to-rerun'], [{ items: ['failed'], step: 'list' }, 'nothing-to-rerun'], [{ items: ['failed'], step: 'nosuch' }, 'nothing-to-rerun'], [{ step: 'each', item_numbers: [4] }, 'nothing-to-rerun'],
  [{ item_numbers: [1] }, 'invalid-selection'], [{ step: 'each', items: ['failed'], item_numbers: [1] }, 'invalid-selection'], [{}, 'invalid-selection'], [{ items: ['all'] }, 'invalid-body'], [{ step: 'each', item_numbers: [-1] }, 'invalid-body'],
])('refuses %j', async (body, code) => {
  expect(problem(await rerun(await half(), body))).toEqual([422, code]);
});

it('does not repeat a container silently for a step that stands in it', async () => {
  const plan = { name: 'l', inputs: { names: ['a', 'b'] }, steps: [{ id: 'all', loop: { forEach: '<<input.names>>', steps: [{ id: 'in', tool: 'change', inputs: { host: '<<item>>' } }] } }] };
  const id = idOf(await api.ask('POST', '/runs', { body: { plan } }));
  const run = await isSent(id, 'in');
  await publishFailure(redis, run, { step: 'in' });
  await reaches(id, 'failed', 'partial');
  expect(problem(await rerun(id, { items: ['failed'], step: 'in' }))).toEqual([422, 'repeated-as-a-whole']);
  expect((await isSent(idOf(await rerun(id, { items: ['failed'], step: 'all' })), 'in')).parentRunId).toBe(id);
});

it('of a run that goes on is refused', async () => {
  const id = idOf(await api.ask('POST', '/runs', { body: { plan: fanOut('probe', 1) } }));
  expect(problem(await rerun(id, { items: ['failed'] }))).toEqual([409, 'run-not-ended']);
});
