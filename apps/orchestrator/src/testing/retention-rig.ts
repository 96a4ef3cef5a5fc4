import { createHash, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Engine } from '../engine/engine.js';
import type { NewRun } from '../engine/run.js';
import type { RetentionLimits } from '../store/retention/limits.js';
import { RetentionSweeper } from '../store/retention/retention-sweeper.js';
import { fanOut, runOf } from './documents.js';
import { drive } from './drive.js';
import { newEngine, SILENT, statusOf, takeOutbox, useRecord } from './rig.js';
import { claimed, create, failed } from './submissions.js';

const LIMITS: RetentionLimits = { days: 30, unknownDays: null, auditDays: 365 };
/** A plan of one step with three items. */
export const ONE = fanOut('probe', 3);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Gives a spec file a database with our schema and ways to fill it with what is old; emptied before each spec. What ended is kept for 30 days, what is known of deleted runs for a year. */
export function useRetention(opened: (rig: RetentionRig) => void): void {
  let rig: RetentionRig;
  useRecord(({ pool }) => { opened(rig = new RetentionRig(pool)); });
  beforeEach(() => rig.pool.query(`truncate orchestrator.runs, orchestrator.items, orchestrator.history, orchestrator.outbox, orchestrator.gated_attempts, orchestrator.timers, orchestrator.unknown_items, orchestrator.plans, orchestrator.blobs,
    orchestrator.manifests, orchestrator.proposals, orchestrator.conversations, orchestrator.purged_runs, orchestrator.claims, orchestrator.past_attempts cascade`));
}

export interface OldProposal {
  readonly runId?: string;
  readonly status?: string;
  readonly days?: number;
  /** The run that it would repeat. */
  readonly rerunOf?: string;
  /** Hash of its manifest. */
  readonly manifest?: string;
}

export class RetentionRig {
  constructor(readonly pool: Pool) {}

  sweeper(limits: Partial<RetentionLimits> = {}, counted: (runs: number) => void = () => undefined): RetentionSweeper {
    return new RetentionSweeper({ pool: this.pool, limits: { ...LIMITS, ...limits }, log: SILENT, purged: counted });
  }

  /** @returns how many runs went */
  sweep(limits: Partial<RetentionLimits> = {}): Promise<number> {
    return this.sweeper(limits).round();
  }

  exists(...runs: readonly NewRun[]): Promise<boolean[]> {
    return Promise.all(runs.map(async (r) => await statusOf(this.pool, r.id) !== undefined));
  }

  /** A run that has just ended. */
  async ended(document: object = ONE, more: Partial<NewRun> = {}): Promise<NewRun> {
    const run = runOf(document, more);
    const { engine } = newEngine(this.pool);
    await engine.submit([create(run)]);
    await drive(engine, this.pool);
    return run;
  }

  /** A run that ended 31 days ago. */
  async old(document: object = ONE, more: Partial<NewRun> = {}): Promise<NewRun> {
    const run = await this.ended(document, more);
    await this.age(31, run);
    return run;
  }

  /** Moves what happened to runs into the past; with it all plans and blobs that are there. */
  async age(days: number, ...runs: readonly NewRun[]): Promise<void> {
    const ids = runs.map((r) => r.id);
    await this.pool.query(`update orchestrator.runs set created_at = created_at - $2 * interval '1 day', finished_at = finished_at - $2 * interval '1 day' where id = any($1)`, [ids, days]);
    await this.pool.query(`update orchestrator.history set at = at - $2 * interval '1 day' where run_id = any($1)`, [ids, days]);
    await this.pool.query(`update orchestrator.plans set used_at = used_at - $1 * interval '1 day'`, [days]);
    await this.pool.query(`update orchestrator.blobs set put_at = put_at - $1 * interval '1 day'`, [days]);
  }

  /** A run whose only item is of unknown outcome. */
  async doubtful(): Promise<{ run: NewRun; engine: Engine }> {
    const run = runOf(fanOut('change', 1));
    const { engine } = newEngine(this.pool);
    await engine.submit([create(run)]);
    const [attempt] = await takeOutbox(this.pool);
    await engine.submit([claimed(attempt!)]);
    await engine.submit([failed(attempt!, 'connection-lost')]);
    return { run, engine };
  }

  /** Tables of ours that have rows of a run, by their column `run_id`. */
  async tablesWith(runId: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ table_name: string }>(`select table_name from information_schema.columns where table_schema = 'orchestrator' and column_name = 'run_id' order by 1`);
    const found = await Promise.all(rows.map(async ({ table_name: table }) => ((await this.pool.query(`select 1 from orchestrator.${table} where run_id = $1 limit 1`, [runId])).rowCount === 1 ? table : '')));
    return found.filter((t) => t !== '');
  }

  /** A conversation with one message that is about a run. */
  async turn(runId: string, status: string): Promise<void> {
    const id = randomUUID();
    await this.pool.query(`insert into orchestrator.conversations (id, tenant_id, actor_id, title, state) values ($1, 'default', 'ann', 't', '{}')`, [id]);
    await this.pool.query(`insert into orchestrator.chat_turns (conversation_id, turn, tenant_id, actor_id, principal, message_sha256, message, status, run_id, held_until) values ($1, 1, 'default', 'ann', '{}', '', 'm', $2, $3, now())`, [id, status, runId]);
  }

  /** A proposal that bob has rejected, with its question. @returns the id that its run would have */
  async propose({ runId = randomUUID(), status = 'rejected', days = 31, rerunOf, manifest = sha256(runId) }: OldProposal = {}): Promise<string> {
    await this.pool.query(`insert into orchestrator.manifests (sha256, manifest, created_at) values ($1, '{}', now() - $2 * interval '1 day') on conflict do nothing`, [manifest, days]);
    await this.pool.query(
      `insert into orchestrator.proposals (run_id, tenant_id, requested_by, proposed_by, origin, plan, inputs, warnings, preview, rerun, idempotency_key, request_sha256, status, created_at, expires_at)
       values ($1, 'default', 'ann', 'ann', 'api', '{"name": "restart"}', '{}', '[]', '{}', $2, $3, 'request', $4, now() - $5 * interval '1 day', now() - $5 * interval '1 day')`,
      [runId, rerunOf === undefined ? null : JSON.stringify({ parentRunId: rerunOf }), `key of ${runId}`, status, days],
    );
    await this.pool.query(`insert into orchestrator.proposal_questions (run_id, part, manifest_sha256, risk, min_approvals) values ($1, 0, $2, '{}', 1)`, [runId, manifest]);
    await this.pool.query(`insert into orchestrator.proposal_acts (run_id, part, actor_id, is_known, decision, manifest_sha256, comment) values ($1, 0, 'bob', true, 'reject', $2, 'not today')`, [runId, manifest]);
    return runId;
  }
}
