import { ProblemError, StartError } from '@opsmesh/platform';
import { testRedisUrl } from '@opsmesh/testing';
import { startWorker } from './index.js';
import { finishAll, useWorker, type WorkerRig } from './worker.fixture.js';

let rig: WorkerRig;
useWorker(testRedisUrl(), (opened) => { rig = opened; });

describe('the process', () => {
  it('registers its tools, then beats with what is running, and says good-bye', async () => {
    const worker = await rig.start();
    expect(rig.mesh.bodies('POST /internal/workers')).toEqual([expect.objectContaining({ workerId: worker.workerId, service: rig.service, queue: rig.service, concurrency: 20 })]);
    expect((rig.mesh.bodies('POST /internal/workers')[0] as { tools: object[] }).tools).toContainEqual(expect.objectContaining({ name: 'echo', version: '1.0.0', effect: 'read', examples: [{ text: 'hi' }], inputSchema: expect.objectContaining({ additionalProperties: false }) }));
    const job = rig.mesh.job('wait');
    await rig.add(job);
    await rig.mesh.until(() => rig.mesh.bodies('POST /internal/workers/:id/heartbeat').some((b) => (b as { active: string[] }).active.includes(job.attemptId)));
    await worker.close();
    expect(rig.mesh.seen.at(-1)!.route).toBe('DELETE /internal/workers/:id');
  });

  it('waits for the orchestrator, and registers again when it is not known any more', async () => {
    let tries = 0;
    rig.mesh.routes['POST /internal/workers'] = () => { if (++tries < 3) throw new ProblemError(503, 'service-unavailable', 'starting'); };
    await rig.start();
    expect(tries).toBe(3);
    rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = () => {
      rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = () => ({ cancel: [], resend: [] });
      throw new ProblemError(404, 'worker-unknown', 'who?');
    };
    await rig.mesh.until(() => tries === 4);
  });

  it('does not start when another service has the tool', async () => {
    rig.mesh.routes['POST /internal/workers'] = () => { throw new ProblemError(409, 'tool-conflict', '"echo" belongs to other-service'); };
    await expect(startWorker(rig.options())).rejects.toThrow(new StartError(`the orchestrator refuses the tools of ${rig.service} (tool-conflict): "echo" belongs to other-service`));
  });

  it('publishes a result again when asked, as long as it knows it', async () => {
    await rig.start();
    const job = rig.mesh.job('echo', { input: { text: 'again' } });
    await rig.run(job);
    rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = () => {
      rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = () => ({ cancel: [], resend: [] });
      return { cancel: [], resend: [job.attemptId, 'unknown'] };
    };
    const [first, second] = await rig.results(job, 2);
    expect(second).toEqual(first);
  });

  it('answers a second delivery of a finished attempt with the first result', async () => {
    await rig.start();
    const job = rig.mesh.job('login', { claim: true, input: { text: 'web1' } });
    await rig.run(job);
    await rig.queue.getJob(job.attemptId).then((j) => j?.waitUntilFinished(rig.events, 5000).catch(() => undefined));
    await rig.add(job);
    expect(await rig.results(job, 2)).toHaveLength(2);
    expect(rig.mesh.bodies('POST /internal/claims')).toHaveLength(1);
  });

  it('finishes what is in hand before it ends, and takes nothing new', async () => {
    const worker = await rig.start({ stopping: { finishMs: 5000, abortMs: 100 } });
    const job = rig.mesh.job('wait');
    await rig.begin(job);
    const closed = worker.close();
    const later = rig.mesh.job('echo');
    await rig.add(later);
    finishAll();
    await closed;
    expect((await rig.results(job))[0]).toMatchObject({ status: 'succeeded', output: { text: 'waited' } });
    expect(await rig.queue.getWaitingCount()).toBe(1);
  });

  it('aborts what does not finish: a read is lost, to be done elsewhere', async () => {
    const worker = await rig.start({ stopping: { finishMs: 0, abortMs: 100 } });
    const job = rig.mesh.job('wait');
    await rig.begin(job);
    await worker.close();
    expect((await rig.results(job))[0]).toMatchObject({ failure: { code: 'worker-lost' } });
  });

  it('tells its health and figures', async () => {
    const { port } = await rig.start();
    await rig.run(rig.mesh.job('echo'));
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get('/health/live')).json()).toEqual({ status: 'ok' });
    expect(await (await get('/health/ready')).json()).toEqual({ status: 'ok' });
    const metrics = await get('/metrics');
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toMatch(/opsmesh_attempts_total\{tool="echo",outcome="succeeded"\} 1/);
  });

  it('tells its figures to tokens with the scope metrics:read only, when it asks for tokens', async () => {
    const { config } = rig.options();
    rig.mesh.routes['POST /internal/tokens/introspect'] = ({ body }) => ({ tenantId: 'default', actorId: 'ann', scopes: [(JSON.parse(body.toString()) as { token: string }).token] });
    const { port } = await rig.start({ config: { ...config!, auth: 'on' } });
    const ask = async (token?: string) => (await fetch(`http://127.0.0.1:${port}/metrics`, token ? { headers: { authorization: `Bearer ${token}` } } : {})).status;
    expect([await ask(), await ask('runs:read'), await ask('metrics:read')]).toEqual([401, 403, 200]);
  });

  it('is not ready before it is registered', async () => {
    rig.mesh.routes['POST /internal/workers'] = () => { throw new ProblemError(503, 'service-unavailable', 'starting'); };
    let port = 0;
    const starting = startWorker(rig.options({ beforeListen: (app) => { app.getHttpServer().on('listening', () => { port = (app.getHttpServer().address() as { port: number }).port; }); } }));
    await rig.mesh.until(() => rig.mesh.bodies('POST /internal/workers').length > 0);
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'not-ready', detail: expect.stringContaining('the orchestrator has not registered the worker') as string });
    rig.mesh.routes['POST /internal/workers'] = () => undefined;
    rig.workers.push(await starting);
  });
});
