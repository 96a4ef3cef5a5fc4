import { attemptId, MESSAGE_VERSION, type JobDto } from '@opsmesh/contracts';
import { timeoutOf, toolStep } from '@opsmesh/plan-model';
import { batchPlace, beginSpan, codeOf, isTracing, transaction, type OpenSpan } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { OutboxEntry } from '../engine/change-set.js';
import type { RunFacts } from '../engine/ports.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import { deleteSent } from '../store/write-changes.js';
import type { SentAttempts } from '../engine/sent-attempts.js';
import { DispatchGate } from './dispatch-gate.js';
import { Loop } from './loop.js';
import type { Queues } from './queues.js';

/** Rows taken from the outbox at once; BullMQ gains nothing from more than about 500 adds under way. */
const BATCH = 500;
/** A queue with more waiting jobs than this gets no more: the outbox is the better place to wait. */
const MAX_WAITING = 5000;
/** Share of Redis' memory above which nothing is added. */
const MEMORY_SHARE = 0.7;
const CREDIT_CHECK_MS = 250;
/** How often the table is looked at when nothing says that it has rows, in milliseconds. */
export const LOOK_MS = 200;
/** More than this is left in the table. */
const MOST_HANDED = 20_000;

/** An attempt to send. */
export interface OutboxRow { queue: string; run_id: string; step: number; item: number; attempt: number; inputs: Record<string, unknown> }

export interface RelayParts {
  readonly pool: Pool;
  readonly queues: Queues;
  readonly facts: RunFactsCache;
  readonly sent: SentAttempts;
  readonly redis: Redis;
  readonly log: Logger;
}

/**
 * Moves attempts from the outbox into BullMQ: add the jobs, then delete the rows. A crash in between repeats the add under the same job id
 * (architecture, invariants 1 and 3).
 *
 * 1. Attempts that this process has just committed with their inputs come by {@link hand}; their rows are held for us for a while.
 * 2. Everything else (started later, retried, left by a crash or a full queue) is taken from the table.
 */
export class Relay {
  private readonly loop: Loop;
  private readonly handed: OutboxEntry[] = [];
  private blocked: string[] = [];
  private checkedAt = -Infinity;
  private memoryFull = false;
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
  hand(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      if (entry.inputs && this.handed.length < MOST_HANDED) this.handed.push(entry);
      else this.mayHaveRows = true;
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
    const direct = this.handed.length > 0 && await this.relayHanded(this.handed.splice(0, BATCH));
    if (this.parts.sent.waitingMs >= LOOK_MS) await this.clearSent();
    const due = this.mayHaveRows || performance.now() - this.lookedAt >= LOOK_MS;
    const stored = due && await this.relayStored();
    return direct || stored || this.handed.length > 0;
  }

  private async relayHanded(entries: readonly OutboxEntry[]): Promise<boolean> {
    // What a full queue does not take stays in the table.
    const open = entries.filter((e) => !this.blocked.includes(e.queue));
    if (open.length === 0) return false;
    await this.send(open.map((e) => ({ queue: e.queue, run_id: e.runId, step: e.step, item: e.item, attempt: e.attempt, inputs: e.inputs! })));
    this.parts.sent.add(open);
    return true;
  }

  /** Deletes the rows of what was sent, when no commit did it along the way. */
  private async clearSent(): Promise<void> {
    const attempts = this.parts.sent.take();
    try {
      await this.parts.pool.query(deleteSent(attempts));
    } catch (e) {
      this.parts.sent.add(attempts);
      throw e;
    }
  }

  private async relayStored(): Promise<boolean> {
    this.mayHaveRows = false;
    this.lookedAt = performance.now();
    const taken = await transaction(this.parts.pool, async (client) => {
      const { rows } = await client.query<OutboxRow>({ name: 'take-outbox', text: TAKE, values: [this.blocked, BATCH] });
      if (rows.length > 0) await this.send(rows);
      return rows.length;
    });
    const passed = await transaction(this.parts.pool, (client) => this.gate.take(client, { blockedQueues: this.blocked, limit: BATCH }));
    if (passed.length > 0) {
      await this.send(passed);
      this.parts.sent.add(passed.map((r) => ({ runId: r.run_id, step: r.step, item: r.item, attempt: r.attempt })));
    }
    this.mayHaveRows ||= taken + passed.length > 0;
    return taken + passed.length > 0;
  }

  private async send(rows: readonly OutboxRow[]): Promise<void> {
    const facts = await this.parts.facts.get(rows.map((r) => r.run_id));
    const jobs = new Map<string, JobDto[]>();
    for (const row of rows) {
      const list = jobs.get(row.queue) ?? [];
      list.push(toJob(row, facts.get(row.run_id)!));
      jobs.set(row.queue, list);
    }
    const span = isTracing() ? sendSpan(facts.values(), rows.length) : undefined;
    try {
      await Promise.all([...jobs].map(([queue, list]) => this.parts.queues.add(queue, list)));
      span?.end();
    } catch (e) {
      span?.end(codeOf(e));
      throw e;
    }
  }

  /** Looks now and then whether Redis has room. What is to be sent does not wait for a look, except for the first and while there is none. */
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
    const waiting = await Promise.all(names.map((n) => this.parts.queues.waiting(n)));
    this.blocked = names.filter((_, i) => waiting[i]! > MAX_WAITING);
    const info = await this.parts.redis.info('memory');
    const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0);
    const max = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
    this.memoryFull = max > 0 && used > max * MEMORY_SHARE;
  }
}

const TAKE = `
with taken as (
  delete from orchestrator.outbox o where o.ctid = any(array(
    select m.ctid from orchestrator.outbox m where m.queue <> all($1) and m.held_until <= now() and not m.gated limit $2 for update skip locked))
  returning o.queue, o.run_id, o.step, o.item, o.attempt
)
select t.queue, t.run_id, t.step, t.item, t.attempt, i.inputs
from taken t join orchestrator.items i on i.run_id = t.run_id and i.step = t.step and i.item = t.item and i.attempt = t.attempt and i.status = 'queued'`;

function sendSpan(runs: Iterable<RunFacts>, jobs: number): OpenSpan | undefined {
  const place = batchPlace([...runs].map((r) => r.traceparent));
  return place && beginSpan('relay send', { ...place, kind: 'producer', attributes: { 'opsmesh.jobs': jobs } });
}

function toJob(row: OutboxRow, facts: RunFacts): JobDto {
  const step = toolStep(facts.plan, row.step);
  const position = { runId: row.run_id, stepId: step.id, item: row.item, attempt: row.attempt };
  const job: JobDto = {
    v: MESSAGE_VERSION, attemptId: attemptId(position), ...position, tenantId: facts.tenantId, actorId: facts.actorId,
    tool: step.tool, toolVersion: step.toolVersion, input: row.inputs, timeoutMs: timeoutOf(step, row.attempt), claim: step.claim,
  };
  if (facts.manifestSha256) job.manifestSha256 = facts.manifestSha256;
  if (facts.traceparent) job.traceparent = facts.traceparent;
  return job;
}
