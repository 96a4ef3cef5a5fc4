import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { patientRedisConnection } from '@opsmesh/platform';
import { testRedisUrl, waitFor } from '@opsmesh/testing';
import { Queue, type Job } from 'bullmq';
import { PromptWorker } from './prompt-worker.js';

const name = `spec-${randomBytes(4).toString('hex')}`;
const connection = patientRedisConnection(testRedisUrl());
let queue: Queue;
let worker: PromptWorker | undefined;
/** What happened, in order: `<job> fetched`, `<job> begun`. */
let log: string[] = [];
let hold: Promise<void> | undefined;

beforeEach(() => {
  queue = new Queue(name, { connection });
  log = [];
  hold = undefined;
});
afterEach(async () => {
  await worker?.close();
  await queue.obliterate({ force: true });
  await queue.close();
});

/** A worker whose jobs wait for `hold` and then give their number; job 13 fails. */
async function start(concurrency: number): Promise<PromptWorker> {
  worker = new PromptWorker(name, async (job: Job<{ n: number }>) => {
    log.push(`${job.data.n} begun`);
    await hold;
    if (job.data.n === 13) throw new Error('bad luck');
    return job.data.n;
  }, { connection, concurrency, runRetryDelay: 50, removeOnComplete: { count: 0 } });
  worker.on('error', () => undefined);
  worker.on('active', ({ data }) => { log.push(`${(data as { n: number }).n} fetched`); });
  await worker.waitUntilReady();
  void worker.run();
  return worker;
}

const add = (count: number): Promise<unknown> => queue.addBulk(Array.from({ length: count }, (_, n) => ({ name: 'x', data: { n } })));
const count = (what: string): number => log.filter((l) => l.endsWith(what)).length;

it('begins the first of many jobs before it has fetched the last', async () => {
  await add(40);
  await start(40);
  await waitFor(() => count('begun') === 40, { what: 'all jobs' });
  expect(log.indexOf('0 begun')).toBeLessThan(10);
});

it('holds no more than it may, and takes the next one when one ends', async () => {
  let release = (): void => undefined;
  hold = new Promise((ok) => { release = ok; });
  await add(30);
  await start(12);
  await waitFor(() => count('begun') === 12, { what: 'twelve jobs' });
  expect(await queue.getActiveCount()).toBe(12);
  expect(await queue.getWaitingCount()).toBe(18);
  release();
  await waitFor(() => count('begun') === 30, { what: 'all jobs' });
  await waitFor(async () => await queue.getActiveCount() === 0, { what: 'their ends' });
  expect((await queue.getFailed()).map((j) => (j.data as { n: number }).n)).toEqual([13]);
  expect(new Set(log).size).toBe(60);
});

it('takes jobs for all its places after some could not be finished', async () => {
  let release = (): void => undefined;
  hold = new Promise((ok) => { release = ok; });
  await add(8);
  const failed: string[] = [];
  (await start(8)).on('error', (e) => { failed.push(e.message); });
  await waitFor(() => count('begun') === 8, { what: 'eight jobs' });
  const client = await queue.getBackend().client;
  await client.del(...(await queue.getActive()).map((job) => queue.toKey(job.id!)));
  release();
  await waitFor(() => failed.filter((message) => message.startsWith('Missing key')).length >= 8, { what: 'their ends to fail' });
  log = [];
  hold = new Promise((ok) => { release = ok; });
  await add(8);
  await waitFor(() => count('begun') === 8, { what: 'eight more at once' });
  release();
});

it('takes jobs that come later, one by one and together', async () => {
  await start(8);
  for (const wave of [1, 20, 3]) {
    log = [];
    await add(wave);
    await waitFor(() => count('begun') === wave, { what: 'the wave' });
  }
});

it('when closed takes no more, and waits for what it holds', async () => {
  let release = (): void => undefined;
  hold = new Promise((ok) => { release = ok; });
  await add(5);
  const closing = await start(3);
  await waitFor(() => count('begun') === 3, { what: 'three jobs' });
  const closed = once(closing, 'closed');
  const done = closing.close();
  expect(await Promise.race([closed, Promise.resolve('open')])).toBe('open');
  release();
  await done;
  expect(await queue.getWaitingCount()).toBe(2);
  expect(await queue.getActiveCount()).toBe(0);
});

it('closes when it waits for jobs', async () => {
  const idle = await start(3);
  await add(1);
  await waitFor(() => count('begun') === 1, { what: 'a job' });
  await idle.close();
  await add(1);
  expect(await queue.getWaitingCount()).toBe(1);
});
