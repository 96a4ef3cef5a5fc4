import { ProblemError } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { ChangeSet } from '../engine/change-set.js';
import type { ClaimDesk } from '../engine/claim-desk.js';
import { recordFigures, type RecordFigures } from '../store/record-figures.js';
import type { Queues } from '../transport/queues.js';
import { queueFigures, resultsFigures, type QueueFigures, type ResultsFigures } from '../transport/transport-figures.js';
import { CommitMetrics } from './commit-metrics.js';
import { SharedReading } from './shared-reading.js';

/** How old figures of the record may be that are shown, in milliseconds: all gauges of one scrape, and scrapes that follow at once, share a reading. */
const MAX_AGE_MS = 2000;

export interface MetricsParts {
  readonly pool: Pool;
  /** Asked for when they are read: the transport is made later. */
  readonly transport: () => { readonly redis: Redis; readonly queues: Queues };
  /** Names of the queues of all registered tools, also of those to which this process has sent nothing. */
  readonly queueNames: () => Promise<ReadonlySet<string>>;
}

/** What the orchestrator shows to Prometheus (docs/metrics.md). Figures of the record and of Redis are read when they are asked for, so every process shows the same. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly commits = new CommitMetrics(this.registry);
  private readonly claims = new Counter({ name: 'opsmesh_claims_total', help: 'Claims of attempts that this process answered, by outcome (granted or the code of the refusal)', labelNames: ['outcome'], registers: [this.registry] });
  private readonly purges = new Counter({ name: 'opsmesh_runs_purged_total', help: 'Runs that this process deleted because they were kept for long enough', registers: [this.registry] });

  constructor({ pool, transport, queueNames }: MetricsParts) {
    collectDefaultMetrics({ register: this.registry });
    this.gaugesOfRecord(new SharedReading(() => recordFigures(pool), MAX_AGE_MS));
    this.gaugesOfTransport(new SharedReading(async () => queueFigures(transport().queues, await queueNames()), MAX_AGE_MS), new SharedReading(() => resultsFigures(transport().redis), MAX_AGE_MS));
  }

  async text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Told of what this process has committed. */
  committed(changes: readonly ChangeSet[]): void {
    this.commits.committed(changes);
  }

  /** Told of runs that this process has deleted. */
  purged(runs: number): void {
    this.purges.inc(runs);
  }

  /** The same desk, its answers counted. */
  counting(desk: Pick<ClaimDesk, 'claim'>): Pick<ClaimDesk, 'claim'> {
    return {
      claim: async (...asked) => {
        try {
          const answer = await desk.claim(...asked);
          this.claims.inc({ outcome: 'granted' });
          return answer;
        } catch (e) {
          this.claims.inc({ outcome: e instanceof ProblemError ? e.code : 'error' });
          throw e;
        }
      },
    };
  }

  private gaugesOfRecord(figures: SharedReading<RecordFigures>): void {
    const labelled = (about: About, label: string, of: (f: RecordFigures) => Iterable<readonly [string, number]>): void => this.gauge(about, label, async () => of(await figures.get()));
    labelled({ name: 'opsmesh_runs', help: 'Runs that are open or were started in the last day, by status' }, 'status', (f) => f.runs);
    labelled({ name: 'opsmesh_open_steps', help: 'Steps of open runs, by status' }, 'status', (f) => Object.entries(f.steps));
    labelled({ name: 'opsmesh_open_items', help: 'Items of open runs, by status' }, 'status', (f) => Object.entries(f.items));
    const single = (name: string, help: string, of: (f: RecordFigures) => number): void => this.single({ name, help }, async () => of(await figures.get()));
    single('opsmesh_unknown_items', 'Items whose outcome nobody knows', (f) => f.unknownItems);
    single('opsmesh_unknown_age_seconds', 'Age of the doubt that lasts longest', (f) => f.unknownAge);
    single('opsmesh_outbox_attempts', 'Attempts that are not in a queue yet', (f) => f.outboxAttempts);
    single('opsmesh_outbox_gated_attempts', 'Those of them that wait for a lock or a rate limit', (f) => f.outboxGated);
    single('opsmesh_relay_lag_seconds', 'For how long the oldest attempt has been due that waits for nothing but the relay', (f) => f.relayLag);
    single('opsmesh_timer_lag_seconds', 'For how long the oldest timer has been due', (f) => f.timerLag);
    single('opsmesh_dead_letters', 'Stream entries that were set aside', (f) => f.deadLetters);
  }

  private gaugesOfTransport(queues: SharedReading<QueueFigures[]>, results: SharedReading<ResultsFigures>): void {
    const perQueue = (name: string, help: string, of: (f: QueueFigures) => number): void => this.gauge({ name, help }, 'queue', async () => (await queues.get()).map((f) => [f.queue, of(f)] as const));
    perQueue('opsmesh_queue_waiting', 'Jobs that wait for a worker', (f) => f.waiting);
    perQueue('opsmesh_queue_active', 'Jobs that workers have', (f) => f.active);
    perQueue('opsmesh_queue_oldest_seconds', 'Age of the oldest job that waits', (f) => f.oldestAge);
    this.single({ name: 'opsmesh_results_backlog', help: 'Entries of the results stream, each with one result or several, that are not committed yet' }, async () => (await results.get()).backlog);
    this.single({ name: 'opsmesh_results_lag_seconds', help: 'Age of the oldest result in the stream that is not acknowledged' }, async () => (await results.get()).lag);
  }

  /** A figure for each value of a label; none while they can't be read, which must not hide the others. */
  private gauge(about: About, label: string, read: () => Promise<Iterable<readonly [string, number]>>): void {
    new Gauge({
      ...about, labelNames: [label], registers: [this.registry],
      async collect() {
        this.reset();
        for (const [value, n] of await read().catch(() => [])) this.set({ [label]: value }, n);
      },
    });
  }

  /** One figure; not a number while it can't be read. */
  private single(about: About, read: () => Promise<number>): void {
    new Gauge({ ...about, registers: [this.registry], async collect() { this.set(await read().catch(() => NaN)); } });
  }
}

interface About { readonly name: string; readonly help: string }
