import { PROGRESS_CHANNEL, type JobDto } from '@opsmesh/contracts';
import { createLogger } from '@opsmesh/platform';
import { testRedisUrl } from '@opsmesh/testing';
import { useWorker, type WorkerRig } from './worker.fixture.js';

let rig: WorkerRig;
useWorker(testRedisUrl(), (opened) => { rig = opened; });

describe('a job', () => {
  it('becomes a result on the stream before it is finished in the queue', async () => {
    await rig.start();
    const job = rig.mesh.job('echo', { input: { text: 'hi' } });
    const finished = new Promise<boolean>((ok) => {
      rig.events.on('completed', ({ jobId }) => {
        if (jobId === job.attemptId) void rig.published().then((entries) => { ok(JSON.stringify(entries).includes(job.attemptId)); });
      });
    });
    await rig.add(job);
    const [result] = await rig.results(job);
    expect(result).toMatchObject({ attemptId: job.attemptId, status: 'succeeded', output: { text: 'hi' }, tenantId: 'default', workerId: rig.workers[0]!.workerId });
    await expect(finished).resolves.toBe(true);
    expect(await rig.queue.getJobCounts('completed', 'failed')).toEqual({ completed: 0, failed: 0 });
  });

  it.each<[string, string, Partial<JobDto>, object]>([
    ['of a handler that gives an observable: its last value', 'stream', {}, { status: 'succeeded', output: { text: 'last' } }],
    ['of a handler that fails with a code', 'fail', {}, { status: 'failed', failure: { code: 'unreachable', message: 'nobody there', retryable: true, cause: 'EHOSTUNREACH' }, output: { text: 'so far' } }],
    ['whose input does not fit', 'echo', { input: { text: 7 } }, { status: 'failed', failure: { code: 'input-invalid' } }],
    ['whose output does not fit', 'misfit', {}, { status: 'failed', failure: { code: 'output-invalid' } }],
    ['of a tool that is not here', 'nowhere', {}, { status: 'failed', failure: { code: 'tool-unavailable' } }],
    ['of another major version', 'echo', { toolVersion: '2.0.0' }, { status: 'failed', failure: { code: 'tool-unavailable' } }],
    ['of a newer minor version', 'echo', { toolVersion: '1.7.0' }, { status: 'succeeded' }],
    ['that should have been claimed', 'change', {}, { status: 'failed', failure: { code: 'grant-refused' } }],
    ['that takes too long', 'wait', { timeoutMs: 50 }, { status: 'failed', failure: { code: 'timed-out', message: 'the attempt took longer than 50 ms' } }],
  ])('%s', async (_what, tool, more, expected) => {
    await rig.start();
    expect(await rig.run(rig.mesh.job(tool, more))).toMatchObject(expected);
  });

  it.each<[string, (job: JobDto) => unknown]>([
    ['that is no job', () => ({ hello: 'world' })],
    ['of another version', (job) => ({ ...job, v: 2 })],
    ['with a foreign id', (job) => ({ ...job, item: 5 })],
  ])('%s is set aside and logged, and the next one runs', async (_what, change) => {
    const lines: string[] = [];
    await rig.start({ log: createLogger('spec', { level: 'error', destination: { write: (line) => { lines.push(line); } } }) });
    const bad = rig.mesh.job('echo');
    const failed = new Promise((ok) => rig.events.on('failed', ({ jobId }) => { if (jobId === 'bad') ok(undefined); }));
    await rig.queue.add('echo', change(bad), { jobId: 'bad', removeOnFail: true });
    await failed;
    expect(lines.map((l) => JSON.parse(l) as object)).toEqual([expect.objectContaining({ jobId: 'bad', msg: 'a job that can not be read was set aside' })]);
    expect(await rig.run(rig.mesh.job('echo'))).toMatchObject({ status: 'succeeded' });
  });

  it('with a large output leaves it as a blob', async () => {
    await rig.start();
    const result = await rig.run(rig.mesh.job('echo', { input: { text: 'é', size: 40_000 } }));
    expect(result).toMatchObject({ status: 'succeeded', blob: { bytes: 80_011 } });
    expect(result).not.toHaveProperty('output');
    expect(rig.mesh.seen.find((s) => s.route === 'PUT /internal/blobs')!.body.toString()).toBe(JSON.stringify({ text: 'é'.repeat(40_000) }));
  });
});

describe('progress', () => {
  it('is told at most ten times a second, the newest last', async () => {
    await rig.start();
    const watcher = rig.watch();
    await watcher.subscribe(PROGRESS_CHANNEL);
    const said: { runId: string; percent: number; message: string }[] = [];
    const job = rig.mesh.job('news');
    const last = new Promise((ok) => watcher.on('message', (_channel, text: string) => {
      const news = JSON.parse(text) as (typeof said)[number];
      if (news.runId !== job.runId) return;
      said.push(news);
      if (news.percent === 100) ok(undefined);
    }));
    await rig.add(job);
    await last;
    expect(said.map((n) => n.message)).toEqual(['at 0', 'at 1000']);
  });
});
