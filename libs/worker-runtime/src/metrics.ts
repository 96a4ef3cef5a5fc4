import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** Upper bounds of the buckets, in seconds: from what does nothing to long scans. */
const BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];

/** What Prometheus reads of a worker process. */
export class WorkerMetrics {
  readonly registry = new Registry();
  private readonly attempts = new Counter({ name: 'opsmesh_attempts_total', help: 'Attempts that ended, by tool and outcome (succeeded or the failure code)', labelNames: ['tool', 'outcome'], registers: [this.registry] });
  private readonly seconds = new Histogram({ name: 'opsmesh_attempt_duration_seconds', help: 'Time from the start of an attempt to its outcome', labelNames: ['tool'], buckets: BUCKETS, registers: [this.registry] });
  private readonly waits = new Histogram({ name: 'opsmesh_queue_wait_seconds', help: 'Time from the queueing of an attempt to its start, by the clocks of orchestrator and worker', labelNames: ['tool'], buckets: BUCKETS, registers: [this.registry] });
  private readonly counters = new Map<string, Counter.Internal>();
  private readonly histograms = new Map<string, Histogram.Internal<'tool'>>();
  private readonly waitsOf = new Map<string, Histogram.Internal<'tool'>>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** @param queuedAt when the job was added, in milliseconds since the epoch. Tools are those of this process only. */
  taken(tool: string, queuedAt: number): void {
    let histogram = this.waitsOf.get(tool);
    if (!histogram) this.waitsOf.set(tool, histogram = this.waits.labels(tool));
    // Clocks of two hosts may differ.
    histogram.observe(Math.max(0, Date.now() - queuedAt) / 1000);
  }

  ended(tool: string, outcome: string, ms: number): void {
    const key = `${tool} ${outcome}`;
    let counter = this.counters.get(key);
    if (!counter) this.counters.set(key, counter = this.attempts.labels(tool, outcome));
    counter.inc();
    let histogram = this.histograms.get(tool);
    if (!histogram) this.histograms.set(tool, histogram = this.seconds.labels(tool));
    histogram.observe(ms / 1000);
  }
}
