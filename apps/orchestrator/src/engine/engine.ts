import { BULK_EVENTS } from '@opsmesh/plan-model';
import { isOutcomeUnknown } from '@opsmesh/platform';
import { Commit } from './commit.js';
import { RunChangedError, type CommitNews, type EngineNews, type RunRecord } from './ports.js';
import type { RunCache } from './run-cache.js';
import type { RunFactsCache } from './run-facts.js';
import { SentBatches } from './sent-batches.js';
import type { Submission } from './submission.js';

/** Largest number of submissions in one commit. */
const MAX_BATCH = 1000;

/** For how long runs are locked before they are read, after another process has changed one that was in the cache; in milliseconds. */
const DISTRUST_MS = 1000;

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (changed: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export interface EngineParts {
  readonly record: RunRecord;
  readonly facts: RunFactsCache;
  readonly cache: RunCache;
  readonly news: EngineNews;
  /** Ids for runs of sub-plans and batches of the outbox: UUIDs, in the order of time. */
  readonly newId: () => string;
  /** Whether anybody makes choices for decision steps; else their defaults are taken at once. */
  readonly canDecide: boolean;
}

/**
 * Loads what a batch of submissions touches, asks `transition`, commits, tells the news. It contains no decision.
 *
 * 1. One commit at a time in a process; what arrives meanwhile goes into the next one.
 * 2. Events that sweep over many items are committed alone, so that no other change of the batch meets them half-way.
 * 3. The cache is believed first: a run that another process changed meanwhile makes the commit fail, and it is done again under the runs' locks.
 * 4. A batch that fails is repeated one by one: a submission that can't be committed fails alone. After a lost answer one that changes nothing any more fails with it, for
 *    nobody knows whether the batch changed it.
 */
export class Engine {
  /** Filled by the relay of this process. */
  readonly sent = new SentBatches();
  private readonly mailbox: Waiting[] = [];
  private distrustUntil = 0;
  private draining: Promise<void> | undefined;

  constructor(private readonly parts: EngineParts) {}

  /**
   * Commits the submissions and says of each whether it changed anything (a repeated or late one does not).
   * @throws what the record throws, for the whole call, when one of them can't be committed
   */
  submit(submissions: readonly Submission[]): Promise<boolean[]> {
    const answers = submissions.map((submission) => new Promise<boolean>((resolve, reject) => this.mailbox.push({ submission, resolve, reject })));
    this.draining ??= this.drain();
    return Promise.all(answers);
  }

  /** Resolves when nothing waits and nothing is being committed. */
  async idle(): Promise<void> {
    await this.draining;
  }

  private async drain(): Promise<void> {
    // Lets submissions of the same turn gather.
    await Promise.resolve();
    while (this.mailbox.length > 0) await this.commit(this.nextBatch());
    this.draining = undefined;
  }

  private nextBatch(): Waiting[] {
    const alone = this.mailbox.findIndex((w) => isBulk(w.submission));
    if (alone === 0) return this.mailbox.splice(0, 1);
    return this.mailbox.splice(0, Math.min(MAX_BATCH, alone < 0 ? MAX_BATCH : alone));
  }

  /** @param lost why it is not known whether the batch was committed before; undefined when it was not */
  private async commit(batch: readonly Waiting[], lost?: unknown): Promise<void> {
    const { record, facts, cache, newId, canDecide } = this.parts;
    const sent = this.sent.take();
    const trusting = performance.now() >= this.distrustUntil;
    try {
      const { changed, news } = await record.transaction((tx) => new Commit(tx, { facts, cache, sent, trusting, newId, canDecide }).run(batch.map((w) => w.submission)));
      this.tell(news);
      batch.forEach((w, i) => {
        // What changes nothing now may have done so before.
        if (lost !== undefined && !changed[i]) w.reject(lost);
        else w.resolve(changed[i]!);
      });
    } catch (e) {
      this.sent.add(sent);
      for (const { submission } of batch) cache.delete(submission.kind === 'create' ? submission.run.id : submission.runId);
      if (trusting && e instanceof RunChangedError) {
        this.distrustUntil = performance.now() + DISTRUST_MS;
        await this.commit(batch, lost);
      } else if (batch.length === 1) batch[0]!.reject(e);
      else for (const one of batch) await this.commit([one], isOutcomeUnknown(e) ? e : undefined);
    }
  }

  private tell(committed: CommitNews): void {
    const { cache, news } = this.parts;
    for (const [runId, run] of committed.runs) cache.set(runId, run);
    for (const runId of committed.finished) cache.delete(runId);
    if (committed.outbox.length > 0) news.outboxFilled(committed.outbox);
    if (committed.timers) news.timersSet();
    if (committed.gate) news.gateMayOpen();
    if (committed.paused.size > 0) news.paused([...committed.paused]);
    if (committed.decisions.length > 0) news.decisionsWanted(committed.decisions);
    if (committed.history.size > 0) news.historyGrew([...committed.history]);
    for (const runId of committed.aborts) news.abort(runId);
  }
}

function isBulk(submission: Submission): boolean {
  return submission.kind === 'event' && BULK_EVENTS.has(submission.event.type);
}
