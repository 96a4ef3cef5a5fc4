import { QUEUE_PREFIX, type JobDto } from '@opsmesh/contracts';
import { Queue } from 'bullmq';
import type { RedisConnection } from '@opsmesh/platform';
import type { Logger } from 'pino';

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

  /** Adds jobs in one round trip; a job whose id is there already is left as it is. */
  async add(name: string, jobs: readonly JobDto[]): Promise<void> {
    const queue = this.get(name);
    await queue.waitUntilReady();
    await queue.addBulk(jobs.map((job) => ({
      name: job.tool, data: job, opts: { jobId: job.attemptId, attempts: 1, removeOnComplete: true, removeOnFail: true },
    })));
  }

  async waiting(name: string): Promise<number> {
    return this.get(name).getWaitingCount();
  }

  /** Ids of the jobs that wait for a worker. */
  async waitingIds(name: string): Promise<Set<string>> {
    return new Set(await this.get(name).getRanges(['wait', 'delayed', 'prioritized'], 0, -1));
  }

  /** Removes those of the jobs that wait for a worker. */
  async removeWaiting(name: string, jobIds: readonly string[]): Promise<void> {
    const queue = this.get(name);
    await Promise.all(jobIds.map((id) => queue.remove(id)));
  }

  /** Removes a job that no living worker has, even when the dead one still holds its lock. */
  async remove(name: string, jobId: string): Promise<void> {
    const queue = this.get(name);
    const job = await queue.getJob(jobId);
    if (!job) return;
    const client = await queue.getBackend().client;
    await client.del(`${queue.toKey(jobId)}:lock`);
    await job.remove();
  }

  async close(): Promise<void> {
    // Closing says good-bye to Redis, which fails when it is away; disconnecting then ends the attempts to reconnect but never says that it did.
    await Promise.all(this.all().map((q) => q.close().catch(() => { q.disconnect().catch(() => undefined); })));
  }
}
