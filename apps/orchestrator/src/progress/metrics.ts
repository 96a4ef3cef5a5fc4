import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Queues } from '../transport/queues.js';
import { resultsBacklog } from '../transport/results-backlog.js';

/** What the orchestrator shows to Prometheus. Figures of the record are read when they are asked for, so every process shows the same. */
export class Metrics {
  private readonly registry = new Registry();

  constructor(private readonly deps: { readonly pool: Pool; readonly redis: Redis; readonly queues: Queues }) {
    collectDefaultMetrics({ register: this.registry });
    const { pool, redis, queues } = deps;
    const registers = [this.registry];
    new Gauge({
      name: 'opsmesh_runs', help: 'runs by status, those of the last day', labelNames: ['status'], registers,
      async collect() {
        const { rows } = await pool.query<{ status: string; n: number }>(`select status, count(*)::int as n from orchestrator.runs where created_at > now() - interval '1 day' or status in ('running', 'paused') group by status`);
        this.reset();
        for (const r of rows) this.set({ status: r.status }, r.n);
      },
    });
    new Gauge({
      name: 'opsmesh_open_items', help: 'items of runs that are not over, by status', labelNames: ['status'], registers,
      async collect() {
        const { rows } = await pool.query<{ status: string; n: number }>(`select i.status, count(*)::int as n from orchestrator.runs r join orchestrator.items i on i.run_id = r.id where r.status in ('running', 'paused') group by i.status`);
        this.reset();
        for (const r of rows) this.set({ status: r.status }, r.n);
      },
    });
    new Gauge({
      name: 'opsmesh_outbox_rows', help: 'attempts that wait for the relay', registers,
      async collect() { this.set(await countOf(pool, 'select count(*)::int as n from orchestrator.outbox')); },
    });
    new Gauge({
      name: 'opsmesh_dead_letters', help: 'stream entries that were set aside', registers,
      async collect() { this.set(await countOf(pool, 'select count(*)::int as n from orchestrator.dead_letters')); },
    });
    new Gauge({
      name: 'opsmesh_results_backlog', help: 'results in the stream that are not committed yet', registers,
      async collect() { this.set(await orNaN(resultsBacklog(redis))); },
    });
    new Gauge({
      name: 'opsmesh_queue_waiting', help: 'jobs that wait for a worker, by queue', labelNames: ['queue'], registers,
      async collect() { for (const q of queues.all()) this.set({ queue: q.name }, await orNaN(queues.waiting(q.name))); },
    });
  }

  async text(): Promise<string> {
    return this.registry.metrics();
  }
}

/** A figure that can't be read now must not hide the others. */
function orNaN(figure: Promise<number>): Promise<number> {
  return figure.catch(() => NaN);
}

async function countOf(pool: Pool, text: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(text);
  return rows[0]!.n;
}
