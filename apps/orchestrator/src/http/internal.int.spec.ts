import { inputSha256 } from '@opsmesh/platform';
import { fanOut, QUEUE, tool } from '../testing/documents.js';
import { problemOf, useLive, type Ask, type LiveOrchestrator } from '../testing/live.js';

let api: LiveOrchestrator;
useLive((rig) => { ({ api } = rig); });

describe('/internal', () => {
  const claim = { workerId: 'worker-1', inputSha256: '0'.repeat(64), keyThumbprint: 'A'.repeat(43) };
  const ROUTES: [string, string, Ask][] = [
    ['POST', '/internal/workers', { body: { workerId: 'w', service: 's', queue: 'q', concurrency: 1, tools: [] } }], ['POST', '/internal/workers/worker-1/heartbeat', { body: { active: [] } }],
    ['DELETE', '/internal/workers/worker-1', {}], ['POST', '/internal/claims', { body: { batch: [{ ...claim, attemptId: 'x' }] } }], ['PUT', '/internal/blobs', { body: '{}' }], ['POST', '/internal/tokens/introspect', { body: { token: 'x' } }],
  ];

  it.each(ROUTES)('%s %s refuses who has no service token for us', async (method, path, ask) => {
    expect(problemOf(await api.ask(method, path, ask))).toMatchObject({ status: 401, code: 'unauthenticated' });
    for (const token of ['nonsense', await api.keys.serviceToken('spec-service', 'asset-service')]) expect((await api.ask(method, path, { ...ask, headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
  });

  it('a service registers its own tools only', async () => {
    const body = { workerId: 'rogue-1', service: QUEUE, queue: QUEUE, concurrency: 1, tools: [] };
    expect(problemOf(await api.askAs('rogue', 'POST', '/internal/workers', { body }))).toMatchObject({ status: 403, code: 'forbidden' });
    expect(problemOf(await api.askAs('rogue', 'POST', '/internal/workers', { body: { ...body, service: 'rogue', tools: [tool('probe')] } }))).toMatchObject({ status: 409, code: 'tool-conflict' });
    expect((await api.askAs('rogue', 'POST', '/internal/workers', { body: { ...body, service: 'rogue', tools: [{ ...tool('x'), name: 'no name' }] } })).status).toBe(422);
  });

  it('a service speaks for its own workers and attempts only', async () => {
    const run = await api.started(fanOut('change', 1));
    const as = async (service: string, method: string, path: string, body?: object): Promise<unknown[]> => {
      const answer = await api.askAs(service, method, path, body ? { body } : {});
      return [answer.status, ...(answer.status === 403 ? [problemOf(answer).code] : [])];
    };
    const other = { workerId: 'other-1', service: 'other', queue: 'other', concurrency: 1, tools: [] };
    expect(await as('other', 'POST', '/internal/workers', { ...other, workerId: 'worker-1' })).toEqual([403, 'forbidden']);
    expect(await as('other', 'POST', '/internal/workers', other)).toEqual([204]);
    expect(await as('other', 'POST', '/internal/workers/worker-1/heartbeat', { active: [] })).toEqual([403, 'forbidden']);
    expect(await as('other', 'DELETE', '/internal/workers/worker-1')).toEqual([403, 'forbidden']);
    expect(await as(QUEUE, 'POST', '/internal/workers/worker-1/heartbeat', { active: [] })).toEqual([200]);
    const batch = [{ ...claim, inputSha256: inputSha256({ host: 'host-0' }), attemptId: `${run.id}.each.0.1` }];
    expect((await api.askAs('other', 'POST', '/internal/claims', { body: { batch } })).json()).toEqual({ answers: [{ problem: expect.objectContaining({ status: 403, code: 'forbidden' }) as unknown }] });
    expect((await api.view(run.id)).steps[0]!.counts).toMatchObject({ queued: 1, running: 0 });
    expect(await as('other', 'DELETE', '/internal/workers/other-1')).toEqual([204]);
  });

  it('a heartbeat says what to stop; one of an unknown worker asks it to register', async () => {
    expect(problemOf(await api.askAs(QUEUE, 'POST', '/internal/workers/nobody/heartbeat', { body: { active: [] } }))).toMatchObject({ status: 404, code: 'worker-unknown' });
    const [going, stopped] = [await api.started(fanOut('change', 1)), await api.started(fanOut('change', 1))];
    await api.ask('POST', `/runs/${stopped.id}/cancel`);
    const active = [`${going.id}.each.0.1`, `${stopped.id}.each.0.1`];
    const answer = await api.askAs(QUEUE, 'POST', '/internal/workers/worker-1/heartbeat', { body: { active } });
    expect([answer.status, answer.json()]).toEqual([200, { resend: [], cancel: [active[1]] }]);
  });

  it('a claim is answered with a grant, or refused', async () => {
    const run = await api.started(fanOut('change', 1));
    const batch = [{ ...claim, attemptId: `${run.id}.each.0.1` }, { ...claim, inputSha256: inputSha256({ host: 'host-0' }), attemptId: `${run.id}.each.0.1` }, { ...claim, attemptId: `${'-'.repeat(36)}.each.0.1` }];
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
