import type { AdaptationView, AttemptView, CachedFromView, FailureDto, ItemActView, ItemLogView, ItemStatus, ProbeView, RunStatus } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import type { Pool } from 'pg';
import { toAdaptation } from './adaptations.js';
import { inputMask } from './input-mask.js';
import type { ReadModels } from './read-models.js';
import { startOf } from './start-of.js';
import { textOf, type DatedEntry, type StoredEntry } from './stored-history.js';

interface AttemptRow {
  attempt: number; status: ItemStatus; output: unknown; blob_sha256: string | null; bytes: number | null; truncated: boolean; failure: FailureDto | null;
  worker_id: string | null; queued_at: Date | null; started_at: Date | null; finished_at: Date | null; duration_ms: number | null;
}
interface ItemRow extends AttemptRow { target: string | null; inputs: Record<string, unknown> | null; taken_from: string | null }

const ATTEMPT = 'a.attempt, a.status, a.output, a.blob_sha256, octet_length(b.bytes) as bytes, a.truncated, a.failure, a.worker_id, a.queued_at, a.started_at, a.finished_at, a.duration_ms';

/** What was tried for one item. The newest attempt is in `items`, those before it in `past_attempts`; the history says the rest. */
export class StepLog {
  constructor(private readonly pool: Pool, private readonly runs: Pick<ReadModels, 'stepOf'>) {}

  /** @throws ProblemError 404 `run-not-found`, `step-not-found` or `item-not-found` */
  async item(tenantId: string, { runId, stepId, item }: { runId: string; stepId: string; item: number }): Promise<ItemLogView> {
    const step = await this.runs.stepOf(tenantId, runId, stepId);
    const { index } = step;
    const { source, row } = await this.find(runId, index, item);
    const [past, entries, children, mask] = await Promise.all([this.past(source, index, item), this.entries(source, index, item), this.children(source, index, item), inputMask(this.pool, step)]);
    const isTool = step.kind === 'tool';
    // An attempt that waits for its retry, or was cancelled then, is among the past ones already.
    const newest = row.attempt > 0 && !past.some((a) => a.attempt === row.attempt) ? [row] : [];
    return {
      runId, step: stepId, item, tool: isTool ? step.tool : null, target: row.target, status: row.status, inputs: mask(row.inputs),
      attempts: [...past, ...newest].map((a) => toAttempt(a, { entries, runId, child: isTool ? undefined : children.find((c) => c.attempt === a.attempt) })), acts: entries.flatMap(toAct), probes: isTool ? children : [],
      failure: row.attempt === 0 ? row.failure : null, takenFrom: source === runId ? null : source,
    };
  }

  /** The item where it was carried out: that of a step which a re-run took over is an earlier run's. */
  private async find(runId: string, step: number, item: number): Promise<{ source: string; row: ItemRow }> {
    for (let source = runId; ;) {
      const { rows } = await this.pool.query<ItemRow>(
        `select a.target, a.inputs, ${ATTEMPT}, case when a.finished_at < r.created_at and r.parent_step is null then r.parent_run_id end as taken_from
         from orchestrator.items a join orchestrator.runs r on r.id = a.run_id left join orchestrator.blobs b on b.sha256 = a.blob_sha256 where a.run_id = $1 and a.step = $2 and a.item = $3`,
        [source, step, item],
      );
      const row = rows[0];
      if (!row) throw new ProblemError(404, 'item-not-found', `the step has no item ${item}`);
      if (row.taken_from === null) return { source, row };
      source = row.taken_from;
    }
  }

  private async past(runId: string, step: number, item: number): Promise<AttemptRow[]> {
    const { rows } = await this.pool.query<AttemptRow>(
      `select ${ATTEMPT} from orchestrator.past_attempts a left join orchestrator.blobs b on b.sha256 = a.blob_sha256 where a.run_id = $1 and a.step = $2 and a.item = $3 order by a.attempt`,
      [runId, step, item],
    );
    return rows;
  }

