import type { DiagnosticDto, RunPageView, RunView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { fanOut, QUEUE } from '../testing/documents.js';
import { problemOf, publishSuccess, useLive, type Answer, type LiveOrchestrator } from '../testing/live.js';

let redis: Redis; let api: LiveOrchestrator;
useLive((rig) => { ({ redis, api } = rig); });

const ONE = { name: 'one', steps: [{ id: 'only', tool: 'probe', inputs: { host: 'a' } }] };
const start = async (plan: object, { body = {}, headers = {} }: { body?: object; headers?: Record<string, string> } = {}): Promise<Answer> => api.ask('POST', '/runs', { body: { plan, ...body }, headers });

describe('POST /runs', () => {
  it('answers 202 with where the run is, and the run goes on to its end', async () => {
    const answer = await start(ONE, { body: { actor_id: 'ann' } });
    expect(answer.status).toBe(202);
    const { id, ...rest } = answer.json<{ id: string }>();
    expect(rest).toEqual({ status_url: `/runs/${id}`, events_url: `/runs/${id}/events`, warnings: [] });
    expect(answer.headers.get('location')).toBe(`/runs/${id}`);
    expect(await api.view(id)).toMatchObject({ id, tenant_id: 'default', actor_id: 'ann', name: 'one', status: 'running', steps: [{ id: 'only', status: 'running', total: 1 }] });
    await publishSuccess(redis, await api.view(id), { step: 'only', output: { text: 'up' } });
    expect(await api.ended(id)).toMatchObject({ status: 'completed' });
    expect((await api.items(id, 'only')).items).toMatchObject([{ index: 0, status: 'succeeded', output: { text: 'up' }, workerId: 'worker-1', durationMs: 3 }]);
    // Nobody claims what only reads: it began so long before its end.
    const { startedAt, finishedAt } = (await api.items(id, 'only')).items[0]!;
    expect(Date.parse(finishedAt!) - Date.parse(startedAt!)).toBe(3);
  });

  it.each([['starts', '/runs', 202], ['compiles', '/plans/compile', 200]])('%s a plan in the short form, a list of steps', async (_what, path, status) => {
    const steps = [{ tool: 'probe', parameters: { host: 'h' } }, { tool: 'probe', parameters: { host: '{{step-1.text}}' } }];
    const answer = await api.ask('POST', path, { body: { plan: steps } });
    expect([answer.status, answer.json<{ ok?: boolean }>().ok ?? true]).toEqual([status, true]);
    const wrong = await api.ask('POST', '/runs', { body: { plan: [...steps, { tool: 'prob' }] } });
    expect(problemOf(wrong)).toMatchObject({ code: 'plan-invalid', errors: expect.arrayContaining([expect.objectContaining({ code: 'unknown-tool', pointer: '/2/tool' })]) });
  });

  it('takes values for the inputs that the plan declares, and no others', async () => {
    const plan = { inputs: { host: 'declared', text: 'kept' }, steps: [{ id: 'only', tool: 'probe', inputs: { host: '<<input.host>>', text: '<<input.text>>' } }] };
    const good = await start(plan, { body: { inputs: { host: 'given' } } });
    expect((await api.items(good.json<{ id: string }>().id, 'only')).items[0]!.inputs).toEqual({ host: 'given', text: 'kept' });
    const bad = await start(plan, { body: { inputs: { hots: 'x' } } });
    expect(problemOf(bad)).toMatchObject({ status: 422, code: 'plan-invalid', errors: [{ code: 'unknown-input', pointer: '/inputs/hots' }] });
  });

  it('says everything that is wrong with a plan, with its place, and starts nothing', async () => {
    const before = (await api.ask('GET', '/runs?limit=200')).json<RunPageView>().items.length;
    const answer = await start({ steps: [{ id: 'a', tool: 'prob', inputs: { host: 'x' } }, { id: 'a', tool: 'probe', inputs: { host: '<<steps.none.output.x>>' } }] });
    const document = problemOf(answer);
    expect(document).toMatchObject({ status: 422, code: 'plan-invalid', type: 'urn:opsmesh:problem:plan-invalid', instance: '/runs' });
    const at = (d: DiagnosticDto): string => `${d.code} ${d.pointer}`;
    expect(document.errors!.map(at)).toEqual(expect.arrayContaining(['unknown-tool /steps/0/tool', 'duplicate-id /steps/1/id']));
    expect(document.errors!.find((d) => d.code === 'unknown-tool')!.fix).toEqual([{ op: 'replace', path: '/steps/0/tool', value: 'probe' }]);
    expect((await api.ask('GET', '/runs?limit=200')).json<RunPageView>().items).toHaveLength(before);
  });

  it.each([
    ['no plan', {}, 422, 'invalid-body'], ['a plan of another type', { plan: 'x' }, 422, 'invalid-body'], ['a plan that is null', { plan: null }, 422, 'invalid-body'], ['an unknown property', { plan: ONE, approve: true }, 422, 'invalid-body'],
    ['another tenant', { plan: ONE, tenant_id: 'acme' }, 403, 'tenant-mismatch'], ['no JSON', '{"plan":', 400, 'malformed-json'], ['a plan without steps', { plan: { steps: [] } }, 422, 'plan-invalid'],
    ['a plan that is too large', { plan: { ...ONE, description: 'x'.repeat(300_000) } }, 422, 'plan-invalid'],
  ])('refuses %s', async (_what, body, status, code) => {
    expect(problemOf(await api.ask('POST', '/runs', { body }))).toMatchObject({ status, code });
  });

  it('refuses a name that can not be stored', async () => {
    expect((await start(ONE, { body: { actor_id: 'a\0b' } })).status).toBe(422);
  });

  describe('with an idempotency key', () => {
    it('gives the same run again for the same request, however its keys are ordered', async () => {
      const headers = { 'idempotency-key': 'same' };
      const first = await start(ONE, { headers });
      const again = await start({ steps: ONE.steps, name: ONE.name }, { headers });
      expect([first.status, again.status]).toEqual([202, 202]);
      expect(again.json<{ id: string }>().id).toBe(first.json<{ id: string }>().id);
      expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([null, 'true']);
    });
    it('refuses another request under it', async () => {
      const headers = { 'idempotency-key': 'reused' };
      await start(ONE, { headers });
      expect(problemOf(await start({ ...ONE, name: 'two' }, { headers }))).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
    });
    it('starts one run of many requests at the same time', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => start(ONE, { headers: { 'idempotency-key': 'at-once' } })));
      expect(new Set(answers.map((a) => a.json<{ id: string }>().id)).size).toBe(1);
      expect(answers.filter((a) => a.headers.get('idempotent-replayed') === null)).toHaveLength(1);
    });
    it.each([['empty', ''], ['too long', 'x'.repeat(256)]])('refuses one that is %s', async (_what, key) => {
      expect(problemOf(await start(ONE, { headers: { 'idempotency-key': key } }))).toMatchObject({ status: 422, code: 'bad-idempotency-key' });
    });
  });
});

