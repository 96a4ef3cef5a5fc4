import { RESULTS_STREAM } from '@opsmesh/contracts';
import type { Redis } from 'ioredis';

/** Entries of results that are not all committed yet: they are deleted after that, so the stream's length is the backlog. */
export async function resultsBacklog(redis: Redis): Promise<number> {
  return redis.xlen(RESULTS_STREAM);
}
