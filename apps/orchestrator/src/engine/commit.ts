import { attemptId } from '@opsmesh/contracts';
import { initialState, isTerminalStep, itemRange, rerunFrom, selects, transition, type Effect, type HistoryEntry } from '@opsmesh/plan-model';
import { ChangeSet } from './change-set.js';
import type { CommitInProgress, RepeatedItems } from './commit-in-progress.js';
import { Effects, mayLock } from './effects.js';
import { itemOf, LoadedRuns } from './load-runs.js';
import type { CommitNews, RecordTransaction } from './ports.js';
import { itemKey } from './positions.js';
import { ItemsUnderWay, type RunCache } from './run-cache.js';
import type { RunFactsCache } from './run-facts.js';
import type { NewRun } from './run.js';
import { StepValues } from './step-values.js';
import type { CreateSubmission, EventSubmission, Repeat, Submission } from './submission.js';

export interface CommitParts {
  readonly facts: RunFactsCache;
  readonly cache: RunCache;
  /** Batches of the outbox whose rows are to be deleted. */
  readonly sent: readonly string[];
  /** Believe the cache without locking the runs. The write then fails with {@link RunChangedError} when another process changed one of them. */
  readonly trusting: boolean;
  /** Ids for runs of sub-plans and batches of the outbox. */
  readonly newId: () => string;
  /** Whether anybody makes choices; else defaults are taken at once. */
  readonly canDecide: boolean;
}

/** One transaction's worth of submissions: loads, transitions, effects, one write. Lives for one commit. */
export class Commit implements CommitInProgress {
  changes: ChangeSet;
  readonly news: CommitNews;
  readonly loaded: LoadedRuns;
  readonly values: StepValues;
  readonly repeated = new Map<string, RepeatedItems>();
  readonly newId: () => string;
  readonly canDecide: boolean;
  private readonly effects: Effects;
  readonly facts: RunFactsCache;
  private readonly trusting: boolean;
  /** What workers have, as far as that was asked. */
  private readonly active = new Map<string, ReadonlySet<string>>();
  /** Runs that were written already. */
  private readonly flushed = new Set<string>();

  constructor(readonly tx: RecordTransaction, { facts, cache, sent, trusting, newId, canDecide }: CommitParts) {
    this.facts = facts;
    this.trusting = trusting;
    this.newId = newId;
    this.canDecide = canDecide;
    this.changes = new ChangeSet(newId);
    this.changes.sent = sent;
    this.loaded = new LoadedRuns({ tx, facts, cache });
    this.news = { runs: this.loaded.runs, finished: new Set(), history: new Set(), aborts: new Set(), paused: new Set(), outbox: [], timers: false, gate: false, decisions: [] };
    this.values = new StepValues(tx, () => this.changes, () => this.flush());
    this.effects = new Effects(this);
  }

  async run(submissions: readonly Submission[]): Promise<{ changed: boolean[]; news: CommitNews }> {
    await this.loaded.load(submissions.filter((s) => s.kind === 'event'), this.trusting);
    const changed: boolean[] = [];
    for (const submission of submissions) changed.push(submission.kind === 'create' ? await this.create(submission) : await this.apply(submission));
    await this.effects.settle();
    if (this.loaded.trusted) this.changes.unchanged = [...this.news.runs].filter(([id]) => !this.changes.states.has(id) && !this.flushed.has(id)).map(([id, { version }]) => ({ id, version }));
    if (!this.changes.empty) {
      this.tx.writeLast(this.changes);
      this.written(this.changes);
    }
    return { changed, news: this.news };
  }

  async create({ run, rerun }: CreateSubmission): Promise<boolean> {
    this.changes.newRuns.push(run);
    const facts = { id: run.id, tenantId: run.tenantId, actorId: run.actorId, plan: run.plan, inputs: run.inputs, parent: run.parentAttempt ?? null, traceparent: run.traceparent ?? null, manifestSha256: run.manifestSha256 ?? null };
    this.facts.put(facts);
    this.news.runs.set(run.id, { facts, state: initialState(run.plan), version: 0, outputs: new Map(), items: new ItemsUnderWay() });
    if (rerun && run.parentRunId !== null) await this.takeOver(run, run.parentRunId, rerun);
    if (run.plan.timeoutMs !== null) this.changes.timers.push({ runId: run.id, delayMs: run.plan.timeoutMs, event: { kind: 'run-timeout' } });
    return this.apply({ kind: 'event', runId: run.id, event: { type: 'started' } });
  }

