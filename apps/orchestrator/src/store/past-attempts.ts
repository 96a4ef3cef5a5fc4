import type { PoolClient } from 'pg';
import type { ChangeSet, ItemUpdate } from '../engine/change-set.js';
import { lockRuns } from './lock-runs.js';

/**
 * Keeps attempts that another one follows: those that end with a retry, and those that a person wants repeated. It reads the items as they are before
 * the changes are written, so it goes before them in the same transaction, and the runs are locked before it: of two that keep the same attempt the second waits for the run.
 * Gives no statement when there is nothing to keep, which is the rule.
 */
export function keepPastAttempts(client: PoolClient, { itemUpdates, states }: Pick<ChangeSet, 'itemUpdates' | 'states'>): Promise<unknown>[] {
  const kept: object[] = [];
  for (const u of itemUpdates.values()) {
    const isRetry = u.status === 'pending';
    if (!isRetry && !((u.status === 'queued' || u.status === 'running') && u.attempt > 1)) continue;
    kept.push({
      run_id: u.runId, step: u.step, item: u.item, attempt: u.attempt, is_retry: isRetry,
      output: u.output?.json ?? null, blob: u.output?.blobSha256 ?? null, truncated: u.output?.truncated ?? false, failure: u.failure, worker: u.workerId, duration: u.durationMs,
    });
  }
  return kept.length > 0 ? [lockRuns(client, [...states.keys()]), client.query({ name: 'past-attempts', text: KEEP, values: [JSON.stringify(kept)] })] : [];
}

/** Says how an attempt ended that nobody knew of when another one followed it. @returns false when there is none such */
export async function endPastAttempt(client: PoolClient, { runId, step, item, attempt, status, failure, output, workerId, durationMs }: ItemUpdate): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'end-past-attempt',
    text: `update orchestrator.past_attempts set status = $5, failure = $6, output = $7, blob_sha256 = $8, truncated = $9, worker_id = coalesce($10, worker_id), duration_ms = $11
           where run_id = $1 and step = $2 and item = $3 and attempt = $4 and status = 'unknown'`,
    values: [runId, step, item, attempt, status, failure && JSON.stringify(failure), output?.json ?? null, output?.blobSha256 ?? null, output?.truncated ?? false, workerId, durationMs],
  });
  return rowCount === 1;
}

const KEEP = `
insert into orchestrator.past_attempts (run_id, step, item, attempt, status, output, blob_sha256, truncated, failure, worker_id, queued_at, started_at, finished_at, duration_ms)
select i.run_id, i.step, i.item, i.attempt, 'failed', v.output::json, v.blob, v.truncated, v.failure, coalesce(v.worker, i.worker_id), i.queued_at, i.started_at, now(), v.duration
from json_to_recordset($1::json) as v(run_id uuid, step int, item int, attempt int, is_retry bool, output text, blob text, truncated bool, failure json, worker text, duration int)
  join orchestrator.items i on i.run_id = v.run_id and i.step = v.step and i.item = v.item
where v.is_retry and i.attempt = v.attempt and i.status in ('queued', 'running')
union all
select i.run_id, i.step, i.item, i.attempt, i.status, i.output, i.blob_sha256, i.truncated, i.failure, i.worker_id, i.queued_at, i.started_at, i.finished_at, i.duration_ms
from json_to_recordset($1::json) as v(run_id uuid, step int, item int, attempt int, is_retry bool)
  join orchestrator.items i on i.run_id = v.run_id and i.step = v.step and i.item = v.item
where not v.is_retry and i.attempt between 1 and v.attempt - 1 and i.status not in ('pending', 'queued')
on conflict do nothing`;