  /** Of a tool, the runs that asked whether an attempt took place; else those that carried attempts out, as a sub-plan. */
  private async children(runId: string, step: number, item: number): Promise<ProbeView[]> {
    const { rows } = await this.pool.query<{ id: string; attempt: number; tool: string; status: RunStatus; created_at: Date; finished_at: Date | null }>(
      `select r.id, r.parent_attempt as attempt, p.plan->'steps'->0->>'tool' as tool, r.status, r.created_at, r.finished_at from orchestrator.runs r join orchestrator.plans p on p.sha256 = r.plan_sha256
       where r.parent_run_id = $1 and r.parent_step = $2 and r.parent_item = $3 order by r.id`, [runId, step, item],
    );
    return rows.map((r) => ({ runId: r.id, attempt: r.attempt, tool: r.tool, status: r.status, startedAt: r.created_at.toISOString(), endedAt: r.finished_at?.toISOString() ?? null }));
  }

  /** The item's entries of the history. Entries are stored as the text that JSON.stringify gave, so rows without any are passed over unread. */
  private async entries(runId: string, step: number, item: number): Promise<DatedEntry[]> {
    const { rows } = await this.pool.query<{ at: Date; entries: StoredEntry[] }>(
      'select at, entries from orchestrator.history where run_id = $1 and strpos(entries::text, $2) > 0 order by last_seq', [runId, `",${step},${item},{`],
    );
    return rows.flatMap(({ at, entries }) => entries.filter(([, s, i]) => s === step && i === item).map((entry) => ({ at, entry })));
  }
}

function toAttempt(row: AttemptRow, { entries, runId, child }: { readonly entries: readonly DatedEntry[]; readonly runId: string; readonly child: ProbeView | undefined }): AttemptView {
  const own = entries.filter(({ entry }) => entry[3]['attempt'] === row.attempt);
  const of = (type: StoredEntry[0]): DatedEntry | undefined => own.find(({ entry }) => entry[0] === type);
  const retry = of('item.retrying');
  const wasTaken = row.started_at !== null || row.duration_ms !== null;
  const delay = retry?.entry[3]['delayMs'];
  const cachedFrom = (of('item.succeeded')?.entry[3]['from'] ?? null) as CachedFromView | null;
  return {
    number: row.attempt, status: row.status, queuedAt: row.queued_at?.toISOString() ?? null, startedAt: startOf(row)?.toISOString() ?? null, endedAt: row.finished_at?.toISOString() ?? null,
    durationMs: row.duration_ms, workerId: wasTaken ? row.worker_id : null, childRunId: child?.runId ?? null, cached: cachedFrom !== null, cachedFrom, failure: row.failure,
    retryInMs: typeof delay === 'number' ? Math.round(delay) : null,
    requeuedAt: own.filter(({ entry }) => entry[0] === 'item.requeued').map(({ at }) => at.toISOString()),
    adaptations: retry ? adaptedBefore(entries, retry) : [],
    ...(row.output === null || row.blob_sha256 !== null ? {} : { output: row.output }),
    blob: row.blob_sha256 === null ? null : { sha256: row.blob_sha256, bytes: row.bytes ?? 0, url: `/runs/${runId}/blobs/${row.blob_sha256}` },
    truncated: row.truncated,
  };
}

/** Adaptations of the item are told right before the retry that they change. */
function adaptedBefore(entries: readonly DatedEntry[], retry: DatedEntry): AdaptationView[] {
  const end = entries.indexOf(retry);
  const begin = entries.findLastIndex(({ entry }, i) => i < end && entry[0] === 'item.retrying') + 1;
  return entries.slice(begin, end).filter(({ entry }) => entry[0] === 'step.adapted').map(toAdaptation);
}

function toAct({ at, entry: [type, , , data] }: DatedEntry): ItemActView[] {
  if (type !== 'item.resolved' && type !== 'item.repeated') return [];
  const status = data['status'] === 'succeeded' || data['status'] === 'failed' ? data['status'] : null;
  return [{ at: at.toISOString(), act: type === 'item.resolved' ? 'resolved' : 'repeated', attempt: Number(data['attempt']), status, actor: textOf(data, 'actor'), reason: textOf(data, 'reason') }];
}
