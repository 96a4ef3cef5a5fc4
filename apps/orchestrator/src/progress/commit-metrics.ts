import { Counter, Histogram, type Registry } from 'prom-client';
import type { HistoryEntry } from '@opsmesh/plan-model';
import type { ChangeSet } from '../engine/change-set.js';
import { Stopwatch } from './stopwatch.js';

/** Upper bounds of the buckets, in seconds: from what does nothing to what waits for people. */
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600, 86_400];

/** What this process committed, counted as it is committed. Together with those of the other orchestrators it is everything. */
export class CommitMetrics {
  private readonly items: Counter<'event'>;
  private readonly steps: Counter<'status'>;
  private readonly runs: Counter<'status'>;
  private readonly adaptations: Counter<'effect'>;
  private readonly stepSeconds: Histogram;
  private readonly runSeconds: Histogram;
  private readonly stepTimes = new Stopwatch();
  private readonly runTimes = new Stopwatch();

  constructor(registry: Registry) {
    const registers = [registry];
    this.items = new Counter({ name: 'opsmesh_item_events_total', help: 'Events of items, by kind (succeeded, failed, unknown, retrying, ...)', labelNames: ['event'], registers });
    this.steps = new Counter({ name: 'opsmesh_steps_ended_total', help: 'Steps that ended, by status', labelNames: ['status'], registers });
    this.runs = new Counter({ name: 'opsmesh_runs_ended_total', help: 'Runs that ended, by status', labelNames: ['status'], registers });
    this.adaptations = new Counter({ name: 'opsmesh_adaptations_total', help: 'Changes of a step because the world did not do as planned, by effect', labelNames: ['effect'], registers });
    this.stepSeconds = new Histogram({ name: 'opsmesh_step_duration_seconds', help: 'Time from the start of a step to its end, of steps whose start and end this process committed', buckets: BUCKETS, registers });
    this.runSeconds = new Histogram({ name: 'opsmesh_run_duration_seconds', help: 'Time from the start of a run to its end, of runs whose start and end this process committed', buckets: BUCKETS, registers });
  }

  committed(changes: readonly ChangeSet[]): void {
    for (const { history } of changes) {
      for (const [runId, entries] of history) for (const entry of entries) this.take(runId, entry);
    }
  }

  private take(runId: string, { type, step, data }: HistoryEntry): void {
    switch (type) {
      case 'run.started': return this.runTimes.start(runId);
      case 'run.finished': {
        this.runs.inc({ status: String(data['status']) });
        return observe(this.runSeconds, this.runTimes.stop(runId));
      }
      case 'step.started': case 'step.opened': return this.stepTimes.start(`${runId}.${step}`);
      case 'step.finished': case 'step.skipped': {
        this.steps.inc({ status: String(data['status']) });
        return observe(this.stepSeconds, this.stepTimes.stop(`${runId}.${step}`));
      }
      case 'step.adapted': this.adaptations.inc({ effect: String(data['effect']) }); return;
      default: if (type.startsWith('item.')) this.items.inc({ event: type.slice('item.'.length) });
    }
  }
}

function observe(histogram: Histogram, seconds: number | undefined): void {
  if (seconds !== undefined) histogram.observe(seconds);
}