describe('commands', () => {
  const post = (id: string, command: string): Promise<Answer> => api.ask('POST', `/runs/${id}/${command}`);

  it('cancel ends a run of which nothing runs, and says so the second time', async () => {
    const run = await api.started(fanOut('change', 5));
    const answer = await post(run.id, 'cancel');
    expect(answer.status).toBe(202);
    expect(answer.json<RunView>()).toMatchObject({ id: run.id, status: 'cancelled', steps: [{ counts: { cancelled: 5 } }] });
    expect(problemOf(await post(run.id, 'cancel'))).toMatchObject({ status: 409, code: 'run-ended' });
    expect(problemOf(await post(run.id, 'resume'))).toMatchObject({ status: 409, code: 'run-ended' });
  });

  it('pause lets nothing new start, resume goes on', async () => {
    const run = await api.started({ steps: [{ id: 'first', tool: 'probe', inputs: { host: 'a' } }, { id: 'second', tool: 'probe', inputs: { host: 'b' }, dependsOn: ['first'] }] });
    expect((await post(run.id, 'pause')).json<RunView>().status).toBe('paused');
    await publishSuccess(redis, run, { step: 'first' });
    await waitFor(async () => (await api.view(run.id)).steps[0]!.status === 'succeeded', { what: 'the first step' });
    expect((await api.view(run.id)).steps[1]).toMatchObject({ status: 'waiting' });
    const resumed = (await post(run.id, 'resume')).json<RunView>();
    expect(resumed).toMatchObject({ status: 'running', steps: [{ status: 'succeeded' }, { status: 'running' }] });
    await publishSuccess(redis, run, { step: 'second' });
    expect((await api.ended(run.id)).status).toBe('completed');
  });

  it('take an id however it is written', async () => {
    const run = await api.started(fanOut('change', 1));
    expect((await post(run.id.toUpperCase(), 'cancel')).json<RunView>().status).toBe('cancelled');
  });

  it.each(['cancel', 'pause', 'resume'])('%s of a run that is not there is a 404', async (command) => {
    for (const id of ['00000000-0000-7000-8000-000000000000', 'nonsense']) expect(problemOf(await post(id, command))).toMatchObject({ status: 404, code: 'run-not-found' });
  });
});

