import { setTimeout as pause } from 'node:timers/promises';
import { readResult, RESULTS_GROUP, RESULTS_STREAM, type ResultDto } from '@opsmesh/contracts';
import { isTransient } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { Submission } from '../engine/submission.js';
import { Loop } from './loop.js';

const BATCH = 1000;
const BLOCK_MS = 1000;
/** Entries in one read that mean load, and the rest that is taken then, in milliseconds. */
const BUSY = 20;
const GATHER_MS = 4;
/**
 * Entries that another consumer took and did not acknowledge for this long are taken over, in milliseconds. Short, for the runs of a killed process wait for it;
 * one that is only slow has its entries committed by two, of which the second changes nothing.
 */
export const ABANDONED_MS = 1500;
export const TAKE_OVER_EVERY_MS = 500;
/** An entry that failed this often is set aside. */
const MAX_DELIVERIES = 5;

/** Where entries go that can't be processed. */
export interface DeadLetters {
  add(letter: { entryId: string; reason: string; payload: string }): Promise<void>;
}

interface Entry { readonly id: string; readonly payload: string }

/**
 * Reads results in batches, hands them to the engine, and acknowledges and deletes them after the commit (architecture, invariant 4).
 * A malformed entry is set aside at once; one that can't be committed is delivered again, and set aside after the fifth time.
 */
export class ResultConsumer {
  private readonly loop: Loop;
  private tookOverAt = 0;
  /** Failed commits by entry id; small, for only failing entries are in it. */
  private readonly failures = new Map<string, number>();
  private retry: Entry[] = [];

  constructor(private readonly deps: {
    /** Blocks in XREADGROUP: a connection of its own. */
    readonly reader: Redis; readonly redis: Redis; readonly engine: Engine; readonly facts: RunFactsCache; readonly deadLetters: DeadLetters; readonly consumer: string; readonly log: Logger;
    /** Waits so many milliseconds; by the clock of the process when left out. */
    readonly rest?: (ms: number) => Promise<unknown>;
  }) {
    this.loop = new Loop({ name: 'results', idleMs: 0, log: deps.log, turn: () => this.turn() });
  }

  start(): void { this.loop.start(); }

  async stop(): Promise<void> {
    const stopped = this.loop.stop();
    this.deps.reader.disconnect();
    await stopped;
  }

  private async turn(): Promise<boolean> {
    // What is tried again here counts as abandoned too.
    const entries = [...new Map([...this.retry.splice(0), ...await this.abandoned(), ...await this.read()].map((e) => [e.id, e])).values()];
    if (entries.length > 0) await this.process(entries);
    // Under load a short rest lets results gather: a commit costs nearly the same for a hundred as for ten.
    if (entries.length >= BUSY) await (this.deps.rest ?? pause)(GATHER_MS);
    return true;
  }

