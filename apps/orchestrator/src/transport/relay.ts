import { attemptId, MESSAGE_VERSION, type JobDto } from '@opsmesh/contracts';
import { timeoutOf, toolStep, type JsonObject } from '@opsmesh/plan-model';
import { batchPlace, beginSpan, codeOf, isTracing, transaction, type OpenSpan } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { OutboxBatch, WantedAttempt } from '../engine/outbox.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { RunFacts } from '../engine/run.js';
import type { SentBatches } from '../engine/sent-batches.js';
import { attemptColumns } from '../store/positions.js';
import { statement } from '../store/statement.js';
import { deleteSent } from '../store/write-changes.js';
import type { QueueRoom, WorkerStore } from '../store/worker-store.js';
import { bundled } from './bundles.js';
import { deletePassed, DispatchGate } from './dispatch-gate.js';
import { Loop } from './loop.js';
import type { Queues } from './queues.js';
import type { ReadyAttempt } from './ready-attempt.js';

/** Attempts sent at once; BullMQ gains nothing from more than about 500 adds under way. */
const MOST_AT_ONCE = 500;
/** Rows taken from the outbox at once. */
const MOST_ROWS = 8;
/** A queue with more waiting jobs than this gets no more: the outbox is the better place to wait. */
const MAX_WAITING = 5000;
/** Share of Redis' memory above which nothing is added. */
const MEMORY_SHARE = 0.7;
const CREDIT_CHECK_MS = 250;
/** How often the table is looked at when nothing says that it has rows, in milliseconds. */
export const LOOK_MS = 200;
/** More attempts than this are left in the table. */
const MOST_HANDED = 20_000;

export interface RelayParts {
  readonly pool: Pool;
  readonly queues: Queues;
  readonly facts: RunFactsCache;
  readonly sent: SentBatches;
  readonly workers: Pick<WorkerStore, 'rooms'>;
  readonly redis: Redis;
  readonly log: Logger;
}

/**
 * Moves attempts from the outbox into BullMQ: add the jobs, then delete the rows. A crash in between repeats the add under the same job ids
 * (architecture, invariants 1 and 3).
 *
 * 1. Batches that this process has just committed come by {@link hand}; their rows are held for us for a while.
 * 2. What was left by a crash or a full queue is taken from the table.
 * 3. Attempts that need a lock, or leave by a rate limit, come by the {@link DispatchGate}.
 */
export class Relay {
  private readonly loop: Loop;
  private readonly handed: OutboxBatch[] = [];
  /** Attempts in them. */
  private handedAttempts = 0;
  private blocked: string[] = [];
  private rooms: ReadonlyMap<string, QueueRoom> = new Map();
  private checkedAt = -Infinity;
  private memoryFull = false;
  private warned = false;
  /** Whether the table may have rows for us; else it is looked at only every {@link LOOK_MS}. */
  private mayHaveRows = true;
  private lookedAt = -Infinity;

  private readonly gate: DispatchGate;

  constructor(private readonly parts: RelayParts) {
    this.gate = new DispatchGate(parts.facts);
    this.loop = new Loop({ name: 'relay', idleMs: LOOK_MS, log: parts.log, turn: () => this.turn() });
  }

  start(): void { this.loop.start(); }
  async stop(): Promise<void> {
    await this.loop.stop();
    // What stays is sent once more by another relay, under the same ids.
    if (this.parts.sent.waitingMs > 0) await this.clearSent().catch((e: unknown) => { this.parts.log.debug({ err: e }, 'outbox rows of sent attempts are left'); });
  }

  /** Takes over what was just committed. */
  hand(batches: readonly OutboxBatch[]): void {
    for (const batch of batches) {
      if (this.handedAttempts >= MOST_HANDED) break;
      this.handed.push(batch);
      this.handedAttempts += batch.attempts.length;
    }
    this.loop.wake();
  }

  /** The table may have rows that can go now. */
  look(): void {
    this.mayHaveRows = true;
    this.loop.wake();
  }

  private async turn(): Promise<boolean> {
    await this.renewCredit();
    if (this.memoryFull) return false;
    const direct = this.handed.length > 0 && await this.relayHanded(this.nextHanded());
    if (this.parts.sent.waitingMs >= LOOK_MS) await this.clearSent();
    const due = this.mayHaveRows || performance.now() - this.lookedAt >= LOOK_MS;
    const stored = due && await this.relayStored();
    return direct || stored || this.handed.length > 0;
  }

  /** The oldest batches that were handed over, as many as may be sent at once. */
  private nextHanded(): OutboxBatch[] {
    let attempts = 0;
    let count = 0;
    do attempts += this.handed[count++]!.attempts.length; while (count < this.handed.length && attempts + this.handed[count]!.attempts.length <= MOST_AT_ONCE);
    this.handedAttempts -= attempts;
    return this.handed.splice(0, count);
  }

  private async relayHanded(batches: readonly OutboxBatch[]): Promise<boolean> {
    // What a full queue does not take stays in the table.
    const open = batches.filter((b) => !this.blocked.includes(b.queue));
    if (open.length === 0) return false;
    const wanted = open.flatMap((b) => b.attempts);
    const ready = wanted.filter((a): a is WantedAttempt & ReadyAttempt => a.inputs !== undefined);
    await this.send([...ready, ...await this.withInputs(wanted.filter((a) => a.inputs === undefined))]);
    this.parts.sent.add(open.map((b) => b.id));
    return true;
  }

