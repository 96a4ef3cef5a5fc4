import { RESULTS_STREAM } from '@opsmesh/contracts';
import type { Redis } from 'ioredis';

/** Results that are not committed yet: entries are deleted after their commit, so the stream's length is the backlog. */
export async function resultsBacklog(redis: Redis): Promise<number> {
  return redis.xlen(RESULTS_STREAM);
}
