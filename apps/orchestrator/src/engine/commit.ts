import { initialState, isTerminalStep, itemRange, policyOf, rerunFrom, toolStep, transition, type Effect, type HistoryEntry, type ItemState, type JsonObject, type RunEvent, type RunState } from '@opsmesh/plan-model';
import type { ItemStatus } from '@opsmesh/contracts';
import { ChangeSet, itemKey, type AttemptRef, type NewRun, type OutboxEntry } from './change-set.js';
import type { ItemRef, RecordTransaction, WantedDecision } from './ports.js';
import { beginItem } from './begin-item.js';
import { endingOf } from './child-ending.js';
import { evaluateLoop, prepareStep, repeatItems, type Prepared } from './prepare-step.js';
import { ItemsUnderWay, type CachedRun, type RunCache } from './run-cache.js';
import type { RunFactsCache } from './run-facts.js';
import { StepValues } from './step-values.js';
import type { TimedEvent } from './timed-event.js';
import type { Submission } from './submission.js';

/** What is told once the transaction is committed. */
export interface CommitNews {
  /** Newest state of each run that was touched. */
  readonly runs: Map<string, CachedRun>;
  readonly finished: Set<string>;
  readonly history: Set<string>;
  readonly aborts: Set<string>;
  readonly outbox: OutboxEntry[];
  readonly decisions: WantedDecision[];
  timers: boolean;
  locks: boolean;
}

export interface CommitParts {
  readonly facts: RunFactsCache;
  readonly cache: RunCache;
  /** Attempts whose outbox rows are to be deleted. */
  readonly sent: readonly AttemptRef[];
  /** Believe the cache without locking the runs. The write then fails with {@link RunChangedError} when another process changed one of them. */
  readonly trusting: boolean;
  /** Id for the run of a sub-plan. */
  readonly newRunId: () => string;
  /** Whether anybody makes choices; else defaults are taken at once. */
  readonly canDecide: boolean;
}

type EventSubmission = Extract<Submission, { kind: 'event' }>;

/** One transaction's worth of submissions: loads, transitions, effects, one write. Lives for one commit. */
export class Commit {
  private changes = new ChangeSet();
  private readonly news: CommitNews = { runs: new Map(), finished: new Set(), history: new Set(), aborts: new Set(), outbox: [], timers: false, locks: false, decisions: [] };
  private readonly values: StepValues;
  private readonly facts: RunFactsCache;
  private readonly cache: RunCache;
  private readonly trusting: boolean;
  private readonly newRunId: () => string;
  private readonly canDecide: boolean;
  private cached = false;
  /** Runs that were written already. */
  private readonly flushed = new Set<string>();
  /** Items as this commit has read or left them; those that it has enqueued since are under way. */
  private readonly loaded = new Map<string, ItemState>();
  /** Steps of re-runs that are prepared with items of the parent, by run and step. */
  private readonly repeated = new Map<string, Prepared>();

  constructor(private readonly tx: RecordTransaction, { facts, cache, sent, trusting, newRunId, canDecide }: CommitParts) {
    this.facts = facts;
    this.cache = cache;
    this.trusting = trusting;
    this.newRunId = newRunId;
    this.canDecide = canDecide;
    this.changes.sent = sent;
    this.values = new StepValues(tx, () => this.changes, () => this.flush());
  }

  async run(submissions: readonly Submission[]): Promise<{ changed: boolean[]; news: CommitNews }> {
    await this.load(submissions.filter((s) => s.kind === 'event'));
    const changed: boolean[] = [];
    for (const submission of submissions) changed.push(submission.kind === 'create' ? await this.create(submission) : await this.apply(submission));
    if (this.cached) this.changes.unchanged = [...this.news.runs].filter(([id]) => !this.changes.states.has(id) && !this.flushed.has(id)).map(([id, { version }]) => ({ id, version }));
    if (!this.changes.empty) {
      this.tx.writeLast(this.changes);
      this.written(this.changes);
    }
    return { changed, news: this.news };
  }

  /** Takes the runs from the cache where it knows all that is asked for, else from the record under their locks. */
  private async load(submissions: readonly EventSubmission[]): Promise<void> {
    this.cached = this.trusting && this.loadCached(submissions);
    if (!this.cached) await this.loadLocked(submissions);
  }

