import { attemptId, WORKER_LOST_MS } from '@opsmesh/contracts';
import { toolStep } from '@opsmesh/plan-model';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.js';
import type { AttemptRef } from '../engine/positions.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { RunFacts } from '../engine/run.js';
import type { KnownWorker, WorkerStore } from '../store/worker-store.js';
import { Loop } from './loop.js';
import type { Queues } from './queues.js';
import { resultsBacklog } from './results-backlog.js';

/** Time between two rounds, in milliseconds. */
export const ROUND_MS = 1000;
/** What a round's look at all open items takes is to be a small part of the time: as long as nothing looks lost, the next one is at least so many times as far away. */
const REST_FACTOR = 20;
/** An attempt of which nothing was heard for this long is looked at, in milliseconds. */
export const QUIET_MS = 4000;
/** Rounds in a row in which an attempt must look lost. Each round lies a heartbeat apart, so both sides had time to speak. */
const ROUNDS_TO_BE_SURE = 3;
/** Rounds for which a living worker is asked to publish a result again before its attempt is given up. */
const ROUNDS_TO_RESEND = 15;
const BATCH = 20_000;

interface QuietAttempt extends AttemptRef { readonly claimed: boolean; readonly workerId: string | null }
interface QuietRow { run_id: string; step: number; item: number; attempt: number; status: string; worker_id: string | null }

/**
 * Finds attempts that have neither a job nor a living worker, whatever became of them: a killed worker, a wiped Redis, a lost result.
 * It only reports them to the engine as `lost`; the plan model decides between another delivery and `unknown`.
 *
 * 1. Nothing is reported while results wait in the stream: the answer may be among them.
 * 2. Nothing is reported before it looked lost in {@link ROUNDS_TO_BE_SURE} rounds in a row.
 * 3. A worker that is heard before the commit keeps what it has.
 */
export class Reconciler {
  private readonly loop: Loop;
  /** Rounds in a row in which an attempt looked lost, by attempt id. */
  private suspects = new Map<string, number>();
  /** How long the last two looks took, in milliseconds: the shorter counts, since one may have waited for the processor. */
  private looksMs: readonly [number, number] = [0, 0];

  constructor(private readonly deps: { readonly pool: Pool; readonly engine: Engine; readonly facts: RunFactsCache; readonly queues: Queues; readonly workers: WorkerStore; readonly redis: Redis; readonly log: Logger }) {
    this.loop = new Loop({ name: 'reconciler', idleMs: () => (this.suspects.size > 0 ? ROUND_MS : Math.max(ROUND_MS, Math.min(...this.looksMs) * REST_FACTOR)), log: deps.log, turn: () => this.round() });
  }

  start(): void { this.loop.start(); }
  async stop(): Promise<void> { await this.loop.stop(); }

  private async round(): Promise<boolean> {
    const found = await this.quietAttempts();
    const facts = await this.deps.facts.get(found.map((q) => q.runId));
    // Of the other kinds nobody carries out anything: they wait for people, time or other runs.
    const quiet = found.filter((q) => facts.get(q.runId)!.plan.steps[q.step]!.kind === 'tool');
    if (quiet.length === 0) {
      this.suspects.clear();
      return false;
    }
    const workers = await this.deps.workers.list();
    const living = new Map(workers.filter((w) => w.silentMs < WORKER_LOST_MS).map((w) => [w.id, w]));
    const active = new Set([...living.values()].flatMap((w) => w.active));
    const named = quiet.map((q) => ({ ...q, id: idOf(q, facts.get(q.runId)!) })).filter((q) => !active.has(q.id));
    const missing = await this.withoutJob(named, facts);
    await this.report(missing, living, facts);
    return false;
  }

  private async quietAttempts(): Promise<QuietAttempt[]> {
    const began = performance.now();
    const { rows } = await this.deps.pool.query<QuietRow>({ name: 'quiet-attempts', text: QUIET, values: [QUIET_MS, BATCH] });
    this.looksMs = [this.looksMs[1], performance.now() - began];
    return rows.map((r) => ({ runId: r.run_id, step: r.step, item: r.item, attempt: r.attempt, claimed: r.status === 'running', workerId: r.worker_id }));
  }