describe('GET', () => {
  it.each([
    ['/runs/00000000-0000-7000-8000-000000000000', 'run-not-found'], ['/runs/nonsense', 'run-not-found'], ['/runs/nonsense/events', 'run-not-found'], ['/runs/nonsense/steps/x/items', 'run-not-found'],
    ['/tools/prob', 'tool-not-found'], ['/nowhere', 'route-not-found'], ['/runs/%00', 'run-not-found'],
  ])('%s is a 404 %s', async (path, code) => { expect(problemOf(await api.ask('GET', path))).toMatchObject({ status: 404, code }); });

  it.each(['/runs?limit=0', '/runs?limit=201', '/runs?status=odd', '/runs?cursor=nonsense', '/runs?cursor=------------------------------------', '/runs?name=%00', '/runs?nme=x'])('%s is refused', async (path) => {
    expect((await api.ask('GET', path)).status).toBe(422);
  });

  it('/runs pages and filters', async () => {
    const ids = [await api.started({ ...ONE, name: 'paged' }), await api.started({ ...ONE, name: 'paged' }), await api.started({ ...ONE, name: 'paged' })].map((r) => r.id);
    const first = (await api.ask('GET', '/runs?name=paged&limit=2')).json<RunPageView>();
    const second = (await api.ask('GET', `/runs?name=paged&limit=2&cursor=${first.next}`)).json<RunPageView>();
    expect([...first.items, ...second.items].map((r) => r.id)).toEqual(ids.sort().reverse());
    expect(second.next).toBeNull();
  });

  it('/tools lists the catalogue', async () => {
    expect((await api.ask('GET', '/tools')).json<{ items: { name: string }[] }>().items.map((t) => t.name)).toEqual(expect.arrayContaining(['change', 'list', 'login', 'probe']));
    expect((await api.ask('GET', '/tools/login')).json()).toMatchObject({ name: 'login', service: QUEUE, queue: QUEUE, credential: { kind: 'ssh', target: '/host' } });
    expect((await api.ask('GET', '/tools/prob')).text).toContain('\\"probe\\"');
  });
});

describe('plans', () => {
  it('/plans/compile says what is wrong and starts nothing', async () => {
    const good = await api.ask('POST', '/plans/compile', { body: { plan: ONE } });
    expect(good.status).toBe(200);
    expect(good.json()).toMatchObject({ ok: true, plan: { steps: [{ id: 'only', tool: 'probe', queue: QUEUE }] } });
    const bad = await api.ask('POST', '/plans/compile', { body: { plan: { steps: [{ tool: 'nope' }] } } });
    expect([bad.status, bad.json<{ ok: boolean; plan: null }>().ok, bad.json<{ plan: null }>().plan]).toEqual([200, false, null]);
  });
  it('/plans/preview gives bounds', async () => {
    expect((await api.ask('POST', '/plans/preview', { body: { plan: fanOut('probe', 3, { retry: { maxAttempts: 3 } }) } })).json()).toMatchObject({ steps: [{ id: 'each', tool: 'probe', effect: 'read', concurrency: 50, timeoutMs: 1000 }] });
    expect((await api.ask('POST', '/plans/preview', { body: { plan: { steps: [{ tool: 'nope' }] } } })).status).toBe(422);
  });
});
