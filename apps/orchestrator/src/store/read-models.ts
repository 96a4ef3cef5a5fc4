import { DEFAULT_PAGE, UUID, WORKER_LOST_MS, type CachedFromView, type FailureDto, type ItemStatus, type ItemPageView, type ItemView, type ListItemsQueryDto, type ListRunsQueryDto, type RunEventType, type RunEventView, type RunPageView, type RunStatus, type RunSummary, type RunView, type StepView } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { NO_ITEMS, type CompiledPlan, type CompiledStep, type JsonObject, type StepState } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import { inputMask, type InputMask } from './input-mask.js';
import { maskInputs } from './mask-inputs.js';
import { decodeState } from './state-codec.js';
import { startOf } from './start-of.js';
import { stopView } from './stop-view.js';

interface RunRow {
  id: string; tenant_id: string; actor_id: string; name: string; status: RunStatus; created_at: Date; finished_at: Date | null; parent_run_id: string | null;
}
interface ItemRow {
  item: number; target: string | null; status: ItemStatus; attempt: number; inputs: Record<string, unknown> | null; output: unknown; bytes: Buffer | null; truncated: boolean; failure: FailureDto | null; cached_from: CachedFromView | null;
  worker_id: string | null; queued_at: Date | null; started_at: Date | null; finished_at: Date | null; duration_ms: number | null; sort_key: string; has_more: boolean;
}

type StoredEvent = [type: RunEventType, step: number | null, item: number | null, data: Record<string, unknown>];

const SUMMARY = 'r.id, r.tenant_id, r.actor_id, r.name, r.status, r.created_at, r.finished_at, r.parent_run_id';
/** An expression for each sort; all give text that orders like the value. */
const SORT_KEYS = { index: `lpad(i.item::text, 9, '0')`, status: 'i.status', target: `coalesce(i.target, '')`, duration: `lpad(coalesce(i.duration_ms, 0)::text, 12, '0')` } as const;

/** Bytes of inputs and outputs after which a page of items ends; what begins before is whole. With the largest output a page has three times as many. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** What people and programs read of runs. Every query carries the tenant. */
export class ReadModels {
  /** @param pageBytes after how many bytes of inputs and outputs a page of items ends */
  constructor(private readonly pool: Pool, private readonly pageBytes: number = PAGE_BYTES) {}

  async listRuns(tenantId: string, query: ListRunsQueryDto): Promise<RunPageView> {
    const limit = query.limit ?? DEFAULT_PAGE;
    if (query.cursor !== undefined && !UUID.test(query.cursor)) throw badCursor();
    const { rows } = await this.pool.query<RunRow>(
      `select ${SUMMARY} from orchestrator.runs r where r.tenant_id = $1 and ($2::text is null or r.status = $2) and ($3::text is null or r.name = $3) and ($4::uuid is null or r.id < $4)
       order by r.id desc limit $5`,
      [tenantId, query.status ?? null, query.name ?? null, query.cursor ?? null, limit + 1],
    );
    const page = rows.slice(0, limit);
    return { items: page.map(toSummary), next: rows.length > limit ? page.at(-1)!.id : null };
  }

  async getRun(tenantId: string, runId: string): Promise<RunView> {
    const { rows } = await this.pool.query<RunRow & { plan: CompiledPlan; inputs: JsonObject; warnings: object[]; state: string }>(
      `select ${SUMMARY}, p.plan, r.inputs, r.warnings, s.state from orchestrator.runs r join orchestrator.plans p on p.sha256 = r.plan_sha256 join orchestrator.run_states s on s.run_id = r.id where r.tenant_id = $1 and r.id = $2`,
      [tenantId, asUuid(runId)],
    );
    const row = rows[0];
    if (!row) throw await this.missing(tenantId, runId);
    const state = decodeState(row.state);
    const progress = state.steps.map(toProgress);
    const missing = await this.missingServices(row.plan.steps.filter((_, i) => progress[i]!.counts.queued > 0));
    return {
      ...toSummary(row), ...stopView(row.plan, state), strategy: row.plan.strategy, inputs: maskInputs(row.inputs), warnings: row.warnings as RunView['warnings'], lastEvent: state.seq,
      steps: row.plan.steps.map((step, i): StepView => ({
        id: step.id, kind: step.kind, tool: step.kind === 'tool' ? step.tool : null, effect: step.kind === 'tool' ? step.effect : null, level: step.level, dependsOn: step.dependsOn.map((d) => row.plan.steps[d]!.id), ...progress[i]!, missingService: missing.get(i) ?? null,
      })),
    };
  }

  /** Of steps with queued items the service, whose name its queue has, where none of its workers is heard; by the index of the step. */
  private async missingServices(steps: readonly CompiledStep[]): Promise<Map<number, string>> {
    const waiting = steps.flatMap((s) => (s.kind === 'tool' ? [s] : []));
    if (waiting.length === 0) return new Map();
    const { rows } = await this.pool.query<{ queue: string }>('select distinct queue from orchestrator.workers where queue = any($1) and seen_at > now() - make_interval(secs => $2)', [waiting.map((s) => s.queue), WORKER_LOST_MS / 1000]);
    const served = new Set(rows.map((r) => r.queue));
    return new Map(waiting.filter((s) => !served.has(s.queue)).map((s) => [s.index, s.queue]));
  }

