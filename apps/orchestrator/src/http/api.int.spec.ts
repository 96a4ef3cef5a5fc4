import { createHash } from 'node:crypto';
import { canonicalJson, PROGRESS_CHANNEL, type DiagnosticDto, type ItemPageView, type ProblemDto, type RunEventView, type RunPageView, type RunView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { fanOut, QUEUE, tool } from '../testing/documents.js';
import { EventReader, publishSuccess, useLive, type Answer, type Ask, type LiveOrchestrator } from '../testing/live.js';

let redis: Redis; let api: LiveOrchestrator;
const readers: EventReader[] = [];
afterAll(() => { for (const r of readers) r.close(); });
useLive((rig) => { ({ redis, api } = rig); });

const ONE = { name: 'one', steps: [{ id: 'only', tool: 'probe', inputs: { host: 'a' } }] };
const start = async (plan: object, { body = {}, headers = {} }: { body?: object; headers?: Record<string, string> } = {}): Promise<Answer> => api.ask('POST', '/runs', { body: { plan, ...body }, headers });
async function started(plan: object): Promise<RunView> {
  const answer = await start(plan);
  if (answer.status !== 202) throw new Error(answer.text);
  return view(answer.json<{ id: string }>().id);
}
const view = async (id: string): Promise<RunView> => (await api.ask('GET', `/runs/${id}`)).json<RunView>();
const ended = (id: string): Promise<RunView> => waitFor(async () => { const run = await view(id); return run.finishedAt === null ? undefined : run; }, { what: 'the run to end' });
const items = async (id: string, step: string, query = ''): Promise<ItemPageView> => (await api.ask('GET', `/runs/${id}/steps/${step}/items${query}`)).json<ItemPageView>();
function problem(answer: Answer): ProblemDto & { status: number } {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return answer.json<ProblemDto>();
}

describe('POST /runs', () => {
  it('answers 202 with where the run is, and the run goes on to its end', async () => {
    const answer = await start(ONE, { body: { actor_id: 'ann' } });
    expect(answer.status).toBe(202);
    const { id, ...rest } = answer.json<{ id: string }>();
    expect(rest).toEqual({ status_url: `/runs/${id}`, events_url: `/runs/${id}/events`, warnings: [] });
    expect(answer.headers.get('location')).toBe(`/runs/${id}`);
    expect(await view(id)).toMatchObject({ id, tenant_id: 'default', actor_id: 'ann', name: 'one', status: 'running', steps: [{ id: 'only', status: 'running', total: 1 }] });
    await publishSuccess(redis, await view(id), { step: 'only', output: { text: 'up' } });
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect((await items(id, 'only')).items).toMatchObject([{ index: 0, status: 'succeeded', output: { text: 'up' }, workerId: 'worker-1', durationMs: 3 }]);
  });

  it('takes values for the inputs that the plan declares, and no others', async () => {
    const plan = { inputs: { host: 'declared', text: 'kept' }, steps: [{ id: 'only', tool: 'probe', inputs: { host: '<<input.host>>', text: '<<input.text>>' } }] };
    const good = await start(plan, { body: { inputs: { host: 'given' } } });
    expect((await items(good.json<{ id: string }>().id, 'only')).items[0]!.inputs).toEqual({ host: 'given', text: 'kept' });
    const bad = await start(plan, { body: { inputs: { hots: 'x' } } });
    expect(problem(bad)).toMatchObject({ status: 422, code: 'plan-invalid', errors: [{ code: 'unknown-input', pointer: '/inputs/hots' }] });
  });

  it('says everything that is wrong with a plan, with its place, and starts nothing', async () => {
    const before = (await api.ask('GET', '/runs?limit=200')).json<RunPageView>().items.length;
    const answer = await start({ steps: [{ id: 'a', tool: 'prob', inputs: { host: 'x' } }, { id: 'a', tool: 'probe', inputs: { host: '<<steps.none.output.x>>' } }] });
    const document = problem(answer);
    expect(document).toMatchObject({ status: 422, code: 'plan-invalid', type: 'urn:opsmesh:problem:plan-invalid', instance: '/runs' });
    const at = (d: DiagnosticDto): string => `${d.code} ${d.pointer}`;
    expect(document.errors!.map(at)).toEqual(expect.arrayContaining(['unknown-tool /steps/0/tool', 'duplicate-id /steps/1/id']));
    expect(document.errors!.find((d) => d.code === 'unknown-tool')!.fix).toEqual([{ op: 'replace', path: '/steps/0/tool', value: 'probe' }]);
    expect((await api.ask('GET', '/runs?limit=200')).json<RunPageView>().items).toHaveLength(before);
  });

  it.each([
    ['no plan', {}, 422, 'invalid-body'], ['a plan of another type', { plan: 'x' }, 422, 'invalid-body'], ['an unknown property', { plan: ONE, approve: true }, 422, 'invalid-body'],
    ['another tenant', { plan: ONE, tenant_id: 'acme' }, 403, 'tenant-mismatch'], ['no JSON', '{"plan":', 400, 'malformed-json'], ['a plan without steps', { plan: { steps: [] } }, 422, 'plan-invalid'],
    ['a plan that is too large', { plan: { ...ONE, description: 'x'.repeat(300_000) } }, 422, 'plan-invalid'],
  ])('refuses %s', async (_what, body, status, code) => {
    expect(problem(await api.ask('POST', '/runs', { body }))).toMatchObject({ status, code });
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
      expect(problem(await start({ ...ONE, name: 'two' }, { headers }))).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
    });
    it('starts one run of many requests at the same time', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => start(ONE, { headers: { 'idempotency-key': 'at-once' } })));
      expect(new Set(answers.map((a) => a.json<{ id: string }>().id)).size).toBe(1);
      expect(answers.filter((a) => a.headers.get('idempotent-replayed') === null)).toHaveLength(1);
    });
    it.each([['empty', ''], ['too long', 'x'.repeat(256)]])('refuses one that is %s', async (_what, key) => {
      expect(problem(await start(ONE, { headers: { 'idempotency-key': key } }))).toMatchObject({ status: 422, code: 'bad-idempotency-key' });
    });
  });
});

