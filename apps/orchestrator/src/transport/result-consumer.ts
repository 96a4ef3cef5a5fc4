import { setTimeout as pause } from 'node:timers/promises';
import { readResult, RESULTS_GROUP, RESULTS_STREAM, resultsIn, type ResultDto } from '@opsmesh/contracts';
import { isTransient } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { Submission } from '../engine/submission.js';
import { Loop } from './loop.js';

/** Most entries of one read, each with one result or several (of 256 KiB and one more). */
const BATCH = 250;
const BLOCK_MS = 1000;
/** Results in one read that mean load, and the rest that is taken then, in milliseconds. */
const BUSY = 20;
const GATHER_MS = 1;
/**
 * Entries that another consumer took and did not acknowledge for this long are taken over, in milliseconds. Short, for the runs of a killed process wait for it;
 * one that is only slow has its entries committed by two, of which the second changes nothing.
 */
export const ABANDONED_MS = 1500;
export const TAKE_OVER_EVERY_MS = 500;
/** A result that failed this often is set aside. */
const MAX_DELIVERIES = 5;

/** Where results go that can't be committed. */
export interface DeadLetters {
  add(letter: { entryId: string; reason: string; payload: string }): Promise<void>;
}

/** One result of an entry of the stream. */
interface Message {
  readonly entry: string;
  /** Place in the entry. */
  readonly part: number;
  readonly payload: string;
}

/**
 * Reads results in batches, hands them to the engine, and acknowledges and deletes their entries after the commit (architecture, invariant 4).
 * A malformed result is set aside at once; one that can't be committed is tried again, and set aside after the fifth time.
 */
export class ResultConsumer {
  private readonly loop: Loop;
  private tookOverAt = 0;
  /** Failed commits by result; small, for only failing ones are in it. */
  private readonly failures = new Map<string, number>();
  private retry: Message[] = [];

  constructor(private readonly deps: {
    /** Blocks in XREADGROUP: a connection of its own. */
    readonly reader: Redis; readonly redis: Redis; readonly engine: Pick<Engine, 'submit'>; readonly facts: RunFactsCache; readonly deadLetters: DeadLetters; readonly consumer: string; readonly log: Logger;
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
    const again = this.retry.splice(0);
    // What is tried again here counts as abandoned too.
    const known = new Set(again.map((m) => m.entry));
    const messages = [...again, ...(await this.abandoned()).filter((m) => !known.has(m.entry)), ...await this.read()];
    if (messages.length > 0) await this.process(messages);
    // Under load a short rest lets results gather: a commit costs nearly the same for a hundred as for ten.
    if (messages.length >= BUSY) await (this.deps.rest ?? pause)(GATHER_MS);
    return true;
  }

  private async read(): Promise<Message[]> {
    try {
      const reply = (await this.deps.reader.xreadgroup('GROUP', RESULTS_GROUP, this.deps.consumer, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', RESULTS_STREAM, '>')) as [string, [string, string[]][]][] | null;
      return (reply?.[0]?.[1] ?? []).flatMap(messagesOf);
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

  private async abandoned(): Promise<Message[]> {
    if (performance.now() - this.tookOverAt < TAKE_OVER_EVERY_MS) return [];
    this.tookOverAt = performance.now();
    try {
      const [, entries] = (await this.deps.redis.xautoclaim(RESULTS_STREAM, RESULTS_GROUP, this.deps.consumer, ABANDONED_MS, '0', 'COUNT', BATCH)) as [string, [string, string[]][]];
      return entries.filter(([, fields]) => fields !== null).flatMap(messagesOf);
    } catch (e) {
      if (!isNoGroup(e)) throw e;
      await this.createGroup();
      return [];
    }
  }

  private async process(messages: readonly Message[]): Promise<void> {
    const submissions = await this.parse(messages);
    const outcomes = await Promise.allSettled(submissions.map(({ submission }) => this.deps.engine.submit([submission])));
    const again: Message[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      const { message } = submissions[i]!;
      if (outcome.status === 'rejected' && !await this.giveUp(message, outcome.reason)) again.push(message);
      else this.failures.delete(keyOf(message));
    }
    // Only now: had one not been set aside, its entry would be looked at with all of its results again.
    this.retry = again;
    const open = new Set(again.map((m) => m.entry));
    const done = [...new Set(messages.map((m) => m.entry))].filter((entry) => !open.has(entry));
    if (done.length === 0) return;
    // Not waited for: an entry that stays is delivered again and changes nothing.
    this.deps.redis.pipeline().xack(RESULTS_STREAM, RESULTS_GROUP, ...done).xdel(RESULTS_STREAM, ...done).exec().catch((e: unknown) => {
      this.deps.log.debug({ err: e, entries: done.length }, 'results could not be acknowledged');
    });
  }

  /** What may be committed; the rest is set aside. */
  private async parse(messages: readonly Message[]): Promise<{ message: Message; submission: Submission }[]> {
    const results: { message: Message; result: ResultDto }[] = [];
    for (const message of messages) {
      try {
        results.push({ message, result: readResult(JSON.parse(message.payload)) });
      } catch (e) {
        await this.setAside(message, e);
      }
    }
    const facts = await this.deps.facts.get(results.map((r) => r.result.runId));
    const submissions: { message: Message; submission: Submission }[] = [];
    for (const { message, result } of results) {
      const run = facts.get(result.runId);
      const step = run?.plan.steps.find((s) => s.id === result.stepId);
      if (run && step && run.tenantId === result.tenantId) submissions.push({ message, submission: toSubmission(result, step.index) });
      else await this.setAside(message, new Error(run ? 'the result does not fit its run' : 'there is no such run'));
    }
    return submissions;
  }

  /** Whether the result was set aside; if not, it is tried again. */
  private async giveUp(message: Message, reason: unknown): Promise<boolean> {
    const key = keyOf(message);
    const failures = (this.failures.get(key) ?? 0) + 1;
    this.failures.set(key, failures);
    this.deps.log.warn({ err: reason, entry: message.entry, failures }, 'a result could not be committed');
    // PostgreSQL is away, or can't do it now: no fault of the result.
    if (isTransient(reason) || failures < MAX_DELIVERIES) return false;
    await this.setAside(message, reason);
    return true;
  }

  private async setAside({ entry, payload }: Message, reason: unknown): Promise<void> {
    const text = reason instanceof Error ? reason.message : String(reason);
    this.deps.log.error({ entry, reason: text }, 'a result was set aside');
    await this.deps.deadLetters.add({ entryId: entry, reason: text, payload });
  }
}

/** The results of an entry; one without any has one that nobody can read. */
function messagesOf([entry, fields]: [string, string[]]): Message[] {
  const results = resultsIn(fields);
  return (results.length > 0 ? results : ['']).map((payload, part) => ({ entry, part, payload }));
}

function keyOf({ entry, part }: Message): string {
  return `${entry} ${part}`;
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
