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

describe('without a step', () => {
  const probe = (id: string, more: object = {}): Step => ({ id, tool: 'probe', inputs: { host: id }, ...more });
  const begun = async (...steps: Step[]): Promise<RunView> => view(idOf(await api.ask('POST', '/runs', { body: { plan: document(...steps) } })));
  const statuses = (run: RunView): string[] => run.steps.map((s) => `${s.id} ${s.status}`);

  it('repeats every failed step that stands beside the others, and takes over what succeeded', async () => {
    const run = await begun(probe('a'), probe('b'), probe('c'), probe('d', { dependsOn: ['a', 'b'] }));
    for (const step of ['a', 'b']) await publishFailure(redis, run, { step });
    await publishSuccess(redis, run, { step: 'c' });
    await reaches(run.id, 'failed', 'partial');
    const child = await view(idOf(await rerun(run.id, { items: ['failed', 'not-started'] })));
    expect(statuses(child)).toEqual(['a running', 'b running', 'c succeeded', 'd waiting']);
  });

  it('does not take a step for not started that its condition left out, nor repeats what follows it', async () => {
    const never = { field: 'input.hosts.length', operator: '==', value: 0 };
    const run = await begun(probe('left', { when: never }), probe('after', { dependsOn: ['left'] }), probe('last', { dependsOn: ['after'] }));
    await publishSuccess(redis, run, { step: 'after' });
    await publishFailure(redis, await isSent(run.id, 'last'), { step: 'last' });
    await reaches(run.id, 'failed', 'partial');
    expect(problem(await rerun(run.id, { items: ['not-started'] }))).toEqual([422, 'nothing-to-rerun']);
    const child = await view(idOf(await rerun(run.id, { items: ['failed', 'not-started'] })));
    expect(statuses(child)).toEqual(['left skipped', 'after succeeded', 'last running']);
  });

  it('passes over an arm that was not taken and a compensation that was not called', async () => {
    const choose: Step = { id: 'choose', branch: [{ when: { field: 'input.hosts.length', operator: '>', value: 0 }, steps: [probe('yes')] }], else: [probe('no')] };
    const run = await begun(choose, probe('change', { onFailure: { compensate: [probe('undo')] } }), probe('slow', { dependsOn: ['choose', 'change'] }));
    for (const step of ['yes', 'change']) await publishSuccess(redis, run, { step });
    await isSent(run.id, 'slow');
    await api.ask('POST', `/runs/${run.id}/cancel`);
    await reaches(run.id, 'cancelled');
    const child = await view(idOf(await rerun(run.id, { items: ['not-started'] })));
    expect(statuses(child)).toEqual(['choose succeeded', 'yes succeeded', 'no skipped', 'change succeeded', 'undo skipped', 'slow running']);
  });
});

describe('without a step, of what failed in a container', () => {
  const both: Step[] = [{ id: 'all', loop: { forEach: '<<input.others>>', steps: [{ id: 'in', tool: 'change', inputs: { host: '<<item>>' }, critical: false }] } }, { id: 'beside', tool: 'change', inputs: { host: 'b' } }];
  const failed = async (...beside: string[]): Promise<string> => {
    const id = idOf(await api.ask('POST', '/runs', { body: { plan: document(...both) } }));
    const run = await isSent(id, 'in');
    await publishSuccess(redis, run, { step: 'in', item: 0 });
    await waitFor(async () => ((await itemsOf(id, 'in')).length === 2 ? true : undefined), { what: 'the next iteration' });
    await publishFailure(redis, run, { step: 'in', item: 1 });
    await (beside.length > 0 ? publishFailure(redis, run, { step: 'beside' }) : publishSuccess(redis, run, { step: 'beside' }));
    await reaches(id, 'failed', 'partial', 'completed');
    return id;
  };

  it('leaves to it what it has passed over', async () => {
    const child = await view(idOf(await rerun(await failed('beside'), { items: ['failed'] })));
    expect(child.steps.map((s) => `${s.id} ${s.status}`)).toEqual(['all succeeded', 'in failed', 'beside running']);
  });

  it('says that it can only be repeated as a whole where there is nothing else', async () => {
    expect(problem(await rerun(await failed(), { items: ['failed'] }))).toEqual([422, 'repeated-as-a-whole']);
  });
});