  private loadCached(submissions: readonly EventSubmission[]): boolean {
    for (const submission of submissions) {
      const known = this.news.runs.get(submission.runId) ?? this.cache.get(submission.runId);
      const ref = itemOf(submission);
      if (!known || (ref && !known.items.get(ref.step, ref.item))) {
        this.news.runs.clear();
        return false;
      }
      if (!this.news.runs.has(submission.runId)) this.news.runs.set(submission.runId, { ...known });
    }
    return true;
  }

  private async loadLocked(submissions: readonly EventSubmission[]): Promise<void> {
    const ids = [...new Set(submissions.map((s) => s.runId))].sort();
    if (ids.length === 0) return;
    const refs = submissions.map(itemOf).filter((r) => r !== undefined);
    // Given together, carried out one after the other: the items are read under the lock.
    const [versions, items] = await Promise.all([this.tx.lockRuns(ids), refs.length > 0 ? this.tx.loadItems(refs) : new Map<string, ItemState>()]);
    const known = new Map([...versions.keys()].map((id) => [id, this.cache.get(id)]));
    const stale = [...versions].filter(([id, version]) => known.get(id)?.version !== version).map(([id]) => id);
    const facts = await this.facts.get([...versions.keys()]);
    const states = stale.length > 0 ? await this.tx.loadStates(stale) : new Map<string, RunState>();
    for (const [id, version] of versions) {
      const cached = known.get(id);
      const state = states.get(id);
      this.news.runs.set(id, { facts: facts.get(id)!, state: state ?? cached!.state, version, outputs: cached?.outputs ?? new Map(), items: state || !cached ? new ItemsUnderWay() : cached.items });
    }
    for (const { runId, step, item } of refs) {
      const state = items.get(itemKey(runId, step, item));
      if (state) this.loaded.set(itemKey(runId, step, item), state);
    }
  }

  private async create({ run, rerun }: Extract<Submission, { kind: 'create' }>): Promise<boolean> {
    this.changes.newRuns.push(run);
    const facts = { id: run.id, tenantId: run.tenantId, actorId: run.actorId, plan: run.plan, inputs: run.inputs, parent: run.parentAttempt ?? null, traceparent: run.traceparent ?? null, manifestSha256: run.manifestSha256 ?? null };
    this.facts.put(facts);
    this.news.runs.set(run.id, { facts, state: initialState(run.plan), version: 0, outputs: new Map(), items: new ItemsUnderWay() });
    if (rerun && run.parentRunId !== null) await this.takeOver(run, run.parentRunId, rerun);
    if (run.plan.timeoutMs !== null) this.changes.timers.push({ runId: run.id, delayMs: run.plan.timeoutMs, event: { kind: 'run-timeout' } });
    return this.apply({ kind: 'event', runId: run.id, event: { type: 'started' } });
  }

  /** Begins a re-run where its parent left off; the chosen items are prepared with the inputs they had. */
  private async takeOver({ id, plan }: NewRun, parentId: string, { step, statuses }: { step: number; statuses: readonly ItemStatus[] }): Promise<void> {
    const parent = (await this.tx.loadStates([parentId])).get(parentId);
    if (!parent) throw new Error(`run ${parentId} is not there`);
    const { state, taken } = rerunFrom(plan, parent, step);
    this.news.runs.get(id)!.state = state;
    this.changes.taken.push({ from: parentId, to: id, steps: taken });
    const prepared = parent.steps[step]!;
    if (!isTerminalStep(prepared) || prepared.total === null) return;
    const again = (await this.tx.loadStepItems(parentId, step)).filter((i) => statuses.includes(i.status));
    this.repeated.set(`${id}.${step}`, repeatItems({ runId: id, step, items: again }));
  }