describe('commands', () => {
  const post = (id: string, command: string): Promise<Answer> => api.ask('POST', `/runs/${id}/${command}`);

  it('cancel ends a run of which nothing runs, and says so the second time', async () => {
    const run = await started(fanOut('change', 5));
    const answer = await post(run.id, 'cancel');
    expect(answer.status).toBe(202);
    expect(answer.json<RunView>()).toMatchObject({ id: run.id, status: 'cancelled', steps: [{ counts: { cancelled: 5 } }] });
    expect(problem(await post(run.id, 'cancel'))).toMatchObject({ status: 409, code: 'run-ended' });
    expect(problem(await post(run.id, 'resume'))).toMatchObject({ status: 409, code: 'run-ended' });
  });

  it('pause lets nothing new start, resume goes on', async () => {
    const run = await started({ steps: [{ id: 'first', tool: 'probe', inputs: { host: 'a' } }, { id: 'second', tool: 'probe', inputs: { host: 'b' }, dependsOn: ['first'] }] });
    expect((await post(run.id, 'pause')).json<RunView>().status).toBe('paused');
    await publishSuccess(redis, run, { step: 'first' });
    await waitFor(async () => (await view(run.id)).steps[0]!.status === 'succeeded', { what: 'the first step' });
    expect((await view(run.id)).steps[1]).toMatchObject({ status: 'waiting' });
    const resumed = (await post(run.id, 'resume')).json<RunView>();
    expect(resumed).toMatchObject({ status: 'running', steps: [{ status: 'succeeded' }, { status: 'running' }] });
    await publishSuccess(redis, run, { step: 'second' });
    expect((await ended(run.id)).status).toBe('completed');
  });

  it('take an id however it is written', async () => {
    const run = await started(fanOut('change', 1));
    expect((await post(run.id.toUpperCase(), 'cancel')).json<RunView>().status).toBe('cancelled');
  });

  it.each(['cancel', 'pause', 'resume'])('%s of a run that is not there is a 404', async (command) => {
    for (const id of ['00000000-0000-7000-8000-000000000000', 'nonsense']) expect(problem(await post(id, command))).toMatchObject({ status: 404, code: 'run-not-found' });
  });
});

