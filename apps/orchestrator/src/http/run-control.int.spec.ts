import type { ApprovalView, ItemPageView, ItemView, ProblemDto, RunView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { Client, type QueryResultRow } from 'pg';
import { fanOut } from '../testing/documents.js';
import { publishSuccess, useLive, type Answer, type LiveOrchestrator } from '../testing/live.js';

let databaseUrl: string; let redis: Redis; let api: LiveOrchestrator;
useLive((rig) => { ({ databaseUrl, redis, api } = rig); });

async function started(plan: object): Promise<string> {
  const answer = await api.ask('POST', '/runs', { body: { plan, actor_id: 'ann' } });
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.json<{ id: string }>().id;
}
/** The rows of a statement that the database carries out beside the orchestrator. */
async function queried<T extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<T[]> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const { rows } = await database.query<T>(text, [...values]).finally(() => database.end());
  return rows;
}
const view = async (id: string): Promise<RunView> => (await api.ask('GET', `/runs/${id}`)).json<RunView>();
const reaches = (id: string, status: string): Promise<RunView> => waitFor(async () => { const run = await view(id); return run.status === status ? run : undefined; }, { what: `the run to be ${status}` });
const problem = (answer: Answer): ProblemDto => answer.json<ProblemDto>();
const items = async (id: string, step: string): Promise<readonly ItemView[]> => (await api.ask('GET', `/runs/${id}/steps/${step}/items`)).json<ItemPageView>().items;

describe('PATCH of a step', () => {
  it('changes its concurrency while it runs, and more items start', async () => {
    const id = await started(fanOut('probe', 5, { map: { concurrency: 1 } }));
    expect((await view(id)).steps[0]!.counts.queued).toBe(1);
    const answer = await api.ask('PATCH', `/runs/${id}/steps/each`, { body: { map: { concurrency: 4 } } });
    expect([answer.status, answer.json<RunView>().steps[0]!.counts.queued]).toEqual([200, 4]);
  });

  it.each([
    [{ map: { concurrency: 0 } }, 422, 'invalid-policy', '/map/concurrency'], [{ map: { speed: 1 } }, 422, 'invalid-policy', '/map/speed'], [{ concurrency: 1 }, 422, 'invalid-body', '/concurrency'],
  ])('refuses %j with its place', async (body, status, code, pointer) => {
    const answer = await api.ask('PATCH', `/runs/${await started(fanOut('probe', 1))}/steps/each`, { body });
    expect([answer.status, problem(answer).code, problem(answer).errors?.[0]?.pointer]).toEqual([status, code, pointer]);
  });

  it('takes a key back with null', async () => {
    const id = await started(fanOut('probe', 60, { map: { concurrency: 1 } }));
    const answer = await api.ask('PATCH', `/runs/${id}/steps/each`, { body: { map: { concurrency: null } } });
    expect([answer.status, answer.json<RunView>().steps[0]!.counts.queued]).toEqual([200, 50]);
  });

  const changes = async (id: string): Promise<number> => (await queried<{ n: number }>(`select count(*)::int as n from orchestrator.history where run_id = $1 and entries::text like '%step.policy-changed%'`, [id]))[0]!.n;

  it('changes nothing the second time, nor without a key', async () => {
    const id = await started(fanOut('probe', 5, { map: { concurrency: 1 } }));
    for (const map of [{ concurrency: 2 }, { concurrency: 2 }, {}]) {
      const answer = await api.ask('PATCH', `/runs/${id}/steps/each`, { body: { map } });
      expect([answer.status, answer.json<RunView>().steps[0]!.counts.queued]).toEqual([200, 2]);
    }
    expect(await changes(id)).toBe(1);
  });

  it('that has ended is refused, though the run goes on', async () => {
    const id = await started({ name: 'two', steps: [{ id: 'first', tool: 'probe', inputs: { host: 'h' } }, { id: 'second', tool: 'probe', inputs: { host: 'h' }, dependsOn: ['first'] }] });
    await publishSuccess(redis, await view(id), { step: 'first' });
    await waitFor(async () => (await view(id)).steps[1]!.status === 'running', { what: 'the next step' });
    expect(problem(await api.ask('PATCH', `/runs/${id}/steps/first`, { body: { map: { concurrency: 2 } } }))).toMatchObject({ status: 409, code: 'step-ended' });
    expect((await api.ask('PATCH', `/runs/${id}/steps/second`, { body: { map: { concurrency: 2 } } })).status).toBe(200);
  });

  it('knows neither other steps nor other runs', async () => {
    const id = await started(fanOut('probe', 1));
    expect(problem(await api.ask('PATCH', `/runs/${id}/steps/none`, { body: { map: { concurrency: 1 } } }))).toMatchObject({ status: 404, code: 'step-not-found' });
    expect(problem(await api.ask('PATCH', `/runs/00000000-0000-7000-8000-000000000000/steps/each`, { body: { map: { concurrency: 1 } } }))).toMatchObject({ status: 404, code: 'run-not-found' });
  });
});