  /** Attempts of items that were there before: those that are still wanted, with the inputs that the record has. */
  private async withInputs(attempts: readonly WantedAttempt[]): Promise<ReadyAttempt[]> {
    if (attempts.length === 0) return [];
    const { rows } = await this.parts.pool.query<{ n: number; inputs: JsonObject }>(attemptInputs(attempts));
    return rows.map(({ n, inputs }) => ({ ...attempts[n - 1]!, inputs }));
  }

  /** Deletes the rows of what was sent, when no commit did it along the way. */
  private async clearSent(): Promise<void> {
    const batches = this.parts.sent.take();
    try {
      await this.parts.pool.query(deleteSent(batches));
    } catch (e) {
      this.parts.sent.add(batches);
      throw e;
    }
  }

  private async relayStored(): Promise<boolean> {
    this.mayHaveRows = false;
    this.lookedAt = performance.now();
    const taken = await transaction(this.parts.pool, async (client) => {
      const { rows } = await client.query<ReadyAttempt>({ name: 'take-outbox', text: TAKE, values: [this.blocked, MOST_ROWS] });
      if (rows.length > 0) await this.send(rows);
      return rows.length;
    });
    const passed = await transaction(this.parts.pool, (client) => this.gate.take(client, { blockedQueues: this.blocked, limit: MOST_AT_ONCE }));
    if (passed.length > 0) {
      await this.send(passed);
      await this.parts.pool.query(deletePassed(passed));
    }
    this.mayHaveRows ||= taken + passed.length > 0;
    return taken + passed.length > 0;
  }

  private async send(ready: readonly ReadyAttempt[]): Promise<void> {
    const facts = await this.parts.facts.get(ready.map((a) => a.runId));
    const jobs = new Map<string, JobDto[]>();
    for (const attempt of ready) {
      const list = jobs.get(attempt.queue) ?? [];
      list.push(toJob(attempt, facts.get(attempt.runId)!));
      jobs.set(attempt.queue, list);
    }
    const span = isTracing() ? sendSpan(facts.values(), ready.length) : undefined;
    try {
      await Promise.all([...jobs].map(([queue, list]) => this.parts.queues.add(queue, bundled(list, this.rooms.get(queue)))));
      span?.end();
    } catch (e) {
      span?.end(codeOf(e));
      throw e;
    }
  }

  /** Looks now and then who works, and whether Redis has room. What is to be sent does not wait for a look, except for the first and while there is none. */
  private async renewCredit(): Promise<void> {
    const now = performance.now();
    if (now - this.checkedAt < CREDIT_CHECK_MS) return;
    const mustWait = this.checkedAt === -Infinity || this.memoryFull;
    this.checkedAt = now;
    const look = this.checkCredit();
    if (mustWait) await look;
    else look.catch((e: unknown) => { this.parts.log.debug({ err: e }, 'the room in Redis is not known'); });
  }

  private async checkCredit(): Promise<void> {
    const names = this.parts.queues.all().map((q) => q.name);
    this.rooms = await this.parts.workers.rooms();
    const waiting = await Promise.all(names.map((n) => this.parts.queues.waiting(n)));
    this.blocked = names.filter((_, i) => waiting[i]! > MAX_WAITING);
    const info = await this.parts.redis.info('memory');
    const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0);
    const max = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
    this.memoryFull = max > 0 && used > max * MEMORY_SHARE;
    if (max === 0 && !this.warned) {
      this.warned = true;
      this.parts.log.warn('Redis has no limit of memory (maxmemory 0): nothing is held back until it has used up that of its machine');
    }
  }
}

const TAKE = `
with taken as (
  delete from orchestrator.outbox o where o.ctid = any(array(
    select m.ctid from orchestrator.outbox m where m.queue <> all($1) and m.held_until <= now() order by m.id limit $2 for update skip locked))
  returning o.queue, o.run_ids, o.steps, o.items, o.attempts
)
select t.queue, w.run_id as "runId", w.step, w.item, w.attempt, i.inputs
from taken t, unnest(t.run_ids, t.steps, t.items, t.attempts) as w(run_id, step, item, attempt)
join orchestrator.items i on i.run_id = w.run_id and i.step = w.step and i.item = w.item and i.attempt = w.attempt and i.status = 'queued'
join orchestrator.runs r on r.id = w.run_id and r.status = 'running'`;

const attemptInputs = statement<readonly WantedAttempt[]>('attempt-inputs', (given) => `
select v.n::int as n, i.inputs from ${given.rows((attempts) => attempts, attemptColumns, 'n')}
join orchestrator.items i on i.run_id = v.run_id and i.step = v.step and i.item = v.item and i.attempt = v.attempt and i.status = 'queued'`);

function sendSpan(runs: Iterable<RunFacts>, jobs: number): OpenSpan | undefined {
  const place = batchPlace([...runs].map((r) => r.traceparent));
  return place && beginSpan('relay send', { ...place, kind: 'producer', attributes: { 'opsmesh.jobs': jobs } });
}

function toJob({ runId, step: index, item, attempt, inputs }: ReadyAttempt, facts: RunFacts): JobDto {
  const step = toolStep(facts.plan, index);
  const position = { runId, stepId: step.id, item, attempt };
  const job: JobDto = {
    v: MESSAGE_VERSION, attemptId: attemptId(position), ...position, tenantId: facts.tenantId, actorId: facts.actorId,
    tool: step.tool, toolVersion: step.toolVersion, input: inputs, timeoutMs: timeoutOf(step, attempt), claim: step.claim,
  };
  if (facts.manifestSha256) job.manifestSha256 = facts.manifestSha256;
  if (facts.traceparent) job.traceparent = facts.traceparent;
  return job;
}