describe('with other inputs', () => {
  const GREET: Step = { id: 'greet', tool: 'change', forEach: '<<input.hosts>>', inputs: { host: '<<item>>', text: '<<input.text>>' } };
  const greeting = (text: string, extra: object = {}): Document => ({ name: 'greeting', inputs: { hosts: ['h0', 'h1'], text, ...extra }, steps: [LIST, GREET] });
  const failed = async (given: object = {}): Promise<string> => {
    const id = idOf(await api.ask('POST', '/runs', { body: { plan: greeting('old'), inputs: given } }));
    const run = await isSent(id, 'greet');
    await publishSuccess(redis, run, { step: 'list' });
    await publishSuccess(redis, run, { step: 'greet', item: 0 });
    await publishFailure(redis, run, { step: 'greet', item: 1 });
    await reaches(id, 'partial');
    return id;
  };

  it('binds the chosen items by those that are given', async () => {
    const child = idOf(await rerun(await failed(), { items: ['failed'], inputs: { text: 'given' } }));
    expect((await isSent(child, 'greet')).inputs).toEqual({ hosts: ['h0', 'h1'], text: 'given' });
    expect(await inputs(child, 'greet')).toEqual([{ host: 'h1', text: 'given' }]);
  });

  it('follows the defaults of an edited plan where the parent was given nothing else', async () => {
    const child = idOf(await rerun(await failed(), { items: ['failed'], plan: greeting('new') }));
    await isSent(child, 'greet');
    expect(await inputs(child, 'greet')).toEqual([{ host: 'h1', text: 'new' }]);
    const kept = idOf(await rerun(await failed({ text: 'chosen' }), { items: ['failed'], plan: greeting('new') }));
    await isSent(kept, 'greet');
    expect(await inputs(kept, 'greet')).toEqual([{ host: 'h1', text: 'chosen' }]);
  });

  it.each([
    ['that the plan does not declare', { inputs: { txet: 'x' } }, 'plan-invalid'], ['that are the list of the step', { inputs: { hosts: ['h1'] } }, 'rerun-plan-differs'], ['that are no object', { inputs: ['x'] }, 'invalid-body'],
  ])('refuses inputs %s', async (_what, body, code) => {
    expect(problem(await rerun(await failed(), { items: ['failed'], ...body }))).toEqual([422, code]);
  });

  it('refuses one to which a step refers that would be taken over', async () => {
    const id = idOf(await api.ask('POST', '/runs', { body: { plan: { name: 'n', inputs: { host: 'h' }, steps: [{ id: 'first', tool: 'probe', inputs: { host: '<<input.host>>' } }, { id: 'then', tool: 'change', inputs: { host: 'h' }, dependsOn: ['first'] }] } } }));
    await publishSuccess(redis, await view(id), { step: 'first' });
    await publishFailure(redis, await isSent(id, 'then'), { step: 'then' });
    await reaches(id, 'failed', 'partial');
    const answer = await rerun(id, { items: ['failed'], inputs: { host: 'other' } });
    expect([...problem(answer), answer.json<ProblemDto>().detail]).toEqual([422, 'rerun-plan-differs', expect.stringContaining('"first" is given other inputs')]);
  });
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

it('a container in which something is unknown is not repeated as one that failed', async () => {
  const plan = { name: 'l', inputs: { names: ['a'] }, steps: [{ id: 'all', loop: { forEach: '<<input.names>>', steps: [{ id: 'in', tool: 'change', inputs: { host: '<<item>>' } }] } }] };
  const id = idOf(await api.ask('POST', '/runs', { body: { plan } }));
  await publishFailure(redis, await isSent(id, 'in'), { step: 'in', code: 'connection-lost' });
  await reaches(id, 'failed');
  expect(problem(await rerun(id, { items: ['failed'] }))).toEqual([422, 'nothing-to-rerun']);
  expect(problem(await rerun(id, { items: ['failed'], step: 'all' }))).toEqual([422, 'nothing-to-rerun']);
  expect((await isSent(idOf(await rerun(id, { items: ['unknown'], step: 'all' })), 'in')).parentRunId).toBe(id);
});

it('of a run that goes on is refused', async () => {
  const id = idOf(await api.ask('POST', '/runs', { body: { plan: fanOut('probe', 1) } }));
  expect(problem(await rerun(id, { items: ['failed'] }))).toEqual([409, 'run-not-ended']);
});
