import { RESULTS_STREAM } from '@opsmesh/contracts';
import type { Redis } from 'ioredis';
import type { Queues } from './queues.js';
import { resultsBacklog } from './results-backlog.js';

export interface QueueFigures {
  readonly queue: string;
  readonly waiting: number;
  /** Jobs that workers have. */
  readonly active: number;
  /** Age of the oldest job that waits, in seconds; 0 when none does. */
  readonly oldestAge: number;
}

/** Figures of the named queues, and of those that this process has used: tools that are not registered any more may have left jobs. */
export async function queueFigures(queues: Queues, names: ReadonlySet<string>): Promise<QueueFigures[]> {
  for (const name of names) queues.get(name);
  return Promise.all(queues.all().map(async (queue): Promise<QueueFigures> => {
    const [waiting, active, [oldest]] = await Promise.all([queue.getWaitingCount(), queue.getActiveCount(), queue.getJobs(['wait'], 0, 0, true)]);
    return { queue: queue.name, waiting, active, oldestAge: oldest ? Math.max(0, Date.now() - oldest.timestamp) / 1000 : 0 };
  }));
}

export interface ResultsFigures {
  readonly backlog: number;
  /** Age of the oldest result that is not acknowledged, in seconds by the clock of Redis; 0 when there is none. */
  readonly lag: number;
}

/** Entries are deleted after their acknowledgement, so the first one of the stream is the oldest that is not. */
export async function resultsFigures(redis: Redis): Promise<ResultsFigures> {
  const [backlog, [seconds, micros], oldest] = await Promise.all([resultsBacklog(redis), redis.time(), redis.xrange(RESULTS_STREAM, '-', '+', 'COUNT', 1)]);
  const began = Number(oldest[0]?.[0].split('-')[0]);
  return { backlog, lag: oldest.length > 0 ? Math.max(0, Number(seconds) + Number(micros) / 1e6 - began / 1000) : 0 };
}
