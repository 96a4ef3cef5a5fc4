import { attemptIdsOf, attemptsIn, QUEUE_PREFIX, type JobDto } from '@opsmesh/contracts';
import { redisConnection } from '@opsmesh/platform';
import { Worker, type Job } from 'bullmq';
import { openRedis, SILENT } from '../testing/rig.js';
import { TcpProxy } from '../testing/tcp-proxy.js';
import { Queues } from './queues.js';

const QUEUE = 'spec';
const attempt = (id: string): JobDto => ({ attemptId: id, tool: 'ping' }) as JobDto;
const job = (...ids: string[]): JobDto[] => ids.map(attempt);

it('can be closed while Redis is away', async () => {
  const { url, redis } = await openRedis();
  redis.disconnect();
  const proxy = new TcpProxy(new URL(url));
  await proxy.open();
  const queues = new Queues(redisConnection(proxy.url), SILENT);
  expect(await queues.waiting(QUEUE)).toBe(0);
  await proxy.cut();
  await expect(queues.waiting(QUEUE)).rejects.toThrow();
  await expect(queues.waiting(QUEUE)).rejects.toThrow();
  await queues.close();
});

describe('jobs of several attempts', () => {
  let queues: Queues;
  let url: string;
  const open: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const opened = await openRedis();
    opened.redis.disconnect();
    ({ url } = opened);
  });
  beforeEach(() => {
    queues = new Queues(redisConnection(url), SILENT);
  });
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
    await queues.get(QUEUE).obliterate({ force: true });
    await queues.close();
  });

  /** Lets a worker that never ends a job take `count` of them; then it is gone with its locks. */
  async function taken(count: number): Promise<void> {
    const worker = new Worker(QUEUE, undefined, { connection: redisConnection(url), prefix: QUEUE_PREFIX, autorun: false });
    open.push(() => worker.close());
    for (let i = 0; i < count; i++) await worker.getNextJob('of a dead worker');
  }
  const waitingJobs = (): Promise<Job[]> => queues.get(QUEUE).getJobs(['wait'], 0, -1, true);

  it('wait under the ids of their attempts, and are left alone when they come again', async () => {
    for (let i = 0; i < 2; i++) await queues.add(QUEUE, [job('a'), job('b', 'c')]);
    expect(await queues.waitingIds(QUEUE)).toEqual(new Set(['a', 'b', 'c']));
    expect(await queues.waiting(QUEUE)).toBe(2);
    expect((await waitingJobs()).map((j) => [j.id, j.name, attemptsIn(j.data)])).toEqual([['a', 'ping', [attempt('a')]], [expect.anything(), 'ping', [attempt('b'), attempt('c')]]]);
  });

  it('give back what is not to wait, and the rest goes on waiting', async () => {
    await queues.add(QUEUE, [job('a', 'b', 'c'), job('d', 'e'), job('f'), job('g', 'h')]);
    await queues.removeWaiting(QUEUE, new Set(['b', 'd', 'e', 'f', 'unknown']));
    expect(await queues.waitingIds(QUEUE)).toEqual(new Set(['a', 'c', 'g', 'h']));
    expect((await waitingJobs()).flatMap((j) => attemptsIn(j.data))).toEqual(expect.arrayContaining(['a', 'c', 'g', 'h'].map(attempt)));
  });

  it('that a dead worker holds make room for the same attempts again', async () => {
    await queues.add(QUEUE, [job('a'), job('b', 'c')]);
    await taken(2);
    await queues.add(QUEUE, [job('a'), job('b', 'c')]);
    expect(await queues.waiting(QUEUE)).toBe(0);
    await queues.remove(QUEUE, new Set(['a', 'b', 'c']));
    await queues.add(QUEUE, [job('a'), job('b', 'c')]);
    expect((await waitingJobs()).map((j) => attemptIdsOf(j.id!))).toEqual([['a'], ['b', 'c']]);
  });

  it('that others hold are left to them', async () => {
    await queues.add(QUEUE, [job('a', 'b'), job('c', 'd')]);
    await taken(2);
    await queues.remove(QUEUE, new Set(['a']));
    expect((await queues.get(QUEUE).getJobs(['active'])).map((j) => attemptIdsOf(j.id!))).toEqual([['c', 'd']]);
  });
});