  private async apply(submission: EventSubmission): Promise<boolean> {
    if (submission.timerId !== undefined) this.changes.firedTimers.push(submission.timerId);
    const run = this.news.runs.get(submission.runId);
    if (!run) return false;
    const ref = itemOf(submission);
    const known = ref && this.itemState(run, ref);
    const { state, item, effects, history } = transition({ plan: run.facts.plan, state: run.state, item: known }, submission.event);
    if (!item && history.length === 0 && effects.length === 0) return false;
    const before = run.state.status;
    if (state.status !== before) this.changes.statuses.set(run.facts.id, state.status);
    run.state = state;
    this.changes.states.set(run.facts.id, { state, version: run.version });
    if (history.length > 0) this.record(run.facts.id, history);
    if (item && ref) {
      const key = itemKey(ref.runId, ref.step, ref.item);
      run.items.set(ref.step, ref.item, item);
      this.loaded.set(key, item);
      if (item.status !== 'queued' && item.status !== 'running' && this.mayLock(run, ref.step)) {
        this.changes.unlocked.push(ref);
        this.news.locks = true;
      }
      const { result, claim } = submission;
      this.changes.itemUpdates.set(key, {
        ...ref, status: item.status, attempt: item.attempt, failure: item.failure ?? null,
        output: result?.output ?? null, workerId: result?.workerId ?? claim?.workerId ?? null, durationMs: result?.durationMs ?? null,
      });
      if (claim) this.changes.claims.push({ ...ref, attempt: item.attempt, ...claim });
    }
    for (const effect of effects) await this.carryOut(run, effect);
    if (state.status === 'paused' && before !== 'paused') await this.tellChildren(run, 'pause');
    if (before === 'paused' && state.status === 'running') await this.tellChildren(run, 'resume');
    return true;
  }

  private mayLock({ facts, state }: CachedRun, step: number): boolean {
    return facts.plan.steps[step]!.map.lock !== undefined || state.overrides[step] !== undefined;
  }

  private itemState(run: CachedRun, { runId, step, item }: ItemRef): ItemState | undefined {
    return this.loaded.get(itemKey(runId, step, item)) ?? run.items.get(step, item);
  }

  private record(runId: string, entries: readonly HistoryEntry[]): void {
    const gathered = this.changes.history.get(runId);
    if (gathered) gathered.push(...entries);
    else this.changes.history.set(runId, [...entries]);
    this.news.history.add(runId);
  }

  private async carryOut(run: CachedRun, effect: Effect): Promise<void> {
    const runId = run.facts.id;
    switch (effect.type) {
      case 'prepare': return this.prepare(run, effect.step);
      case 'enqueue': return this.enqueue(run, effect);
      case 'evaluate': return this.evaluate(run, effect);
      case 'begin': return this.begin(run, effect);
      case 'retry-timer': return this.setTimer(runId, effect.delayMs, { kind: 'retry', step: effect.step, item: effect.item, attempt: effect.attempt });
      case 'wave-timer': return this.setTimer(runId, effect.delayMs, { kind: 'wave', step: effect.step, wave: effect.wave });
      case 'sweep':
        run.items.forget(effect.step, effect.from);
        this.changes.sweeps.push({ runId, step: effect.step, from: effect.from, to: effect.to, untouchedOnly: effect.untouchedOnly, unlocks: this.mayLock(run, effect.step) });
        return;
      case 'abort':
        this.news.aborts.add(runId);
        return this.tellChildren(run, 'cancel');
      case 'finish':
        this.news.finished.add(runId);
        return this.tellParent(run);
    }
  }

  private async prepare(run: CachedRun, index: number): Promise<void> {
    const step = run.facts.plan.steps[index]!;
    const base = itemRange(run.state.steps[index]!).from;
    const { event, items } = this.repeated.get(`${run.facts.id}.${index}`) ?? prepareStep({ runId: run.facts.id, step, scope: await this.values.scopeOf(run, step), base });
    for (const item of items) this.changes.newItems.set(itemKey(item.runId, item.step, item.item), item);
    await this.apply({ kind: 'event', runId: run.facts.id, event });
  }

  private enqueue(run: CachedRun, { step, items, attempt }: Extract<Effect, { type: 'enqueue' }>): void {
    const runId = run.facts.id;
    const { queue } = toolStep(run.facts.plan, step);
    const { lock, rate } = policyOf(run.facts.plan, run.state, step);
    const gated = lock !== undefined || rate !== undefined;
    for (const item of items) {
      const key = itemKey(runId, step, item);
      const fresh = this.changes.newItems.get(key);
      if (fresh) {
        fresh.status = 'queued';
        fresh.attempt = attempt;
      } else {
        this.changes.itemUpdates.set(key, { runId, step, item, status: 'queued', attempt, failure: null, output: null, workerId: null, durationMs: null });
      }
      run.items.set(step, item, { status: 'queued', attempt });
      this.loaded.delete(key);
      const wanted = { queue, gated, runId, step, item, attempt, ...(fresh?.bound && !gated ? { inputs: fresh.bound } : {}) };
      this.changes.outbox.push(wanted);
      this.news.outbox.push(wanted);
    }
  }