describe('GET', () => {
  it.each([
    ['/runs/00000000-0000-7000-8000-000000000000', 'run-not-found'], ['/runs/nonsense', 'run-not-found'], ['/runs/nonsense/events', 'run-not-found'], ['/runs/nonsense/steps/x/items', 'run-not-found'],
    ['/tools/prob', 'tool-not-found'], ['/nowhere', 'route-not-found'], ['/runs/%00', 'run-not-found'],
  ])('%s is a 404 %s', async (path, code) => { expect(problem(await api.ask('GET', path))).toMatchObject({ status: 404, code }); });

  it.each(['/runs?limit=0', '/runs?limit=201', '/runs?status=odd', '/runs?cursor=nonsense', '/runs?cursor=------------------------------------', '/runs?name=%00', '/runs?nme=x'])('%s is refused', async (path) => {
    expect((await api.ask('GET', path)).status).toBe(422);
  });

  it('/runs pages and filters', async () => {
    const ids = [await started({ ...ONE, name: 'paged' }), await started({ ...ONE, name: 'paged' }), await started({ ...ONE, name: 'paged' })].map((r) => r.id);
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

describe('items', () => {
  let run: RunView;
  beforeAll(async () => {
    run = await started(fanOut('probe', 5));
    await Promise.all([0, 1, 2, 3, 4].map((item) => publishSuccess(redis, run, { step: 'each', item, output: item === 1 ? { text: '=cmd()', size: 3 } : { text: `a "${item}", b\nc` } })));
    await ended(run.id);
  });

  it('page with every cursor', async () => {
    const first = await items(run.id, 'each', '?limit=3&sort=-index');
    const second = await items(run.id, 'each', `?limit=3&sort=-index&cursor=${first.next}`);
    expect([...first.items, ...second.items].map((i) => i.index)).toEqual([4, 3, 2, 1, 0]);
    expect(problem(await api.ask('GET', `/runs/${run.id}/steps/each/items?cursor=x`))).toMatchObject({ status: 422, code: 'bad-cursor' });
    expect(problem(await api.ask('GET', `/runs/${run.id}/steps/each/items?sort=size`))).toMatchObject({ status: 422, code: 'invalid-query' });
    expect(problem(await api.ask('GET', `/runs/${run.id}/steps/other/items`))).toMatchObject({ status: 404, code: 'step-not-found' });
  });

  it('come as CSV to who accepts it', async () => {
    const answer = await api.ask('GET', `/runs/${run.id}/steps/each/items?limit=2`, { headers: { accept: 'text/csv' } });
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(answer.text.split('\r\n').slice(0, 3)).toEqual([
      'index,target,status,attempt,durationMs,failureCode,failureMessage,output.text,output.size', '0,host-0,succeeded,1,3,,,"a ""0"", b\nc",', "1,host-1,succeeded,1,3,,,'=cmd(),3",
    ]);
    expect(answer.headers.get('link')).toMatch(/rel="next"/);
    expect((await api.ask('GET', `/runs/${run.id}/steps/each/items`, { headers: { accept: '*/*' } })).headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('of a page in CSV lead to the next one with the same query', async () => {
    const seen: string[] = [];
    for (let path: string | undefined = `/runs/${run.id}/steps/each/items?limit=2&sort=-index`; path;) {
      const answer: Answer = await api.ask('GET', path, { headers: { accept: 'text/csv' } });
      seen.push(...answer.text.split('\r\n').slice(1).map((l) => /^(\d),host/.exec(l)?.[1]).filter((i) => i !== undefined));
      const next = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1];
      path = next && new URL(next, api.url + path).href.slice(api.url.length);
    }
    expect(seen).toEqual(['4', '3', '2', '1', '0']);
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

describe('events', () => {
  async function watch(id: string, last?: number): Promise<EventReader> {
    const reader = await EventReader.open(`${api.url}/runs/${id}/events`, last === undefined ? {} : { 'last-event-id': String(last) });
    readers.push(reader);
    return reader;
  }
  const ids = (reader: EventReader): (number | null)[] => reader.events.filter((e) => e.event !== 'progress').map((e) => e.id);
  const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it('come as they happen, without gap or duplicate, and end with run.finished', async () => {
    const run = await started(fanOut('probe', 30, { map: { concurrency: 3 } }));
    const reader = await watch(run.id);
    await waitFor(() => reader.events.length >= 2, { what: 'the first events' });
    for (let item = 0; item < 30; item++) {
      await waitFor(async () => (await items(run.id, 'each', '?status=queued')).items.some((i) => i.index === item), { what: `item ${item} to be queued`, everyMs: 5 });
      await publishSuccess(redis, run, { step: 'each', item });
    }
    await waitFor(() => reader.ended, { what: 'the stream to end' });
    const { lastEvent } = await view(run.id);
    expect(ids(reader)).toEqual(numbers(1, lastEvent));
    expect(reader.events.at(-1)!.event).toBe('run.finished');
    expect(reader.events[1]).toEqual({ id: 2, event: 'step.started', data: expect.objectContaining({ seq: 2, type: 'step.started', step: 'each', item: null, data: { total: 30 } }) as RunEventView });
    // Whoever comes later gets the same, from wherever it was.
    for (const last of [1, 7, lastEvent - 1]) {
      const late = await watch(run.id, last);
      await waitFor(() => late.ended, { what: 'the late stream to end' });
      expect(ids(late)).toEqual(numbers(last + 1, lastEvent));
    }
  });

  it('go on after Last-Event-ID while the run goes on', async () => {
    const run = await started(fanOut('probe', 4));
    const first = await watch(run.id);
    await publishSuccess(redis, run, { step: 'each', item: 0 });
    await waitFor(() => ids(first).length === 3, { what: 'three events' });
    first.close();
    await publishSuccess(redis, run, { step: 'each', item: 1 });
    const second = await watch(run.id, 3);
    await publishSuccess(redis, run, { step: 'each', item: 2 });
    await publishSuccess(redis, run, { step: 'each', item: 3 });
    await waitFor(() => second.ended, { what: 'the stream to end' });
    expect([...ids(first), ...ids(second)]).toEqual(numbers(1, (await view(run.id)).lastEvent));
  });

  it('of a run that ended are over for who has seen them all: an EventSource would ask for ever', async () => {
    const run = await started(ONE);
    await publishSuccess(redis, run, { step: 'only' });
    const { lastEvent } = await ended(run.id);
    const answer = await fetch(`${api.url}/runs/${run.id}/events`, { headers: { 'last-event-id': String(lastEvent) } });
    await answer.body?.cancel();
    expect(answer.status).toBe(204);
  });

  it('carry the progress that workers publish, without an id', async () => {
    const run = await started(ONE);
    const reader = await watch(run.id);
    await waitFor(() => reader.events.length === 2, { what: 'the stored events' });
    await redis.publish(PROGRESS_CHANNEL, 'nonsense');
    await redis.publish(PROGRESS_CHANNEL, JSON.stringify({ v: 1, runId: '00000000-0000-7000-8000-000000000000', stepId: 'only', item: 0, attempt: 1, percent: 1 }));
    await redis.publish(PROGRESS_CHANNEL, JSON.stringify({ v: 1, runId: run.id, stepId: 'only', item: 0, attempt: 1, percent: 40, message: 'line\n\nbreaks' }));
    await waitFor(() => reader.events.length === 3, { what: 'the progress' });
    expect(reader.events[2]).toMatchObject({ id: null, event: 'progress', data: { runId: run.id, percent: 40, message: 'line\n\nbreaks' } });
    reader.close();
  });
});

describe('/internal', () => {
  const claim = { workerId: 'worker-1', inputSha256: '0'.repeat(64), keyThumbprint: 'A'.repeat(43) };
  const ROUTES: [string, string, Ask][] = [
    ['POST', '/internal/workers', { body: { workerId: 'w', service: 's', queue: 'q', concurrency: 1, tools: [] } }], ['POST', '/internal/workers/worker-1/heartbeat', { body: { active: [] } }],
    ['DELETE', '/internal/workers/worker-1', {}], ['POST', '/internal/claims', { body: { batch: [{ ...claim, attemptId: 'x' }] } }], ['PUT', '/internal/blobs', { body: '{}' }], ['POST', '/internal/tokens/introspect', { body: { token: 'x' } }],
  ];

  it.each(ROUTES)('%s %s refuses who has no service token for us', async (method, path, ask) => {
    expect(problem(await api.ask(method, path, ask))).toMatchObject({ status: 401, code: 'unauthenticated' });
    for (const token of ['nonsense', await api.keys.serviceToken('spec-service', 'asset-service')]) expect((await api.ask(method, path, { ...ask, headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
  });

  it('a service registers its own tools only', async () => {
    const body = { workerId: 'rogue-1', service: QUEUE, queue: QUEUE, concurrency: 1, tools: [] };
    expect(problem(await api.askAs('rogue', 'POST', '/internal/workers', { body }))).toMatchObject({ status: 403, code: 'forbidden' });
    expect(problem(await api.askAs('rogue', 'POST', '/internal/workers', { body: { ...body, service: 'rogue', tools: [tool('probe')] } }))).toMatchObject({ status: 409, code: 'tool-conflict' });
    expect((await api.askAs('rogue', 'POST', '/internal/workers', { body: { ...body, service: 'rogue', tools: [{ ...tool('x'), name: 'no name' }] } })).status).toBe(422);
  });

  it('a heartbeat says what to stop; one of an unknown worker asks it to register', async () => {
    expect(problem(await api.askAs(QUEUE, 'POST', '/internal/workers/nobody/heartbeat', { body: { active: [] } }))).toMatchObject({ status: 404, code: 'worker-unknown' });
    const [going, stopped] = [await started(fanOut('change', 1)), await started(fanOut('change', 1))];
    await api.ask('POST', `/runs/${stopped.id}/cancel`);
    const active = [`${going.id}.each.0.1`, `${stopped.id}.each.0.1`];
    const answer = await api.askAs(QUEUE, 'POST', '/internal/workers/worker-1/heartbeat', { body: { active } });
    expect([answer.status, answer.json()]).toEqual([200, { resend: [], cancel: [active[1]] }]);
  });

  it('a claim is answered with a grant, or refused', async () => {
    const run = await started(fanOut('change', 1));
    const inputSha256 = createHash('sha256').update(canonicalJson({ host: 'host-0' })).digest('hex');
    const batch = [{ ...claim, attemptId: `${run.id}.each.0.1` }, { ...claim, inputSha256, attemptId: `${run.id}.each.0.1` }, { ...claim, attemptId: `${'-'.repeat(36)}.each.0.1` }];
    const answer = await api.askAs(QUEUE, 'POST', '/internal/claims', { body: { batch } });
    expect(answer.json()).toEqual({ answers: [{ problem: expect.objectContaining({ status: 409, code: 'claim-refused' }) as unknown }, { ok: { grant: expect.any(String) as unknown, expiresAt: expect.any(String) as unknown } }, { problem: expect.objectContaining({ status: 409, code: 'claim-refused' }) as unknown }] });
    expect((await api.askAs(QUEUE, 'POST', '/internal/claims', { body: { batch: [] } })).status).toBe(422);
  });

  it('a blob is stored as it is, and one without a byte refused', async () => {
    const bytes = Buffer.from(JSON.stringify({ text: 'ü'.repeat(100_000) }));
    const answer = await api.askAs(QUEUE, 'PUT', '/internal/blobs', { body: bytes, headers: { 'content-type': 'application/octet-stream' } });
    expect([answer.status, answer.json<{ bytes: number }>().bytes]).toEqual([200, bytes.length]);
    expect((await api.askAs(QUEUE, 'PUT', '/internal/blobs', {})).status).toBe(422);
  });
});