  async getPlan(tenantId: string, runId: string): Promise<{ plan: CompiledPlan; inputs: JsonObject }> {
    const { rows } = await this.pool.query<{ plan: CompiledPlan; inputs: JsonObject }>('select p.plan, r.inputs from orchestrator.runs r join orchestrator.plans p on p.sha256 = r.plan_sha256 where r.tenant_id = $1 and r.id = $2', [tenantId, asUuid(runId)]);
    if (!rows[0]) throw await this.missing(tenantId, runId);
    return rows[0];
  }

  /** A step of a run of the tenant. */
  async stepOf(tenantId: string, runId: string, stepId: string): Promise<CompiledStep> {
    const { plan } = await this.getPlan(tenantId, runId);
    const step = plan.steps.find((s) => s.id === stepId);
    if (!step) throw new ProblemError(404, 'step-not-found', `the run has no step "${stepId.slice(0, 64)}"; it has ${plan.steps.map((s) => s.id).join(', ')}`);
    return step;
  }

  /** A page ends at `limit` items or when it is large: outputs are read as far as they are given. */
  async listItems({ tenantId, runId, stepId }: { tenantId: string; runId: string; stepId: string }, query: ListItemsQueryDto): Promise<ItemPageView> {
    const step = await this.stepOf(tenantId, runId, stepId);
    const limit = query.limit ?? DEFAULT_PAGE;
    const sort = query.sort ?? 'index';
    const descending = sort.startsWith('-');
    const key = SORT_KEYS[sort.replace('-', '') as keyof typeof SORT_KEYS];
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
    const direction = descending ? 'desc' : 'asc';
    const { rows } = await this.pool.query<ItemRow>(
      `with wanted as (
         select i.*, ${key} collate "C" as sort_key from orchestrator.items i
         where i.run_id = $1 and i.step = $2 and ($3::text is null or i.status = $3)
           and ($4::text is null or (${key} collate "C", i.item) ${descending ? '<' : '>'} ($4 collate "C", $5))
         order by sort_key ${direction}, i.item ${direction} limit $6
       ), measured as (
         select w.*, row_number() over page as number, count(*) over () as found,
           sum(coalesce(octet_length(w.inputs::text), 0) + coalesce(octet_length(w.output::text), 0) + coalesce((select octet_length(b.bytes) from orchestrator.blobs b where b.sha256 = w.blob_sha256 and not w.truncated), 0))
             over (page rows between unbounded preceding and 1 preceding) as before
         from wanted w window page as (order by w.sort_key ${direction}, w.item ${direction})
       )
       select m.item, m.target, m.status, m.attempt, m.inputs, m.output, b.bytes, m.truncated, m.cached_from, m.failure, m.worker_id, m.queued_at, m.started_at, m.finished_at, m.duration_ms, m.sort_key,
         m.number < m.found as has_more
       from measured m left join orchestrator.blobs b on b.sha256 = m.blob_sha256 and not m.truncated
       where m.number < $6 and coalesce(m.before, 0) < $7 order by m.number`,
      [runId, step.index, query.status ?? null, after?.key ?? null, after?.item ?? 0, limit + 1, this.pageBytes],
    );
    const [mask, children] = await Promise.all([inputMask(this.pool, step), this.childRuns({ runId, step }, rows.map((r) => r.item))]);
    const last = rows.at(-1);
    return { items: rows.map((r) => toItem(r, { mask, childRunId: children.get(r.item) ?? null })), next: last?.has_more ? encodeCursor({ key: last.sort_key, item: last.item }) : null };
  }

  /** The runs of a sub-plan, by item. What a re-run took over was carried out by runs of the one it was taken from. */
  private async childRuns({ runId, step }: { readonly runId: string; readonly step: CompiledStep }, items: readonly number[]): Promise<Map<number, string>> {
    if (step.kind !== 'orchestration' || items.length === 0) return new Map();
    const { rows } = await this.pool.query<{ item: number; id: string }>(
      `with recursive repeated (id, created_at, earlier, depth) as (
         select id, created_at, case when parent_step is null then parent_run_id end, 0 from orchestrator.runs where id = $1
         union all select r.id, r.created_at, case when r.parent_step is null then r.parent_run_id end, depth + 1 from repeated join orchestrator.runs r on r.id = repeated.earlier
       )
       select i.item, c.id from orchestrator.items i
         cross join lateral (select id from repeated where earlier is null or i.finished_at is null or i.finished_at >= created_at order by depth limit 1) source
         join orchestrator.runs c on c.parent_run_id = source.id and c.parent_step = i.step and c.parent_item = i.item and c.parent_attempt = i.attempt
       where i.run_id = $1 and i.step = $2 and i.item = any($3)`, [runId, step.index, items],
    );
    return new Map(rows.map((r) => [r.item, r.id]));
  }

