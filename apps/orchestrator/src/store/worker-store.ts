import type { WorkerRegistrationDto } from '@opsmesh/contracts';
import type { Pool } from 'pg';

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

/** Worker processes that do not come back are forgotten after this long. */
const FORGET = '1 hour';

/** Who works, and on what. */
export class WorkerStore {
  constructor(private readonly pool: Pool) {}

  async register(worker: WorkerRegistrationDto): Promise<void> {
    await this.pool.query(
      `insert into orchestrator.workers (id, service, queue, concurrency) values ($1, $2, $3, $4)
       on conflict (id) do update set service = excluded.service, queue = excluded.queue, concurrency = excluded.concurrency, seen_at = now()`,
      [worker.workerId, worker.service, worker.queue, worker.concurrency],
    );
    await this.pool.query(`delete from orchestrator.workers where seen_at < now() - interval '${FORGET}'`);
  }

  /** @returns the attempts it should publish again, or null when the worker is not known. */
  async beat(workerId: string, active: readonly string[]): Promise<string[] | null> {
    const { rows } = await this.pool.query<{ resend: string[] }>({
      name: 'beat',
      text: `update orchestrator.workers w set seen_at = now(), active = $2, resend = '{}' from (select id, resend from orchestrator.workers where id = $1 for update) o where w.id = o.id returning o.resend`,
      values: [workerId, active],
    });
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

  async deregister(workerId: string): Promise<void> {
    await this.pool.query('delete from orchestrator.workers where id = $1', [workerId]);
  }

  async list(): Promise<KnownWorker[]> {
    const { rows } = await this.pool.query<{ id: string; service: string; queue: string; concurrency: number; active: string[]; silent_ms: number }>({
      name: 'workers', text: `select id, service, queue, concurrency, active, (extract(epoch from now() - seen_at) * 1000)::float8 as silent_ms from orchestrator.workers order by id`,
    });
    return rows.map((r) => ({ id: r.id, service: r.service, queue: r.queue, concurrency: r.concurrency, active: r.active, silentMs: r.silent_ms }));
  }
}