  /** Those whose job does not wait in its queue. A job that is active has a worker, which would have reported it. */
  private async withoutJob<T extends QuietAttempt & { id: string }>(attempts: readonly T[], facts: ReadonlyMap<string, RunFacts>): Promise<T[]> {
    const queues = [...new Set(attempts.map((a) => queueOf(a, facts)))];
    const waiting = new Map(await Promise.all(queues.map(async (q) => [q, await this.deps.queues.waitingIds(q)] as const)));
    return attempts.filter((a) => !waiting.get(queueOf(a, facts))!.has(a.id));
  }

  private async report(missing: readonly (QuietAttempt & { id: string })[], living: ReadonlyMap<string, KnownWorker>, facts: ReadonlyMap<string, RunFacts>): Promise<void> {
    const before = this.suspects;
    const resend = missing.filter((m) => m.claimed && m.workerId !== null && living.has(m.workerId));
    await this.askToResend(resend);
    const isBehind = missing.length > 0 && await resultsBacklog(this.deps.redis) > 0;
    // What a living worker sent again may wait among the results: such a round says nothing of it.
    this.suspects = new Map(missing.map((m) => [m.id, (before.get(m.id) ?? 0) + (isBehind && resend.includes(m) ? 0 : 1)]));
    const sure = missing.filter((m) => this.suspects.get(m.id)! >= (resend.includes(m) ? ROUNDS_TO_RESEND : ROUNDS_TO_BE_SURE));
    if (sure.length === 0 || isBehind) return;
    this.deps.log.warn({ attempts: sure.length, first: sure[0]!.id }, 'attempts were lost');
    await this.removeJobs(sure, facts);
    await this.deps.engine.submit(sure.map((m) => ({
      kind: 'event', runId: m.runId, event: { type: 'lost', step: m.step, item: m.item, attempt: m.attempt, claimed: m.claimed },
      ...(m.claimed && m.workerId !== null ? { unlessActiveOn: m.workerId } : {}),
    })));
    for (const m of sure) this.suspects.delete(m.id);
  }

  private async removeJobs(attempts: readonly (QuietAttempt & { id: string })[], facts: ReadonlyMap<string, RunFacts>): Promise<void> {
    const queues = new Map<string, Set<string>>();
    for (const a of attempts) {
      const queue = queueOf(a, facts);
      queues.set(queue, (queues.get(queue) ?? new Set()).add(a.id));
    }
    await Promise.all([...queues].map(([queue, ids]) => this.deps.queues.remove(queue, ids)));
  }

  private async askToResend(attempts: readonly (QuietAttempt & { id: string })[]): Promise<void> {
    const byWorker = new Map<string, string[]>();
    for (const a of attempts) byWorker.set(a.workerId!, [...(byWorker.get(a.workerId!) ?? []), a.id]);
    for (const [worker, ids] of byWorker) await this.deps.workers.askToResend(worker, ids);
  }
}

/** What is queued in a paused run is in no queue on purpose. The outbox is asked for all its ids, since no table may be read from end to end: else the items would be (docs/adr/0018). */
const QUIET = `
select i.run_id, i.step, i.item, i.attempt, i.status, i.worker_id
from orchestrator.runs r join orchestrator.items i on i.run_id = r.id
where (r.status = 'running' or r.status = 'paused' and i.status = 'running') and i.status in ('queued', 'running') and coalesce(i.started_at, i.queued_at) < now() - $1 * interval '1 millisecond'
  and (i.run_id, i.step, i.item, i.attempt) not in (
    select w.* from orchestrator.outbox o, unnest(o.run_ids, o.steps, o.items, o.attempts) as w where o.id > '00000000-0000-0000-0000-000000000000'
    union all select run_id, step, item, attempt from orchestrator.gated_attempts)
limit $2`;

function queueOf(attempt: QuietAttempt, facts: ReadonlyMap<string, RunFacts>): string {
  return toolStep(facts.get(attempt.runId)!.plan, attempt.step).queue;
}

function idOf(q: QuietAttempt, run: RunFacts): string {
  return attemptId({ runId: q.runId, stepId: run.plan.steps[q.step]!.id, item: q.item, attempt: q.attempt });
}
