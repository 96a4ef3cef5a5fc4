import { attemptId, MESSAGE_VERSION, type JobDto } from '@opsmesh/contracts';
import { transaction } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { RunFacts } from '../engine/ports.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import { Loop } from './loop.js';
import type { Queues } from './queues.js';

/** Rows taken from the outbox at once; BullMQ gains nothing from more than about 500 adds under way. */
const BATCH = 500;
/** A queue with more waiting jobs than this gets no more: the outbox is the better place to wait. */
const MAX_WAITING = 5000;
/** Share of Redis' memory above which nothing is added. */
const MEMORY_SHARE = 0.7;
const CREDIT_CHECK_MS = 250;

interface OutboxRow { queue: string; run_id: string; step: number; item: number; attempt: number; inputs: Record<string, unknown> }

export interface RelayParts {
  readonly pool: Pool;
  readonly queues: Queues;
  readonly facts: RunFactsCache;
  readonly redis: Redis;
  readonly log: Logger;
}

/**
 * Moves attempts from the outbox into BullMQ: take rows, add jobs, delete rows, in one transaction.
 * A crash in between repeats the add under the same job id (architecture, invariants 1 and 3).
 */
export class Relay {
  private readonly loop: Loop;
  private blocked: string[] = [];
  private checkedAt = -Infinity;
  private memoryFull = false;

  constructor(private readonly parts: RelayParts) {
    this.loop = new Loop({ name: 'relay', idleMs: 200, log: parts.log, turn: () => this.turn() });
  }

  start(): void { this.loop.start(); }
  wake(): void { this.loop.wake(); }
  async stop(): Promise<void> { await this.loop.stop(); }

  private async turn(): Promise<boolean> {
    await this.checkCredit();
    if (this.memoryFull) return false;
    return transaction(this.parts.pool, async (client) => {
      const { rows } = await client.query<OutboxRow>({ name: 'take-outbox', text: TAKE, values: [this.blocked, BATCH] });
      if (rows.length > 0) await this.send(rows);
      return rows.length > 0;
    });
  }

  private async send(rows: readonly OutboxRow[]): Promise<void> {
    const facts = await this.parts.facts.get(rows.map((r) => r.run_id));
    const jobs = new Map<string, JobDto[]>();
    for (const row of rows) {
      const list = jobs.get(row.queue) ?? [];
      list.push(toJob(row, facts.get(row.run_id)!));
      jobs.set(row.queue, list);
    }
    await Promise.all([...jobs].map(([queue, list]) => this.parts.queues.add(queue, list)));
  }

  private async checkCredit(): Promise<void> {
    if (performance.now() - this.checkedAt < CREDIT_CHECK_MS) return;
    const names = this.parts.queues.all().map((q) => q.name);
    const waiting = await Promise.all(names.map((n) => this.parts.queues.waiting(n)));
    this.blocked = names.filter((_, i) => waiting[i]! > MAX_WAITING);
    const info = await this.parts.redis.info('memory');
    const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0);
    const max = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
    this.memoryFull = max > 0 && used > max * MEMORY_SHARE;
    this.checkedAt = performance.now();
  }
}

const TAKE = `
with picked as (
  select id from orchestrator.outbox where queue <> all($1) order by id limit $2 for update skip locked
), taken as (
  delete from orchestrator.outbox o using picked p where o.id = p.id returning o.id, o.queue, o.run_id, o.step, o.item, o.attempt
)
select t.queue, t.run_id, t.step, t.item, t.attempt, i.inputs
from taken t join orchestrator.items i on i.run_id = t.run_id and i.step = t.step and i.item = t.item and i.attempt = t.attempt and i.status = 'queued'
order by t.id`;

function toJob(row: OutboxRow, facts: RunFacts): JobDto {
  const step = facts.plan.steps[row.step]!;
  const position = { runId: row.run_id, stepId: step.id, item: row.item, attempt: row.attempt };
  return {
    v: MESSAGE_VERSION, attemptId: attemptId(position), ...position, tenantId: facts.tenantId, actorId: facts.actorId,
    tool: step.tool, toolVersion: step.toolVersion, input: row.inputs, timeoutMs: step.timeoutMs, claim: step.claim,
  };
}
