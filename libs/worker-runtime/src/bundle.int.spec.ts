import { CANCEL_CHANNEL, MOST_TOGETHER, type JobDto } from '@opsmesh/contracts';
import { createLogger } from '@opsmesh/platform';
import { testRedisUrl, waitFor } from '@opsmesh/testing';
import { finishAll, useWorker, type WorkerRig } from './worker.fixture.js';

let rig: WorkerRig;
useWorker(testRedisUrl(), (opened) => { rig = opened; });

const jobs = (count: number, tool = 'wait'): JobDto[] => Array.from({ length: count }, () => rig.mesh.job(tool));
const config = (concurrency: number): object => ({ config: { ...rig.options().config!, concurrency } });
const told = (): string[] => (rig.mesh.bodies('POST /internal/workers/:id/heartbeat').at(-1) as { active: string[] } | undefined)?.active ?? [];
const running = (attempts: readonly JobDto[]): Promise<void> => rig.mesh.until(() => attempts.every((a) => told().includes(a.attemptId)));

it.each([[1, 1], [11, 1], [12, 2], [50, MOST_TOGETHER], [500, MOST_TOGETHER]])('a worker of %d attempts at once takes %d in one job', async (concurrency, together) => {
  await rig.start(config(concurrency));
  expect(rig.mesh.bodies('POST /internal/workers')).toEqual([expect.objectContaining({ concurrency, together })]);
});

it('the attempts of a job run beside each other, each to a result of its own', async () => {
  await rig.start(config(50));
  const [first, second, failing] = jobs(3, 'echo') as [JobDto, JobDto, JobDto];
  first.input = { text: 'a' };
  failing.input = { text: 7 };
  await rig.addTogether(first, second, failing);
  expect(await rig.results(first)).toMatchObject([{ attemptId: first.attemptId, status: 'succeeded', output: { text: 'a' } }]);
  expect(await rig.results(second)).toMatchObject([{ attemptId: second.attemptId, status: 'succeeded', output: { text: 'none' } }]);
  expect(await rig.results(failing)).toMatchObject([{ attemptId: failing.attemptId, status: 'failed', failure: { code: 'input-invalid' } }]);
});

it('one that ends is told at once, and the job is finished with the last', async () => {
  await rig.start(config(50));
  const [first, second] = jobs(2) as [JobDto, JobDto];
  first.timeoutMs = 50;
  await rig.addTogether(first, second);
  expect(await rig.results(first)).toMatchObject([{ failure: { code: 'timed-out' } }]);
  expect(await rig.queue.getActiveCount()).toBe(1);
  finishAll();
  expect(await rig.results(second)).toMatchObject([{ status: 'succeeded' }]);
  await waitFor(async () => await rig.queue.getActiveCount() === 0, { what: 'the end of the job' });
});

it('one that can not be read is set aside and logged, and the others run', async () => {
  const lines: string[] = [];
  await rig.start({ ...config(50), log: createLogger('spec', { level: 'error', destination: { write: (line) => { lines.push(line); } } }) });
  const [good, bad, other] = jobs(3, 'echo') as [JobDto, JobDto, JobDto];
  await rig.addTogether(good, { ...bad, item: 5 }, other);
  for (const job of [good, other]) expect(await rig.results(job)).toMatchObject([{ status: 'succeeded' }]);
  await waitFor(async () => await rig.queue.getActiveCount() === 0, { what: 'the end of the job' });
  expect(lines.map((l) => JSON.parse(l) as object)).toEqual([expect.objectContaining({ tool: 'echo', msg: 'a job that can not be read was set aside' })]);
});

it('takes jobs as long as it has a place for one attempt of the next, also for that of one that ended while its job goes on', async () => {
  await rig.start(config(13));
  const pairs = Array.from({ length: 9 }, () => jobs(2));
  for (const pair of pairs) await rig.addTogether(...pair);
  const inHand = pairs.slice(0, 7).flat();
  await running(inHand);
  expect(told()).toHaveLength(14);
  expect(await rig.queue.getWaitingCount()).toBe(2);
  const end = async ({ runId }: JobDto): Promise<void> => { await rig.redis.publish(CANCEL_CHANNEL, JSON.stringify({ v: 1, runId })); };
  // There is one more than there are places: it takes two ends of different jobs to make one.
  await end(inHand[0]!);
  await rig.mesh.until(() => told().length === 13);
  expect(await rig.queue.getWaitingCount()).toBe(2);
  await end(inHand[2]!);
  await running(pairs[7]!);
  expect(told()).toHaveLength(14);
  expect(await rig.queue.getWaitingCount()).toBe(1);
});

it('when many jobs end at once takes no more than it has places for', async () => {
  await rig.start(config(12));
  const pairs = Array.from({ length: 24 }, () => jobs(2));
  for (const pair of pairs) await rig.addTogether(...pair);
  for (let wave = 0; wave < 4; wave++) {
    await running(pairs.slice(wave * 6, wave * 6 + 6).flat());
    expect(told()).toHaveLength(12);
    finishAll();
  }
  for (const job of pairs.flat()) expect(await rig.results(job)).toMatchObject([{ status: 'succeeded' }]);
});
