import { PROGRESS_CHANNEL, WORKER_LOST_MS, type AttemptClaimDto, type JobDto } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { testRedisUrl, waitFor } from '@opsmesh/testing';
import type { FakeMesh } from './mesh.fixture.js';
import { finishAll, useWorker, type WorkerRig } from './worker.fixture.js';

let rig: WorkerRig;
useWorker(testRedisUrl(), (opened) => { rig = opened; });

describe('a claimed job', () => {
  it('goes with the others that wait: few requests for many attempts, each with its own answer', async () => {
    await rig.start();
    const jobs = Array.from({ length: 10 }, () => rig.mesh.job('login', { claim: true, input: { text: 'web1' } }));
    const answer = rig.mesh.routes['POST /internal/claims']!;
    rig.mesh.routes['POST /internal/claims'] = async (seen) => {
      await waitFor(async () => (await rig.queue.getActiveCount()) === jobs.length, { what: 'all jobs in hand' });
      if (seen.body.includes(jobs[4]!.attemptId)) throw new ProblemError(409, 'manifest-mismatch', 'not approved');
      return answer(seen);
    };
    await Promise.all(jobs.map((job) => rig.add(job)));
    const ended = await Promise.all(jobs.map(async (job) => (await rig.results(job))[0]!));
    expect(ended.map((r) => r.failure?.code ?? r.status)).toEqual(jobs.map((_, i) => (i === 4 ? 'manifest-mismatch' : 'succeeded')));
    const claims = rig.mesh.batches.filter((b) => b.route === 'POST /internal/claims');
    expect(claims.reduce((sum, b) => sum + b.calls, 0)).toBe(jobs.length);
    expect(claims.length).toBeLessThan(jobs.length / 2);
  });

  it('runs with a grant and a leased credential, which never leaves', async () => {
    await rig.start();
    const watcher = rig.watch();
    await watcher.subscribe(PROGRESS_CHANNEL);
    const job = rig.mesh.job('login', { claim: true, input: { text: 'web1' } });
    const said = new Promise<string>((ok) => watcher.on('message', (_channel, text: string) => { if (text.includes(job.runId)) ok(text); }));
    const result = await rig.run(job);
    expect(result).toMatchObject({ status: 'succeeded', output: { text: '10.0.0.1 [redacted] [redacted] [redacted] {"password":"[redacted]"}' } });
    const news = await said;
    expect(news).toContain('[redacted]');
    expect(news).not.toContain('hunter2');
    expect(rig.mesh.seen.filter((s) => s.route === 'POST /internal/leases').map((s) => s.caller)).toEqual([rig.service]);
  });

  it.each<[string, Partial<FakeMesh['forge']>]>([
    ['tenant', { tenant: 'evil' }], ['attempt', { attempt: 'other' }], ['worker', { worker: 'other' }], ['tool', { tool: 'echo' }], ['input', { inputSha256: '0'.repeat(64) }], ['key', { keyThumbprint: 'x'.repeat(43) }], ['time', { iat: 1000, exp: 1060 }], ['manifest', { manifestSha256: 'f'.repeat(64) }],
  ])('does nothing with a grant for another %s', async (_what, forge) => {
    await rig.start();
    rig.mesh.forge = forge;
    expect(await rig.run(rig.mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ status: 'failed', failure: { code: 'grant-refused' } });
    expect(rig.mesh.bodies('POST /internal/leases')).toEqual([]);
  });

  it('of an approved run is done with a grant for what was approved only', async () => {
    await rig.start();
    const manifestSha256 = 'a'.repeat(64);
    const job = (): JobDto => ({ ...rig.mesh.job('login', { claim: true, input: { text: 'web1' } }), manifestSha256 });
    for (const forged of [null, 'f'.repeat(64)]) {
      rig.mesh.forge = { manifestSha256: forged };
      expect(await rig.run(job())).toMatchObject({ status: 'failed', failure: { code: 'grant-refused' } });
    }
    expect(rig.mesh.bodies('POST /internal/leases')).toEqual([]);
    rig.mesh.forge = { manifestSha256 };
    expect(await rig.run(job())).toMatchObject({ status: 'succeeded' });
  });

  it('that its manifest does not hold fails and says so', async () => {
    await rig.start();
    rig.mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(409, 'manifest-mismatch', 'the approved manifest does not allow it'); };
    expect(await rig.run(rig.mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ status: 'failed', failure: { code: 'manifest-mismatch' } });
  });

  it('that is refused is dropped without a word', async () => {
    await rig.start();
    rig.mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(409, 'claim-refused', 'taken'); };
    const job = rig.mesh.job('login', { claim: true, input: { text: 'web1' } });
    const completed = new Promise((ok) => rig.events.on('completed', ({ jobId }) => { if (jobId === job.attemptId) ok(undefined); }));
    await rig.add(job);
    await completed;
    expect(JSON.stringify(await rig.published())).not.toContain(job.attemptId);
  });

  it.each([[404, 'target-unknown', 'target-unknown'], [422, 'target-refused', 'target-refused'], [409, 'target-ambiguous', 'target-refused']])('that is answered %i %s fails as %s', async (status, code, expected) => {
    await rig.start();
    rig.mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(status, code, 'no'); };
    expect(await rig.run(rig.mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ failure: { code: expected, message: 'no' } });
  });

  it('is asked for again while the orchestrator is away, with the same key', async () => {
    await rig.start();
    const answer = rig.mesh.routes['POST /internal/claims']!;
    let asked = 0;
    rig.mesh.routes['POST /internal/claims'] = (seen) => {
      if (++asked < 3) throw new ProblemError(503, 'service-unavailable', 'starting');
      return answer(seen);
    };
    expect(await rig.run(rig.mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ status: 'succeeded' });
    const bodies = rig.mesh.bodies('POST /internal/claims') as { keyThumbprint: string }[];
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies.map((b) => b.keyThumbprint)).size).toBe(1);
  });

  it('waits until its worker is heard again, and then begins', async () => {
    await rig.start();
    const beat = rig.mesh.routes['POST /internal/workers/:id/heartbeat']!;
    let silent = true;
    rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = (seen) => {
      if (silent) throw new ProblemError(503, 'service-unavailable', 'starting');
      return beat(seen);
    };
    const begun = performance.now();
    await waitFor(() => performance.now() - begun > WORKER_LOST_MS + 1000, { what: 'a silence that may mean that it is lost' });
    const job = rig.mesh.job('login', { claim: true, input: { text: 'web1' } });
    await rig.add(job);
    await waitFor(async () => (await rig.queue.getActiveCount()) === 1, { what: 'the job to be taken' });
    silent = false;
    expect((await rig.results(job))[0]).toMatchObject({ status: 'succeeded' });
  });

  describe('that has waited long for its turn', () => {
    let job: JobDto; let key: string;
    const claims = () => rig.mesh.bodies('POST /internal/claims') as AttemptClaimDto[];
    /** A job in hand whose grant expires as it waits. */
    const wait = async (): Promise<void> => {
      await rig.start();
      rig.mesh.forge = { exp: Math.floor(Date.now() / 1000) + 3 };
      job = rig.mesh.job('change', { claim: true, timeoutMs: 30_000 });
      await rig.begin(job);
      key = claims()[0]!.keyThumbprint;
      await waitFor(() => Date.now() / 1000 > rig.mesh.forge.exp!, { what: 'its grant to expire' });
      rig.mesh.forge = {};
    };

    it('is claimed again with the same key, and begins', async () => {
      await wait();
      finishAll();
      expect((await rig.results(job))[0]).toMatchObject({ status: 'succeeded' });
      expect(claims().map((c) => [c.attemptId, c.keyThumbprint])).toEqual([[job.attemptId, key], [job.attemptId, key]]);
    });

    it('does not begin when it was given up', async () => {
      await wait();
      rig.mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(409, 'claim-refused', 'unknown by now'); };
      finishAll();
      expect((await rig.results(job))[0]).toMatchObject({ failure: { code: 'service-unavailable' } });
    });

    it('waits for the orchestrator, and is cancelled without a doubt', async () => {
      await wait();
      rig.mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(503, 'service-unavailable', 'starting'); };
      finishAll();
      await rig.mesh.until(() => claims().length > 2);
      rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = () => ({ cancel: [job.attemptId], resend: [] });
      expect((await rig.results(job))[0]).toMatchObject({ failure: { code: 'cancelled' } });
    });
  });

  it('that was claimed before a silence of its worker begins after it, when it is granted once more', async () => {
    await rig.start();
    const job = rig.mesh.job('change', { claim: true, timeoutMs: 30_000 });
    await rig.begin(job);
    const beat = rig.mesh.routes['POST /internal/workers/:id/heartbeat']!;
    rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = () => { throw new ProblemError(503, 'service-unavailable', 'starting'); };
    const begun = performance.now();
    await waitFor(() => performance.now() - begun > WORKER_LOST_MS + 1000, { what: 'a silence that may mean that it is lost' });
    finishAll();
    rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = beat;
    expect((await rig.results(job))[0]).toMatchObject({ status: 'succeeded' });
    expect(rig.mesh.bodies('POST /internal/claims')).toHaveLength(2);
  });

  it('fails as service-unavailable when that takes all its time', async () => {
    await rig.start();
    rig.mesh.routes['POST /internal/claims'] = () => { throw new ProblemError(503, 'service-unavailable', 'starting'); };
    expect(await rig.run(rig.mesh.job('login', { claim: true, timeoutMs: 300, input: { text: 'web1' } }))).toMatchObject({ failure: { code: 'service-unavailable', retryable: true } });
  });

  it.each([['credential-unavailable', 404, 'credential-unavailable'], ['grant-used', 409, 'credential-unavailable'], ['grant-refused', 403, 'grant-refused'], ['service-unavailable', 503, 'service-unavailable']])('whose lease is answered %s fails', async (code, status, expected) => {
    await rig.start();
    rig.mesh.routes['POST /internal/leases'] = () => { throw new ProblemError(status, code, 'no lease'); };
    expect(await rig.run(rig.mesh.job('login', { claim: true, input: { text: 'web1' } }))).toMatchObject({ failure: { code: expected } });
  });

  it('that does not stop when cancelled is in doubt', async () => {
    await rig.start({ stopping: { finishMs: 0, abortMs: 50 } });
    const job = rig.mesh.job('change', { claim: true });
    await rig.begin(job);
    await rig.workers.pop()!.close();
    expect((await rig.results(job))[0]).toMatchObject({ failure: { code: 'stop-unconfirmed' } });
  });
});