describe('approvals', () => {
  const ASK = { name: 'ask', steps: [{ id: 'ok', approval: { message: 'go?', approvers: ['bob'] } }, { id: 'then', tool: 'probe', inputs: { host: 'h' }, dependsOn: ['ok'] }] };

  it('wait in the list of the tenant, and an approval lets the run go on at once', async () => {
    const id = await started(ASK);
    const open = (await api.ask('GET', '/approvals')).json<{ items: ApprovalView[] }>().items;
    expect(open.find((a) => a.runId === id)).toMatchObject({ id: 'ok.0', message: 'go?', status: 'open', requestedBy: 'ann' });
    const answer = await api.ask('POST', `/runs/${id}/approvals/ok.0`, { body: { decision: 'approve', actor_id: 'bob', comment: 'fine' } });
    expect(answer.json<ApprovalView>()).toMatchObject({ status: 'approved', acts: [{ actor_id: 'bob', decision: 'approve', comment: 'fine' }] });
    await waitFor(async () => (await view(id)).steps[1]!.status === 'running', { what: 'the next step' });
    await publishSuccess(redis, await view(id), { step: 'then' });
    await reaches(id, 'completed');
  });

  it('are all found page by page, oldest first, however many wait', async () => {
    const few = await started(ASK);
    const hosts = Array.from({ length: 230 }, (_, i) => `h${i}`);
    const many = await started({ inputs: { hosts }, steps: [{ id: 'each', forEach: '<<input.hosts>>', map: { concurrency: 230 }, approval: { message: '<<item>>?' } }] });
    const seen: ApprovalView[] = [];
    for (let cursor = ''; ;) {
      const page = (await api.ask('GET', `/approvals?limit=37${cursor}`)).json<{ items: ApprovalView[]; next: string | null }>();
      expect(page.items.length).toBeLessThanOrEqual(37);
      seen.push(...page.items);
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(new Set(seen.map((a) => `${a.runId}.${a.id}`)).size).toBe(seen.length);
    expect(seen.filter((a) => a.runId === many).map((a) => a.message)).toEqual(hosts.map((h) => `${h}?`));
    expect(seen.findIndex((a) => a.runId === few)).toBeLessThan(seen.findIndex((a) => a.runId === many));
    for (const cursor of ['x', Buffer.from('["2026-01-01T00:00:00.000Z","x",0,0]').toString('base64url'), Buffer.from('["0000-99-99T99:99:99.999Z","00000000-0000-7000-8000-000000000000",0,0]').toString('base64url')]) {
      expect(problem(await api.ask('GET', `/approvals?cursor=${cursor}`))).toMatchObject({ status: 422, code: 'bad-cursor' });
    }
  });

  it.each([
    ['ok.0', { decision: 'approve', actor_id: 'mallory' }, 403, 'not-an-approver'], ['ok.9', { decision: 'approve', actor_id: 'bob' }, 404, 'approval-not-found'],
    ['then.0', { decision: 'approve', actor_id: 'bob' }, 404, 'approval-not-found'], ['ok.0', { decision: 'maybe' }, 422, 'invalid-body'],
  ])('refuse %s with %j', async (approval, body, status, code) => {
    const answer = await api.ask('POST', `/runs/${await started(ASK)}/approvals/${approval}`, { body });
    expect([answer.status, problem(answer).code]).toEqual([status, code]);
  });
});

describe('a run that is stopped', () => {
  it('says so, and that its time was over', async () => {
    const id = await started({ ...fanOut('probe', 2, { map: { concurrency: 1 } }), timeoutMs: 86_400_000 });
    expect(await view(id)).toMatchObject({ status: 'running', stopping: null, failure: null });
    await queried('update orchestrator.timers set due_at = now() where run_id = $1', [id]);
    await reaches(id, 'failed');
    const why = { stopping: 'timed-out', failure: { code: 'run-timeout', message: 'the run had not ended after its 86400000 ms' } };
    expect(await view(id)).toMatchObject(why);
    expect((await api.ask('GET', `/runs/${id}?view=timeline`)).json()).toMatchObject({ status: 'failed', ...why });
  });

  it('says that it was cancelled, with or without what it still waits for', async () => {
    const id = await started({ name: 'c', steps: [{ id: 'child', orchestration: fanOut('probe', 1) }] });
    const stopped = (await api.ask('POST', `/runs/${id}/cancel`)).json<RunView>();
    expect(stopped).toMatchObject({ stopping: 'cancelled', failure: null });
  });
});

describe('signals', () => {
  it('end the wait of a step, or are kept for it', async () => {
    const id = await started({ name: 'w', steps: [{ id: 'go', wait: { signal: 'ready' } }, { id: 'later', wait: { signal: 'done' }, dependsOn: ['go'] }] });
    expect((await api.ask('POST', `/runs/${id}/signals/done`, { body: {} })).json()).toEqual({ delivered: [] });
    const answer = await api.ask('POST', `/runs/${id}/signals/ready`, { body: { payload: { build: 7 } } });
    expect([answer.status, answer.json()]).toEqual([202, { delivered: [{ step: 'go', item: 0 }] }]);
    await reaches(id, 'completed');
    expect((await items(id, 'go'))[0]).toMatchObject({ output: { payload: { build: 7 } }, workerId: 'orchestrator' });
    expect(problem(await api.ask('POST', `/runs/${id}/signals/ready`, { body: {} }))).toMatchObject({ status: 409, code: 'run-ended' });
  });

  it.each([['bad%20name', 422, 'bad-signal-name'], ['n'.repeat(300), 422, 'bad-signal-name'], ['other', 404, 'signal-not-awaited']])('called %s, which can never arrive, are refused', async (name, status, code) => {
    const id = await started({ name: 'w', steps: [{ id: 'go', wait: { signal: 'ready' } }, { id: 'pause', wait: { ms: 60_000 } }] });
    expect(problem(await api.ask('POST', `/runs/${id}/signals/${name}`, { body: {} }))).toMatchObject({ status, code });
  });

  it('may have a name that only the run knows; one that is no name of a signal fails the step', async () => {
    const of = (name: string): object => ({ name: 'w', inputs: { name }, steps: [{ id: 'go', wait: { signal: 'of-<<input.name>>' } }] });
    const id = await started(of('x'));
    expect((await api.ask('POST', `/runs/${id}/signals/of-x`, { body: {} })).json()).toEqual({ delivered: [{ step: 'go', item: 0 }] });
    const failed = await started(of('x y'));
    await reaches(failed, 'failed');
    expect((await api.ask('GET', `/runs/${failed}`)).json()).toMatchObject({ steps: [{ status: 'failed', failure: { code: 'input-invalid' } }] });
  });

  it('carry no more than 64 KiB', async () => {
    const id = await started({ name: 'w', steps: [{ id: 'go', wait: { signal: 'ready' } }] });
    expect(problem(await api.ask('POST', `/runs/${id}/signals/ready`, { body: { payload: { big: 'x'.repeat(70_000) } } }))).toMatchObject({ status: 413, code: 'payload-too-large' });
  });
});

describe('an item of unknown outcome', () => {
  /** A run of two items of a tool that may not be repeated; the first is unknown, the second runs. */
  async function doubtful(): Promise<string> {
    const id = await started(fanOut('change', 2));
    await queried(`update orchestrator.items set status = 'unknown', started_at = now() where run_id = $1 and item = 0`, [id]);
    await queried(`update orchestrator.run_states set version = version + 1, state = replace(state, '[0,2]', '[0,1,0,0,0,1]') where run_id = $1`, [id]);
    return id;
  }
  const act = (id: string, what: string, body: object): Promise<Answer> => api.ask('POST', `/runs/${id}/steps/each/items/0/${what}`, { body });

  it('is resolved by a person, with a reason that stays in the history', async () => {
    const id = await doubtful();
    expect((await act(id, 'resolve', { status: 'succeeded', reason: 'seen on the host' })).status).toBe(204);
    expect((await items(id, 'each'))[0]!.status).toBe('succeeded');
    expect(problem(await act(id, 'resolve', { status: 'failed', reason: 'again' }))).toMatchObject({ status: 409, code: 'not-unknown' });
    await publishSuccess(redis, await view(id), { step: 'each', item: 1 });
    await reaches(id, 'completed');
  });

  it('is repeated when a person says so, under the next number', async () => {
    const id = await doubtful();
    expect((await act(id, 'repeat', { reason: 'nothing was done' })).status).toBe(204);
    expect((await items(id, 'each'))[0]).toMatchObject({ status: 'queued', attempt: 2 });
    expect(problem(await act(id, 'repeat', { reason: 'once more' }))).toMatchObject({ status: 409, code: 'not-repeatable' });
  });

  it('needs a reason and an item that is there', async () => {
    const id = await doubtful();
    expect(problem(await act(id, 'resolve', { status: 'succeeded' }))).toMatchObject({ status: 422, code: 'invalid-body' });
    expect(problem(await api.ask('POST', `/runs/${id}/steps/each/items/77/resolve`, { body: { status: 'failed', reason: 'r' } }))).toMatchObject({ status: 404, code: 'item-not-found' });
  });
});