  private async evaluate(run: CachedRun, { step: index, iteration }: Extract<Effect, { type: 'evaluate' }>): Promise<void> {
    const step = run.facts.plan.steps[index]!;
    if (step.kind !== 'loop') throw new Error(`step "${step.id}" is no loop`);
    await this.apply({ kind: 'event', runId: run.facts.id, event: evaluateLoop(step, iteration, await this.values.scopeOf(run, step)) });
  }

  /** Begins items that no worker carries out: they are running from now on. */
  private async begin(run: CachedRun, { step: index, items, attempt }: Extract<Effect, { type: 'begin' }>): Promise<void> {
    const { facts } = run;
    const step = facts.plan.steps[index]!;
    const inputs = await this.inputsOf(facts.id, index, items);
    for (const item of items) {
      const ref = { runId: facts.id, step: index, item, attempt };
      const bound = inputs.get(item) ?? {};
      const signal = step.kind === 'wait' && step.ms === null ? await this.tx.takeSignal(facts.id, String(bound['signal'])) : undefined;
      const { timer, approval, decision, child } = beginItem(step, { facts, ref, inputs: bound, signal, newRunId: this.newRunId });
      this.startRunning(run, ref);
      if (timer) this.setTimer(facts.id, decision && !this.canDecide ? 0 : timer.delayMs, timer.event);
      if (approval) this.changes.approvals.push(approval);
      if (decision && this.canDecide) this.news.decisions.push(decision);
      if (child) await this.create({ kind: 'create', run: child });
    }
  }

  private startRunning(run: CachedRun, { runId, step, item, attempt }: AttemptRef): void {
    const key = itemKey(runId, step, item);
    const fresh = this.changes.newItems.get(key);
    if (fresh) {
      fresh.status = 'running';
      fresh.attempt = attempt;
    } else {
      this.changes.itemUpdates.set(key, { runId, step, item, status: 'running', attempt, failure: null, output: null, workerId: null, durationMs: null });
    }
    this.loaded.delete(key);
    run.items.set(step, item, { status: 'running', attempt });
  }

  private async inputsOf(runId: string, step: number, items: readonly number[]): Promise<Map<number, JsonObject>> {
    const known = new Map(items.map((item): [number, JsonObject | null | undefined] => [item, this.changes.newItems.get(itemKey(runId, step, item))?.bound]));
    const missing = items.filter((item) => !known.get(item));
    if (missing.length === 0) return known as Map<number, JsonObject>;
    await this.flush();
    return new Map([...known as Map<number, JsonObject>, ...await this.tx.loadInputs(runId, step, missing)]);
  }

  private setTimer(runId: string, delayMs: number, event: TimedEvent): void {
    this.changes.timers.push({ runId, delayMs, event });
    this.news.timers = true;
  }

  /** What a run with sub-plans is told, their runs are told; each as an event of its own. */
  private async tellChildren({ facts }: CachedRun, command: Extract<TimedEvent, { kind: 'command' }>['command']): Promise<void> {
    if (!facts.plan.steps.some((s) => s.kind === 'orchestration')) return;
    await this.flush();
    for (const child of await this.tx.openChildren(facts.id)) this.setTimer(child, 0, { kind: 'command', command });
  }

  /** The end of a sub-plan's run is the end of the item that it carried out. */
  private async tellParent(run: CachedRun): Promise<void> {
    const { parent, plan } = run.facts;
    if (!parent) return;
    const steps: JsonObject = {};
    for (const { index, id, scope, guard } of plan.steps) {
      if (!scope && !guard) steps[id] = await this.values.outputOf(run, index) ?? null;
    }
    const { runId, step, item, attempt } = parent;
    this.setTimer(runId, 0, { kind: 'finish', step, item, attempt, ending: endingOf(run, steps) });
  }

  /** Writes what has gathered, so that the record can be read. */
  private async flush(): Promise<void> {
    if (this.changes.empty) return;
    const written = this.changes;
    this.changes = new ChangeSet();
    await this.tx.write(written);
    this.written(written);
  }

  private written({ states }: ChangeSet): void {
    for (const id of states.keys()) {
      this.news.runs.get(id)!.version++;
      this.flushed.add(id);
    }
  }
}

function itemOf({ runId, event }: EventSubmission): ItemRef | undefined {
  return isItemEvent(event) ? { runId, step: event.step, item: event.item } : undefined;
}

function isItemEvent(event: RunEvent): event is Extract<RunEvent, { item: number }> {
  return 'item' in event;
}