  private async read(): Promise<Entry[]> {
    try {
      const reply = (await this.deps.reader.xreadgroup('GROUP', RESULTS_GROUP, this.deps.consumer, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', RESULTS_STREAM, '>')) as [string, [string, string[]][]][] | null;
      return (reply?.[0]?.[1] ?? []).map(toEntry);
    } catch (e) {
      if (!isNoGroup(e)) throw e;
      await this.createGroup();
      return [];
    }
  }

  /** The stream may have been wiped: the group is made anew from its beginning. */
  private async createGroup(): Promise<void> {
    await this.deps.redis.xgroup('CREATE', RESULTS_STREAM, RESULTS_GROUP, '0', 'MKSTREAM').catch((e: unknown) => {
      if (!(e instanceof Error && e.message.startsWith('BUSYGROUP'))) throw e;
    });
  }

  private async abandoned(): Promise<Entry[]> {
    if (performance.now() - this.tookOverAt < TAKE_OVER_EVERY_MS) return [];
    this.tookOverAt = performance.now();
    try {
      const [, entries] = (await this.deps.redis.xautoclaim(RESULTS_STREAM, RESULTS_GROUP, this.deps.consumer, ABANDONED_MS, '0', 'COUNT', BATCH)) as [string, [string, string[]][]];
      return entries.filter(([, fields]) => fields !== null).map(toEntry);
    } catch (e) {
      if (!isNoGroup(e)) throw e;
      await this.createGroup();
      return [];
    }
  }

  private async process(entries: readonly Entry[]): Promise<void> {
    const parsed = await this.parse(entries);
    const done: string[] = parsed.dropped;
    const outcomes = await Promise.allSettled(parsed.submissions.map(({ submission }) => this.deps.engine.submit([submission])));
    for (const [i, outcome] of outcomes.entries()) {
      const { entry } = parsed.submissions[i]!;
      if (outcome.status === 'fulfilled' || await this.giveUp(entry, outcome.reason)) done.push(entry.id);
    }
    if (done.length === 0) return;
    for (const id of done) this.failures.delete(id);
    // Not waited for: an entry that stays is delivered again and changes nothing.
    this.deps.redis.pipeline().xack(RESULTS_STREAM, RESULTS_GROUP, ...done).xdel(RESULTS_STREAM, ...done).exec().catch((e: unknown) => {
      this.deps.log.debug({ err: e, entries: done.length }, 'results could not be acknowledged');
    });
  }

  private async parse(entries: readonly Entry[]): Promise<{ submissions: { entry: Entry; submission: Submission }[]; dropped: string[] }> {
    const dropped: string[] = [];
    const results: { entry: Entry; result: ResultDto }[] = [];
    for (const entry of entries) {
      try {
        results.push({ entry, result: readResult(JSON.parse(entry.payload)) });
      } catch (e) {
        await this.setAside(entry, e);
        dropped.push(entry.id);
      }
    }
    const facts = await this.deps.facts.get(results.map((r) => r.result.runId));
    const submissions: { entry: Entry; submission: Submission }[] = [];
    for (const { entry, result } of results) {
      const run = facts.get(result.runId);
      const step = run?.plan.steps.find((s) => s.id === result.stepId);
      if (run && step && run.tenantId === result.tenantId) submissions.push({ entry, submission: toSubmission(result, step.index) });
      else {
        await this.setAside(entry, new Error(run ? 'the result does not fit its run' : 'there is no such run'));
        dropped.push(entry.id);
      }
    }
    return { submissions, dropped };
  }

  /** Whether the entry was set aside; if not, it is tried again. */
  private async giveUp(entry: Entry, reason: unknown): Promise<boolean> {
    const failures = (this.failures.get(entry.id) ?? 0) + 1;
    this.failures.set(entry.id, failures);
    this.deps.log.warn({ err: reason, entry: entry.id, failures }, 'a result could not be committed');
    // PostgreSQL is away, or can't do it now: no fault of the entry.
    if (isTransient(reason) || failures < MAX_DELIVERIES) {
      this.retry.push(entry);
      return false;
    }
    await this.setAside(entry, reason);
    return true;
  }

  private async setAside(entry: Entry, reason: unknown): Promise<void> {
    const text = reason instanceof Error ? reason.message : String(reason);
    this.deps.log.error({ entry: entry.id, reason: text }, 'a result was set aside');
    await this.deps.deadLetters.add({ entryId: entry.id, reason: text, payload: entry.payload });
  }
}

function toEntry([id, fields]: [string, string[]]): Entry {
  const at = fields.indexOf('result');
  return { id, payload: at >= 0 && at % 2 === 0 ? fields[at + 1] ?? '' : '' };
}

function toSubmission(result: ResultDto, step: number): Submission {
  const outcome = result.status === 'succeeded' ? { status: 'succeeded' as const } : { status: 'failed' as const, failure: result.failure! };
  return {
    kind: 'event', runId: result.runId,
    event: { type: 'finished', step, item: result.item, attempt: result.attempt, outcome, random: Math.random() },
    result: {
      workerId: result.workerId, durationMs: result.durationMs,
      output: { json: result.output === undefined ? null : JSON.stringify(result.output), blobSha256: result.blob?.sha256 ?? null, truncated: result.truncated ?? false },
    },
  };
}

function isNoGroup(e: unknown): boolean {
  return e instanceof Error && e.message.includes('NOGROUP');
}