  /** Events after `seq`, oldest first; about `limit` of them, in whole commits. */
  async eventsAfter(runId: string, seq: number, limit: number): Promise<RunEventView[]> {
    const { rows } = await this.pool.query<{ last_seq: number; at: Date; entries: StoredEvent[]; ids: string[] }>({
      name: 'events-after',
      text: `select h.last_seq, h.at, h.entries, array(select s->>'id' from json_array_elements(p.plan->'steps') s) as ids
             from orchestrator.history h join orchestrator.runs r on r.id = h.run_id join orchestrator.plans p on p.sha256 = r.plan_sha256 where h.run_id = $1 and h.last_seq > $2 order by h.last_seq limit $3`,
      values: [runId, seq, limit],
    });
    const events: RunEventView[] = [];
    for (const { last_seq: last, at, entries, ids } of rows) {
      for (const [i, [type, step, item, data]] of entries.entries()) {
        const number = last - entries.length + 1 + i;
        if (number > seq) events.push({ seq: number, type, at: at.toISOString(), step: step === null ? null : ids[step] ?? null, item, data });
      }
      if (events.length >= limit) break;
    }
    return events;
  }

  async newestAttempt({ runId, step, item }: { runId: string; step: number; item: number }): Promise<number | undefined> {
    const { rows } = await this.pool.query<{ attempt: number }>('select attempt from orchestrator.items where run_id = $1 and step = $2 and item = $3', [runId, step, item]);
    return rows[0]?.attempt;
  }

  async findByIdempotencyKey(tenantId: string, key: string): Promise<{ id: string; requestSha256: string } | undefined> {
    const { rows } = await this.pool.query<{ id: string; request_sha256: string }>(
      `select id, request_sha256 from orchestrator.runs where tenant_id = $1 and idempotency_key = $2
       union all select id, request_sha256 from orchestrator.purged_runs where tenant_id = $1 and idempotency_key = $2 limit 1`, [tenantId, key],
    );
    return rows[0] && { id: rows[0].id, requestSha256: rows[0].request_sha256 };
  }

  /** Why there is no such run. */
  private async missing(tenantId: string, runId: string): Promise<ProblemError> {
    const { rows: [kept] } = await this.pool.query<{ status: string; purged_at: Date }>('select status, purged_at from orchestrator.purged_runs where tenant_id = $1 and id = $2', [tenantId, runId]);
    return kept ? new ProblemError(404, 'run-not-kept', `run ${runId} was ${kept.status}; it is not kept any more, it was deleted on ${kept.purged_at.toISOString()}`) : noRun(runId);
  }
}

function toSummary(r: RunRow): RunSummary & { readonly status: RunStatus } {
  return { id: r.id, tenant_id: r.tenant_id, actor_id: r.actor_id, name: r.name, status: r.status, createdAt: r.created_at.toISOString(), finishedAt: r.finished_at?.toISOString() ?? null, parentRunId: r.parent_run_id };
}

function toProgress(state: StepState): Pick<StepView, 'status' | 'total' | 'counts' | 'failure'> {
  switch (state.status) {
    case 'waiting': return { status: 'waiting', total: null, counts: NO_ITEMS, failure: null };
    case 'running': return { status: 'running', total: state.total, counts: state.counts, failure: null };
    case 'open': return { status: 'running', total: null, counts: NO_ITEMS, failure: null };
    default: return { status: state.status, total: state.total, counts: state.counts, failure: state.failure };
  }
}

function toItem(r: ItemRow, { mask, childRunId }: { readonly mask: InputMask; readonly childRunId: string | null }): ItemView {
  const output = r.bytes ? (JSON.parse(r.bytes.toString('utf8')) as unknown) : r.output;
  return {
    index: r.item, target: r.target, status: r.status, attempt: r.attempt, childRunId, inputs: mask(r.inputs), output, truncated: r.truncated, cached: r.cached_from !== null, cachedFrom: r.cached_from, failure: r.failure, workerId: r.worker_id,
    queuedAt: r.queued_at?.toISOString() ?? null, startedAt: startOf(r)?.toISOString() ?? null, finishedAt: r.finished_at?.toISOString() ?? null, durationMs: r.duration_ms,
  };
}

interface Cursor { readonly key: string; readonly item: number }

function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.key, cursor.item])).toString('base64url');
}

function decodeCursor(text: string): Cursor {
  try {
    const [key, item] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    if (typeof key === 'string' && !key.includes('\0') && Number.isInteger(item) && Math.abs(item as number) < 2 ** 31) return { key, item: item as number };
  } catch { /* said below */ }
  throw badCursor();
}

function badCursor(): ProblemError {
  return new ProblemError(422, 'bad-cursor', 'the cursor is not one that this list gave; start again without it');
}

/** A run id that is no uuid can't exist; PostgreSQL must not be asked about it. */
function asUuid(runId: string): string {
  if (!UUID.test(runId)) throw noRun(runId);
  return runId;
}

function noRun(runId: string): ProblemError {
  return new ProblemError(404, 'run-not-found', `there is no run ${runId.slice(0, 64)}`);
}

