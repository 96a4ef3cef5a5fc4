import { WORKER_LOST_MS, type WorkerRegistrationDto } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import type { Pool } from 'pg';
import type { ServiceWorker } from '../http/ports.js';

/** A worker process, as the database's clock sees it. */
export interface KnownWorker {
  readonly id: string;
  readonly service: string;
  readonly queue: string;
  readonly concurrency: number;
  readonly active: readonly string[];
  /** Milliseconds since it was heard last. */
  readonly silentMs: number;
}

/** What the workers of a queue take. */
export interface QueueRoom {
  /** How many of them there are. */
  readonly workers: number;
  /** Attempts that each of them takes in one job. */
  readonly together: number;
}

/** Worker processes that do not come back are forgotten after this long. */
const FORGET = '1 hour';

/** Who works, and on what. */
export class WorkerStore {
  constructor(private readonly pool: Pool) {}

  /** @throws ProblemError 403 `forbidden` when another service has a worker of that id */
  async register(worker: WorkerRegistrationDto): Promise<void> {
    const { rowCount } = await this.pool.query(
      `insert into orchestrator.workers (id, service, queue, concurrency, together) values ($1, $2, $3, $4, $5)
       on conflict (id) do update set queue = excluded.queue, concurrency = excluded.concurrency, together = excluded.together, seen_at = now() where workers.service = excluded.service`,
      [worker.workerId, worker.service, worker.queue, worker.concurrency, worker.together ?? 1],
    );
    if (rowCount === 0) throw foreign(worker);
    await this.pool.query(`delete from orchestrator.workers where seen_at < now() - interval '${FORGET}'`);
  }

  /**
   * @returns the attempts it should publish again, or null when the worker is not known
   * @throws ProblemError 403 `forbidden` for a worker of another service
   */
  async beat(worker: ServiceWorker, active: readonly string[]): Promise<string[] | null> {
    const { rows } = await this.pool.query<{ resend: string[] }>({
      name: 'beat',
      text: `update orchestrator.workers w set seen_at = now(), active = $2, resend = '{}' from (select id, resend from orchestrator.workers where id = $1 and service = $3 for update) o where w.id = o.id returning o.resend`,
      values: [worker.workerId, active, worker.service],
    });
    if (!rows[0]) await this.assertNotForeign(worker);
    return rows[0]?.resend ?? null;
  }

  async askToResend(workerId: string, attempts: readonly string[]): Promise<void> {
    await this.pool.query({ name: 'ask-resend', text: 'update orchestrator.workers set resend = $2 where id = $1', values: [workerId, attempts] });
  }

  /** Those of the runs of which nothing should run any more. */
  async unwanted(runIds: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'unwanted-runs',
      text: `select v.id from unnest($1::uuid[]) as v(id) left join orchestrator.runs r on r.id = v.id left join orchestrator.run_states s on s.run_id = v.id
             where r.id is null or s.stopping or r.status not in ('running', 'paused')`,
      values: [runIds],
    });
    return new Set(rows.map((r) => r.id));
  }

  /** How the attempts of each queue are best handed out, by its workers that were heard lately; queues without any are left out. */
  async rooms(): Promise<Map<string, QueueRoom>> {
    const { rows } = await this.pool.query<QueueRoom & { queue: string }>({
      name: 'queue-rooms', text: `select queue, count(*)::int as workers, min(together) as together from orchestrator.workers where seen_at > now() - $1 * interval '1 millisecond' group by queue`, values: [WORKER_LOST_MS],
    });
    return new Map(rows.map(({ queue, workers, together }) => [queue, { workers, together }]));
  }

  /** @throws ProblemError 403 `forbidden` for a worker of another service */
  async deregister(worker: ServiceWorker): Promise<void> {
    const { rowCount } = await this.pool.query('delete from orchestrator.workers where id = $1 and service = $2', [worker.workerId, worker.service]);
    if (rowCount === 0) await this.assertNotForeign(worker);
  }

  /** For what concerned no worker of the service: there is none of that id, or it is another service's. */
  private async assertNotForeign(worker: ServiceWorker): Promise<void> {
    const { rowCount } = await this.pool.query('select 1 from orchestrator.workers where id = $1 and service is distinct from $2', [worker.workerId, worker.service]);
    if (rowCount === 1) throw foreign(worker);
  }

  async list(): Promise<KnownWorker[]> {
    const { rows } = await this.pool.query<{ id: string; service: string; queue: string; concurrency: number; active: string[]; silent_ms: number }>({
      name: 'workers', text: `select id, service, queue, concurrency, active, (extract(epoch from now() - seen_at) * 1000)::float8 as silent_ms from orchestrator.workers order by id`,
    });
    return rows.map((r) => ({ id: r.id, service: r.service, queue: r.queue, concurrency: r.concurrency, active: r.active, silentMs: r.silent_ms }));
  }
}

function foreign({ workerId, service }: ServiceWorker): ProblemError {
  return new ProblemError(403, 'forbidden', `${service ?? 'nobody'} may not speak for the worker ${workerId} of another service`);
}
