import { attemptIdsOf, attemptsIn, jobDataOf, jobIdOf, QUEUE_PREFIX, type JobDto } from '@opsmesh/contracts';
import { Queue } from 'bullmq';
import type { RedisConnection } from '@opsmesh/platform';
import type { Logger } from 'pino';

/** Jobs taken out at once. */
const REMOVED_AT_ONCE = 100;

/** The BullMQ queues of the services, made as they are needed. Adapters only: nothing here decides what is queued. */
export class Queues {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly connection: RedisConnection, private readonly log: Logger) {}

  /** All queues known so far, for Bull Board and metrics. */
  all(): Queue[] {
    return [...this.queues.values()];
  }

  get(name: string): Queue {
    let queue = this.queues.get(name);
    if (!queue) {
      // A command fails at once when Redis is away: the outbox keeps what could not be sent.
      queue = new Queue(name, { prefix: QUEUE_PREFIX, connection: { ...this.connection, enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 15_000 } });
      queue.on('error', (e) => this.log.debug({ err: e, queue: name }, 'queue connection'));
      this.queues.set(name, queue);
    }
    return queue;
  }

  /** Adds jobs of one or more attempts of one tool in one round trip; a job whose id is there already is left as it is. */
  async add(name: string, jobs: readonly (readonly JobDto[])[]): Promise<void> {
    const queue = this.get(name);
    await queue.waitUntilReady();
    await queue.addBulk(jobs.map((attempts) => ({
      name: attempts[0]!.tool, data: jobDataOf(attempts), opts: { jobId: jobIdOf(attempts), attempts: 1, removeOnComplete: true, removeOnFail: true },
    })));
  }

  async waiting(name: string): Promise<number> {
    return this.get(name).getWaitingCount();
  }

  /** Ids of the attempts that wait for a worker. */
  async waitingIds(name: string): Promise<Set<string>> {
    return new Set((await this.waitingJobs(name)).flatMap(attemptIdsOf));
  }

  /** Removes those of the attempts that wait for a worker; what is bundled with them goes on waiting. */
  async removeWaiting(name: string, attemptIds: ReadonlySet<string>): Promise<void> {
    const jobIds = (await this.waitingJobs(name)).filter((id) => holdsOneOf(id, attemptIds));
    for (let from = 0; from < jobIds.length; from += REMOVED_AT_ONCE) {
      await Promise.all(jobIds.slice(from, from + REMOVED_AT_ONCE).map((id) => this.takeOut(name, id, attemptIds)));
    }
  }

  /** Removes the jobs of attempts that no living worker has, even when the dead one still holds their locks. */
  async remove(name: string, attemptIds: ReadonlySet<string>): Promise<void> {
    const queue = this.get(name);
    const taken = await queue.getRanges(['active'], 0, -1);
    await Promise.all([...new Set([...attemptIds, ...taken.filter((id) => holdsOneOf(id, attemptIds))])].map(async (id) => {
      const job = await queue.getJob(id);
      if (!job) return;
      const client = await queue.getBackend().client;
      await client.del(`${queue.toKey(id)}:lock`);
      await job.remove();
    }));
  }

  async close(): Promise<void> {
    // Closing says good-bye to Redis, which fails when it is away; disconnecting then ends the attempts to reconnect but never says that it did.
    await Promise.all(this.all().map((q) => q.close().catch(() => { q.disconnect().catch(() => undefined); })));
  }

  private waitingJobs(name: string): Promise<string[]> {
    return this.get(name).getRanges(['wait', 'delayed', 'prioritized'], 0, -1);
  }

  /** The others of a bundle are added before it goes: should a worker take it in between, they are there twice, and the second is refused or known. */
  private async takeOut(name: string, jobId: string, attemptIds: ReadonlySet<string>): Promise<void> {
    const queue = this.get(name);
    if (attemptIdsOf(jobId).some((id) => !attemptIds.has(id))) {
      const job = await queue.getJob(jobId);
      if (!job) return;
      const others = (attemptsIn(job.data) as JobDto[]).filter((a) => !attemptIds.has(a.attemptId));
      await this.add(name, [others]);
    }
    await queue.remove(jobId);
  }
}

function holdsOneOf(jobId: string, attemptIds: ReadonlySet<string>): boolean {
  return attemptIdsOf(jobId).some((id) => attemptIds.has(id));
}
