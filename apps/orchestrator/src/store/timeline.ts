import type { AttemptBarsView, AttemptBarView, CauseView, FailureDto, ItemStatus, RunStatus, TimelineQueryDto, TimelineStepView, TimelineView } from '@opsmesh/contracts';
import { causesOf, isTerminalStep, type CompiledPlan, type RunState } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import type { ReadModels } from './read-models.js';
import { decodeState } from './state-codec.js';
import { startOf } from './start-of.js';
import { stopView } from './stop-view.js';
import { pausesOf, StepPeriods } from './step-periods.js';
import type { DatedEntry, StoredEntry } from './stored-history.js';

const DEFAULT_PAGE = 500;

interface RunRow { status: RunStatus; created_at: Date; finished_at: Date | null; now: Date; state: string; rerun_of: string | null }
interface BarRow {
  step: number; item: number; attempt: number; target: string | null; status: ItemStatus; failure: FailureDto | null; worker_id: string | null;
  queued_at: Date | null; started_at: Date | null; finished_at: Date | null; duration_ms: number | null;
}

/** What a Gantt chart of a run needs, from its state, its history and its attempts. */
export class Timelines {
  constructor(private readonly pool: Pool, private readonly runs: Pick<ReadModels, 'getPlan' | 'stepOf'>) {}

  /** @throws ProblemError 404 `run-not-found`, or `step-not-found` for the query's step */
  async timeline(tenantId: string, runId: string, query: TimelineQueryDto): Promise<TimelineView> {
    const { plan } = await this.runs.getPlan(tenantId, runId);
    const [run, entries, retries, attempts] = await Promise.all([this.run(runId), this.entries(runId), this.retries(runId), this.bars({ tenantId, runId, plan }, query)]);
    const state = decodeState(run.state);
    return {
      runId, status: run.status, ...stopView(plan, state), createdAt: run.created_at.toISOString(), finishedAt: run.finished_at?.toISOString() ?? null, now: run.now.toISOString(),
      pauses: pausesOf(entries), steps: stepsOf({ plan, state, entries, retries, rerunOf: run.rerun_of }), attempts,
    };
  }

  /** @throws as {@link timeline} */
  async attempts(tenantId: string, runId: string, query: TimelineQueryDto): Promise<AttemptBarsView> {
    const { plan } = await this.runs.getPlan(tenantId, runId);
    return this.bars({ tenantId, runId, plan }, query);
  }

  private async run(runId: string): Promise<RunRow> {
    const { rows } = await this.pool.query<RunRow>(
      `select r.status, r.created_at, r.finished_at, now() as now, s.state, case when r.parent_step is null then r.parent_run_id end as rerun_of
       from orchestrator.runs r join orchestrator.run_states s on s.run_id = r.id where r.id = $1`, [runId],
    );
    return rows[0]!;
  }

  /** What the history says of the run and of its steps. Entries of items are passed over in the database: there are far more of them. */
  private async entries(runId: string): Promise<DatedEntry[]> {
    const { rows } = await this.pool.query<{ at: Date; entry: StoredEntry }>(
      `select h.at, e.entry from orchestrator.history h cross join lateral json_array_elements(h.entries) with ordinality as e(entry, n)
       where h.run_id = $1 and (strpos(h.entries::text, '["step.') > 0 or strpos(h.entries::text, '["run.') > 0) and e.entry->>0 ~ '^(step|run)[.]'
       order by h.last_seq, e.n`, [runId],
    );
    return rows;
  }

  private async retries(runId: string): Promise<Map<number, number>> {
    const { rows } = await this.pool.query<{ step: number; n: number }>('select step, count(*)::int as n from orchestrator.past_attempts where run_id = $1 group by step', [runId]);
    return new Map(rows.map((r) => [r.step, r.n]));
  }

  private async bars({ tenantId, runId, plan }: { tenantId: string; runId: string; plan: CompiledPlan }, { step, limit = DEFAULT_PAGE, cursor }: TimelineQueryDto): Promise<AttemptBarsView> {
    const only = step === undefined ? null : (await this.runs.stepOf(tenantId, runId, step)).index;
    const [afterStep, afterItem] = cursor === undefined ? [only ?? -1, -1] : cursor.split('.').map(Number) as [number, number];
    const { rows } = await this.pool.query<BarRow>(BARS, [runId, afterStep, afterItem, only, limit + 1]);
    // One item more than asked for says that there is a next page.
    const items = new Set<string>();
    const bars = rows.filter((r) => items.add(`${r.step}.${r.item}`).size <= limit);
    const last = bars.at(-1);
    return { items: bars.map((r) => toBar(r, plan)), next: items.size > limit && last ? `${last.step}.${last.item}` : null };
  }
}

const BARS = `
with page as (
  select * from orchestrator.items where run_id = $1 and attempt > 0 and (step, item) > ($2, $3) and ($4::int is null or step = $4) order by step, item limit $5
), past as (
  select a.*, p.target from page p join orchestrator.past_attempts a on a.run_id = p.run_id and a.step = p.step and a.item = p.item
)
select step, item, attempt, target, status, failure, worker_id, queued_at, started_at, finished_at, duration_ms from past
union all
select step, item, attempt, target, status, failure, worker_id, queued_at, started_at, finished_at, duration_ms from page p
  where not exists (select from past a where a.step = p.step and a.item = p.item and a.attempt = p.attempt)
order by step, item, attempt`;

function toBar(r: BarRow, plan: CompiledPlan): AttemptBarView {
  const started = startOf(r);
  return {
    step: plan.steps[r.step]!.id, item: r.item, attempt: r.attempt, target: r.target, status: r.status, queuedAt: r.queued_at?.toISOString() ?? null, startedAt: started?.toISOString() ?? null,
    endedAt: r.finished_at?.toISOString() ?? null, workerId: started === null ? null : r.worker_id, failure: r.failure?.code ?? null,
  };
}

interface Known { readonly plan: CompiledPlan; readonly state: RunState; readonly entries: readonly DatedEntry[]; readonly retries: ReadonlyMap<number, number>; readonly rerunOf: string | null }

function stepsOf({ plan, state, entries, retries, rerunOf }: Known): TimelineStepView[] {
  const periods = plan.steps.map(() => new StepPeriods());
  const told = new Set<number>();
  for (const dated of entries) {
    const index = dated.entry[1];
    if (index === null) continue;
    told.add(index);
    periods[index]?.add(dated);
  }
  const causes = new Map(causesOf(plan, state).map(({ step, kind, root }): [string, CauseView] => [step, { kind, root }]));
  return plan.steps.map((step, i): TimelineStepView => {
    const now = state.steps[i]!;
    const { startedAt, endedAt, passes, passCount, waves, adaptations } = periods[i]!;
    // Of what a re-run took over its own history says nothing; nor does any of what was cancelled before it began.
    const isTaken = rerunOf !== null && isTerminalStep(now) && !told.has(i) && !(now.status === 'cancelled' && state.stopping !== null);
    return {
      id: step.id, kind: step.kind, tool: step.kind === 'tool' ? step.tool : null, level: step.level, dependsOn: step.dependsOn.map((d) => plan.steps[d]!.id),
      container: step.scope ? { step: plan.steps[step.scope.step]!.id, arm: step.scope.arm } : null, status: now.status === 'open' ? 'running' : now.status,
      startedAt, endedAt, passes, passCount, waves, retries: retries.get(i) ?? 0, adaptations, failure: isTerminalStep(now) ? now.failure : null, cause: causes.get(step.id) ?? null, takenFrom: isTaken ? rerunOf : null,
    };
  });
}
