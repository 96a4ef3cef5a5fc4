import { CANCEL_CHANNEL } from '@opsmesh/contracts';
import { testRedisUrl } from '@opsmesh/testing';
import { finishAll, useWorker, type WorkerRig } from './worker.fixture.js';

let rig: WorkerRig;
useWorker(testRedisUrl(), (opened) => { rig = opened; });

describe('cancelling', () => {
  it.each([['a whole run', false], ['one attempt by its id', true]])('%s over the channel aborts at once', async (_what, named) => {
    await rig.start();
    const job = rig.mesh.job('wait');
    await rig.begin(job);
    await rig.redis.publish(CANCEL_CHANNEL, 'nonsense');
    await rig.redis.publish(CANCEL_CHANNEL, JSON.stringify({ v: 1, runId: job.runId, ...(named ? { attemptIds: [job.attemptId] } : {}) }));
    expect((await rig.results(job))[0]).toMatchObject({ status: 'failed', failure: { code: 'cancelled' } });
  });

  it('of another attempt of the run leaves this one alone', async () => {
    await rig.start();
    const job = rig.mesh.job('wait');
    await rig.begin(job);
    await rig.redis.publish(CANCEL_CHANNEL, JSON.stringify({ v: 1, runId: job.runId, attemptIds: ['another'] }));
    // A beat that begins later than the message: it was heard by then.
    const beats = rig.mesh.bodies('POST /internal/workers/:id/heartbeat').length;
    await rig.mesh.until(() => rig.mesh.bodies('POST /internal/workers/:id/heartbeat').length > beats + 1);
    finishAll();
    expect((await rig.results(job))[0]).toMatchObject({ status: 'succeeded' });
  });

  it('comes with the heartbeat as well', async () => {
    await rig.start();
    const job = rig.mesh.job('wait');
    await rig.begin(job);
    rig.mesh.routes['POST /internal/workers/:id/heartbeat'] = ({ body }) => ({ cancel: (JSON.parse(body.toString()) as { active: string[] }).active, resend: [] });
    expect((await rig.results(job))[0]).toMatchObject({ status: 'failed', failure: { code: 'cancelled' } });
  });
});