  async apply(submission: EventSubmission): Promise<boolean> {
    const { timerId, unlessActiveOn: worker } = submission;
    if (worker !== undefined && await this.isActiveOn(worker, submission)) return false;
    // What was tried is kept as the record has it, before the next attempt takes its place.
    if (submission.event.type === 'repeat') await this.flush();
    const run = this.news.runs.get(submission.runId);
    const ref = itemOf(submission);
    const outcome = run && transition({ plan: run.facts.plan, state: run.state, item: ref && this.loaded.item(run, ref) }, submission.event);
    if (timerId !== undefined && !outcome?.effects.some((e) => e.type === 'too-early')) this.changes.firedTimers.push(timerId);
    if (!outcome) return false;
    const past = outcome.effects.find((e) => e.type === 'keep-past');
    if (past) return this.keepPast(submission, past);
    if (outcome.state === run.state) return false;
    const { state, item, effects, history } = outcome;
    const before = run.state.status;
    if (state.status !== before) this.changes.statuses.set(run.facts.id, state.status);
    run.state = state;
    this.changes.states.set(run.facts.id, { state, version: run.version });
    if (history.length > 0) this.record(run.facts.id, history);
    if (item && ref) {
      this.loaded.itemChanged(run, ref, item);
      if (item.status !== 'queued' && item.status !== 'running' && mayLock(run, ref.step)) {
        this.changes.unlocked.push(ref);
        this.news.gate = true;
      }
      const { result, claim } = submission;
      this.changes.itemUpdates.set(itemKey(ref.runId, ref.step, ref.item), {
        ...ref, status: item.status, attempt: item.attempt, failure: item.failure ?? null,
        output: result?.output ?? null, workerId: result?.workerId ?? claim?.workerId ?? null, durationMs: result?.durationMs ?? null,
      });
      if (claim) this.changes.claims.push({ ...ref, attempt: item.attempt, ...claim });
    }
    const { event } = submission;
    if (event.type === 'policy-changed' && event.map.lock !== undefined) this.changes.lockChanges.push({ runId: run.facts.id, step: event.step, locks: event.map.lock !== null });
    for (const effect of effects) await this.effects.carryOut(run, effect);
    if (state.status === 'paused' && before !== 'paused') {
      this.news.paused.add(run.facts.id);
      await this.effects.tellChildren(run, 'pause');
    }
    if (before === 'paused' && state.status === 'running') await this.effects.tellChildren(run, 'resume');
    return true;
  }

  async flush(): Promise<void> {
    if (this.changes.empty) return;
    const written = this.changes;
    this.changes = new ChangeSet(this.newId);
    await this.tx.write(written);
    this.written(written);
  }

  /** Whether a worker is there after all. Looked at within the commit, since a worker that is heard before it goes on with what it has. */
  private async isActiveOn(worker: string, { runId, event }: EventSubmission): Promise<boolean> {
    const facts = this.news.runs.get(runId)?.facts;
    if (!facts || event.type !== 'lost') return false;
    const active = this.active.get(worker) ?? await this.tx.activeOn(worker);
    this.active.set(worker, active);
    return active.has(attemptId({ runId, stepId: facts.plan.steps[event.step]!.id, item: event.item, attempt: event.attempt }));
  }

  /** What is said of an attempt that another one has followed counts only where nobody knew how it ended. */
  private async keepPast({ runId, result }: EventSubmission, { step, item, attempt, status, failure, by }: Extract<Effect, { type: 'keep-past' }>): Promise<boolean> {
    await this.flush();
    const isNew = await this.tx.keepPast({ runId, step, item, attempt, status, failure, output: result?.output ?? null, workerId: result?.workerId ?? null, durationMs: result?.durationMs ?? null });
    return isNew && this.apply({ kind: 'event', runId, event: { type: 'past-known', step, item, attempt, status, by } });
  }

  /** Begins a re-run where its parent left off; the chosen items are prepared with the inputs they had. */
  private async takeOver({ id, plan }: NewRun, parentId: string, { steps, items }: Repeat): Promise<void> {
    const parent = (await this.tx.loadStates([parentId])).get(parentId);
    if (!parent) throw new Error(`run ${parentId} is not there`);
    const { state, from, taken } = rerunFrom(plan, parent, steps.map((s) => s.step));
    this.news.runs.get(id)!.state = state;
    this.changes.taken.push({ from: parentId, to: id, steps: taken });
    for (const { step, of, boundAnew } of steps) {
      const prepared = parent.steps[of]!;
      if (!from.includes(step) || !isTerminalStep(prepared) || prepared.total === null) continue;
      const { items: before } = await this.tx.loadStepItems({ runId: parentId, step: of, from: 0, to: itemRange(prepared).to, mostBytes: null });
      const chosen = before.filter((i) => selects(items, i));
      this.repeated.set(`${id}.${step}`, { items: chosen, boundAnew });
    }
  }

  private record(runId: string, entries: readonly HistoryEntry[]): void {
    const gathered = this.changes.history.get(runId);
    if (gathered) gathered.push(...entries);
    else this.changes.history.set(runId, [...entries]);
    this.news.history.add(runId);
  }

  private written({ states, outbox }: ChangeSet): void {
    this.news.outbox.push(...outbox.batches);
    if (outbox.gated.length > 0) this.news.gate = true;
    for (const id of states.keys()) {
      this.news.runs.get(id)!.version++;
      this.flushed.add(id);
    }
  }
}
