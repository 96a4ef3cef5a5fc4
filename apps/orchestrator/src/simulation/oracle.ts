import { attemptId, FAILURE_MEANINGS, ITEM_STATUSES, type ItemStatus, type JobDto } from '@opsmesh/contracts';
import { isTerminalItem, isTerminalRun, isTerminalStep, NO_ITEMS, policyOf, type CompiledPlan, type CompiledStep, type Counts, type HistoryEntry, type MapPolicy, type RunState } from '@opsmesh/plan-model';
import { ProblemError } from '@opsmesh/platform';
import { RunChangedError } from '../engine/ports.js';
import type { AttemptRef } from '../engine/positions.js';
import type { CommitWatcher, Database, ItemRow, RunRows } from './database.js';
import { currentItems } from './current-items.js';
import { childOf, endRules } from './end-rules.js';
import { fanOutRules } from './fan-out-rules.js';
import { attemptKey, placeOf } from './keys.js';
import { Ledger } from './ledger.js';
import { ConnectionLost } from './scheduler.js';
import type { Watched } from './watched.js';

/** A rule of ARCHITECTURE.md was broken. */
export class Violation extends Error {
  constructor(readonly rule: string, detail: string) {
    super(`${rule}: ${detail}`);
  }
}

/**
 * Looks at every commit, every job, every act and every acknowledgement, and knows nothing of how the product decides: it has the plans as they were compiled,
 * the rows as they are committed, and a ledger of what was done.
 */
export class Oracle implements CommitWatcher {
  readonly ledger = new Ledger();
  readonly watched = new Map<string, Watched>();
  /** The first rule that was broken. */
  violation: Violation | undefined;
  private database!: Database;

  watch(database: Database): void {
    this.database = database;
  }

  /** Remembers the first violation; the schedule ends with it. */
  broken(rule: string, detail: string): void {
    this.violation ??= new Violation(rule, detail);
  }

  /** An error that somebody met. Only lost connections, refusals and lost races belong to the simulated world. */
  heard(error: unknown): void {
    if (error instanceof ConnectionLost || error instanceof RunChangedError || error instanceof ProblemError) return;
    if (error instanceof Error && error.message.startsWith('NOGROUP')) return;
    this.broken('no bug', error instanceof Error ? error.stack ?? error.message : String(error));
  }

  committed(runs: ReadonlyMap<string, { readonly before: RunRows | undefined; readonly after: RunRows }>): void {
    for (const [id, { before, after }] of runs) {
      if (after.state === '') continue;
      const state = after.decoded;
      const watched = this.watched.get(id);
      if (watched) this.compare(watched, state, { before: before!, after });
      else this.watched.set(id, { state, stoppedAt: null, repeated: new Map(), resolved: new Set(), caps: new Map(), waveEnds: new Map() });
      const now = this.watched.get(id)!;
      now.state = state;
      if (after.stopping && now.stoppedAt === null) now.stoppedAt = this.database.commits;
      this.check(id, { before, after }, now);
      this.steps(after.facts.plan, before, after);
    }
  }

  /** A job reached BullMQ. */
  added(job: JobDto): void {
    const run = this.database.runs.get(job.runId);
    const step = run?.facts.plan.steps.find((s) => s.id === job.stepId);
    this.ledger.sent.add(job.attemptId);
    const key = step && attemptKey({ runId: job.runId, step: step.index, item: job.item, attempt: job.attempt });
    if (!key || !this.database.wanted.has(key)) this.broken('1 outbox', `${job.attemptId} is in the queue and no outbox row said so`);
  }

  /** A tool acts on the world. */
  act(job: JobDto, { workerId, keyThumbprint }: { workerId: string; keyThumbprint: string | undefined }): void {
    const run = this.database.runs.get(job.runId)!;
    const step = run.facts.plan.steps.find((s) => s.id === job.stepId)!;
    if (step.kind !== 'tool') return;
    const place = placeOf({ step: step.index, item: job.item });
    const watched = this.watched.get(job.runId)!;
    const earlier = this.ledger.actsOf(job.runId, place);
    if (!step.idempotent && step.effect !== 'read') {
      const repeated = watched.repeated.get(place) ?? 0;
      if (earlier.some((a) => a.attempt === job.attempt || repeated <= a.attempt)) this.broken('6 at most once', `${job.attemptId} acts although ${earlier.map((a) => a.id).join()} did`);
      else if (job.attempt < repeated) this.broken('6 at most once', `${job.attemptId} acts although a person has had it repeated as ${repeated}`);
    }
    if (step.effect !== 'read') {
      const claim = run.claims.get(`${attemptKey({ runId: job.runId, step: step.index, item: job.item, attempt: job.attempt })} ${keyThumbprint ?? ''}`);
      if (!claim || claim.workerId !== workerId) this.broken('5 no claim, no command', `${job.attemptId} acts without a claim`);
      else if (watched.stoppedAt !== null && claim.commit > watched.stoppedAt) this.broken('cancel', `${job.attemptId} acts, claimed after its run was stopped`);
    }
    const item = run.items.get(place)!;
    if (!step.idempotent && step.effect !== 'read' && item.attempt === job.attempt && item.status !== 'running') this.broken('5 no claim, no command', `${job.attemptId} acts although it is ${item.status}`);
    const key = policyOf(run.facts.plan, { overrides: {} }, step.index).lock === undefined ? null : item.lockKey ?? item.target;
    // What is delivered again after its end and needs no claim holds no lock.
    if (key !== null && this.isUnderWay(job.runId, place, job.attempt)) {
      const other = this.ledger.lockedBy(key, (a) => this.isUnderWay(a.runId, a.place, a.attempt));
      if (other && (other.runId !== job.runId || other.place !== place)) this.broken('lock', `${job.attemptId} acts with ${key} while ${other.id} does`);
    }
    this.ledger.add({ id: job.attemptId, runId: job.runId, place, attempt: job.attempt, lockKey: key });
  }

  /** For the run of a probe: whether the attempt that it asks about took place. */
  tookPlace(probe: string): boolean {
    const { runId, step, item, attempt } = this.database.runs.get(probe)!.facts.parent!;
    return this.ledger.actsOf(runId, placeOf({ step, item })).some((a) => a.attempt === attempt);
  }

  /** An entry of the results stream is deleted; told of each job that it has a result of. */
  acknowledged({ runId, stepId, item, attempt, attemptId: id }: JobDto): void {
    const run = this.database.runs.get(runId)!;
    const step = run.facts.plan.steps.find((s) => s.id === stepId)!;
    if (this.isUnderWay(runId, placeOf({ step: step.index, item }), attempt)) this.broken('4 acknowledged after commit', `the result of ${id} is acknowledged and not committed`);
    if (run.past.get(attemptKey({ runId, step: step.index, item, attempt })) === 'unknown' && this.ledger.certain.has(id)) this.broken('4 acknowledged after commit', `${id} is unknown, although its worker's word is acknowledged`);
  }

  /** Called when everything is quiet: every run must be over and add up. */
  ended(): void {
    for (const [id, run] of this.database.runs) {
      const { plan } = run.facts;
      if (!isTerminalRun(run.status)) {
        this.broken('nothing lost', `run ${id} is ${run.status} and nothing is left to do: ${[...run.items.values()].filter((i) => !isTerminalItem(i.status)).map((i) => `${plan.steps[i.step]!.id}.${i.item} ${i.status}`).join()}`);
        return;
      }
      for (const broken of endRules(run, { state: this.watched.get(id)!.state, runs: this.database.runs, ledger: this.ledger })) this.broken(broken.rule, broken.detail);
    }
    if (this.database.deadLetters.length > 0) this.broken('9 dead letters', this.database.deadLetters[0]!);
    if (this.database.targetLocks.size > 0) this.broken('lock', `${[...this.database.targetLocks].join()} is held after the end`);
  }

  private isUnderWay(runId: string, place: string, attempt: number): boolean {
    const item = this.database.runs.get(runId)?.items.get(place);
    return item !== undefined && item.attempt === attempt && (item.status === 'queued' || item.status === 'running');
  }

  /** What may become of what is there already. */
  private compare(watched: Watched, state: RunState, { before, after }: { before: RunRows; after: RunRows }): void {
    const { id, plan } = after.facts;
    if (after.signals.length < before.signals.length && ![...this.database.timers.values()].some((t) => t.runId === id && t.event.kind === 'finish' && t.event.ending.outcome.status === 'succeeded')) this.broken('signals', `a signal of run ${id} was taken and ended nothing`);
    if (after.version <= before.version) this.broken('version', `run ${id} was changed and has the version ${after.version} as before`);
    if (isTerminalRun(before.status) && !isTerminalRun(after.status)) this.broken('2 terminal', `run ${id} was ${before.status} and is ${after.status}`);
    for (let index = 0; index < state.steps.length; index++) {
      const old = watched.state.steps[index]!;
      const now = state.steps[index]!;
      if (!isTerminalStep(old) || now.status === old.status) continue;
      const what = `step ${plan.steps[index]!.id} was ${old.status} and is ${now.status}`;
      if (!isTerminalStep(now) && loopOf(plan, plan.steps[index]!) < 0) this.broken('2 terminal', what);
      if (isTerminalStep(now) && old.counts.unknown === 0 && plan.steps[index]!.kind === 'tool') this.broken('2 terminal', what);
    }
    for (let i = before.history.length; i < after.history.length; i++) {
      const h = after.history[i]!;
      if (h.type === 'item.resolved') watched.resolved.add(placeOf({ step: h.step!, item: h.item! }));
      // One commit may have several changes: what the first allowed has begun when the last forbids it.
      if (h.type === 'step.policy-changed') watched.caps.set(h.step!, Math.max(watched.caps.get(h.step!) ?? 0, (h.data['map'] as Partial<MapPolicy>).concurrency ?? 0));
      if (h.type === 'item.repeated') watched.repeated.set(placeOf({ step: h.step!, item: h.item! }), Number(h.data['attempt']));
    }
    if (after.items !== before.items) for (const [place, old] of before.items) {
      const now = after.items.get(place);
      if (!now) this.broken('nothing lost', `item ${place} is not there any more`);
      else if (now !== old) this.compareItems(watched, { id, plan, place, old, now });
      if (old.status === 'queued' && now?.status === 'running') this.checkBegin(watched, before, now);
      if (old.status === 'queued' && now?.status === 'skipped' && [...before.claims.values()].some((c) => attemptKey(c) === attemptKey({ runId: id, ...old }))) this.broken('threshold', `item ${id}.${place} was claimed and is skipped`);
    }
  }

  /** An attempt begins: its run was not paused, and its step had not failed too often, unless it began before with another worker. */
  private checkBegin(watched: Watched, { facts, status, items, claims }: RunRows, begun: ItemRow): void {
    const id = `${facts.id}.${placeOf(begun)}`;
    if (status === 'paused') this.broken('pause', `item ${id} begins while its run is paused`);
    const step = facts.plan.steps[begun.step]!;
    const most = step.map.failureThreshold;
    const state = watched.state.steps[begun.step]!;
    if (!most || !('count' in most) || begun.attempt > 1 || watched.state.overrides[begun.step] || state.status !== 'running') return;
    const attempt = attemptKey({ runId: facts.id, ...begun });
    if ([...claims.values()].some((c) => attemptKey(c) === attempt)) return;
    let bad = 0;
    for (const i of items.values()) if (i.step === begun.step && i.item >= state.base && (i.status === 'failed' || i.status === 'unknown')) bad++;
    if (bad > most.count) this.broken('threshold', `item ${id} begins after ${bad} bad items, more than ${most.count}`);
  }

  private compareItems(watched: Watched, { id, plan, place, old, now }: { id: string; plan: CompiledPlan; place: string; old: ItemRow; now: ItemRow }): void {
    const what = (): string => `item ${id}.${place} was ${old.status} (${old.attempt}) and is ${now.status} (${now.attempt})`;
    const isRepeat = watched.repeated.get(place) === now.attempt && now.attempt === old.attempt + 1;
    if (isTerminalItem(old.status) && (old.status !== now.status || old.attempt !== now.attempt) && !isRepeat && !(old.status === 'unknown' && (now.status === 'succeeded' || now.status === 'failed'))) this.broken('2 terminal', what());
    if (now.attempt < old.attempt || now.attempt > old.attempt + 1) this.broken('7 retry', what());
    const step = plan.steps[now.step]!;
    if (now.attempt === old.attempt) return;
    if (watched.stoppedAt !== null) this.broken('cancel', `${what()} after its run was stopped`);
    if (old.attempt === 0 || isRepeat) return;
    if (old.status !== 'pending') this.broken('7 retry', what());
    const most = step.kind === 'tool' ? step.retry.maxAttempts + (step.adapt?.timeoutFactor ? 1 : 0) : 1;
    if (now.attempt > most && !watched.repeated.has(place)) this.broken('7 retry', `${what()}, with ${most} attempts allowed`);
    if (step.kind === 'tool' && !step.idempotent && step.effect !== 'read' && old.failure && FAILURE_MEANINGS[old.failure.code].effect !== 'none') this.broken('6 at most once', `${what()} after ${old.failure.code}`);
  }

  /** What must hold in every committed state (run-state.ts). */
  private check(id: string, { before, after }: { before: RunRows | undefined; after: RunRows }, watched: Watched): void {
    const { plan } = after.facts;
    const { state } = watched;
    if (state.status !== after.status) this.broken('1 one commit', `run ${id} is ${after.status} and its state ${state.status}`);
    if (after.history.length !== state.seq || hasGap(after.history, before?.history.length ?? 0)) this.broken('history', `of run ${id} has gaps: ${after.history.map((h) => h.seq).join()} up to ${state.seq}`);
    const current = currentItems(after.items.values(), state.steps);
    if (after.stopping) {
      for (const own of current) for (const item of own) if (item.status === 'pending' || item.status === 'queued') this.broken('cancel', `item ${placeOf(item)} is ${item.status} in run ${id}, which was stopped`);
    }
    for (let index = 0; index < state.steps.length; index++) {
      const step = state.steps[index]!;
      if (step.status === 'waiting' || step.status === 'open') continue;
      const of = countsOf(current[index]!);
      for (const s of ITEM_STATUSES) if (step.counts[s] !== of[s]) this.broken('11 counters', `of step ${plan.steps[index]!.id} are ${JSON.stringify(step.counts)}, its items ${JSON.stringify(of)}`);
    }
    for (const broken of fanOutRules(after.facts.plan, { watched, current, now: this.database.clock.now })) this.broken(broken.rule, broken.detail);
  }

  /** What became of steps since the commit before. */
  private steps(plan: CompiledPlan, before: RunRows | undefined, after: RunRows): void {
    const count = (rows: RunRows | undefined, type: string, step: number): number => rows?.history.reduce((n, h) => n + (h.step === step && h.type === type ? 1 : 0), 0) ?? 0;
    for (let i = before?.history.length ?? 0; i < after.history.length; i++) {
      const h = after.history[i]!;
      if (h.type === 'run.finished' && after.history.filter((x) => x.type === 'run.finished').length > 1) this.broken('join', `run ${after.facts.id} finished twice`);
      if (h.step === null) continue;
      const step = plan.steps[h.step]!;
      if (h.type === 'item.unknown' || h.type === 'item.requeued') this.doubted(after, step, h);
      if (h.type === 'step.finished' && loopOf(plan, step) < 0 && count(after, h.type, h.step) > 1) this.broken('join', `step ${step.id} finished twice`);
      if (h.type === 'step.finished' && loopOf(plan, step) >= 0 && step.kind === 'tool' && count(after, h.type, h.step) > count(after, 'step.started', h.step) + count(after, 'step.opened', loopOf(plan, step))) this.broken('join', `step ${step.id} finished more often than it began`);
      if (h.type === 'step.started') this.started(plan, step, after, h.seq);
    }
  }

  /** An attempt was given up or is sent again. */
  private doubted({ facts }: RunRows, step: CompiledStep, { type, item, data }: HistoryEntry): void {
    const ref = { runId: facts.id, stepId: step.id, item: item!, attempt: Number(data['attempt']) };
    const id = attemptId(ref);
    if (type === 'item.unknown' && !(step.kind === 'orchestration' ? this.hasDoubtfulChild({ runId: facts.id, step: step.index, item: item!, attempt: ref.attempt }) : this.ledger.isExplained(id))) this.broken('unknown is explained', `${id} is unknown and nothing went wrong with it`);
    if (type === 'item.requeued' && !this.ledger.sent.has(id)) this.broken('1 outbox', `${id} is sent again and never was in a queue: its row left too early`);
  }

  /** Whether something was unknown in the run that carried out an attempt of a sub-plan. */
  private hasDoubtfulChild(attempt: AttemptRef): boolean {
    return childOf(this.database.runs, attempt)?.history.some((h) => h.type === 'item.unknown') ?? false;
  }

  private started(plan: CompiledPlan, step: CompiledStep, { history, facts }: RunRows, seq: number): void {
    const earlier = history.filter((h) => h.seq < seq);
    const opened = loopOf(plan, step) >= 0 ? earlier.findLastIndex((h) => h.type === 'step.opened' && h.step === loopOf(plan, step)) : 0;
    for (const d of step.dependsOn) {
      const ended = earlier.slice(Math.max(0, opened)).some((h) => h.step === d && (h.type === 'step.finished' || h.type === 'step.skipped'));
      if (!ended) this.broken('order', `step ${step.id} of run ${facts.id} began before ${plan.steps[d]!.id} ended`);
    }
    if (!step.guard) return;
    const main = earlier.findLast((h) => h.step === step.guard!.step && h.type === 'step.finished');
    if (main?.data['status'] !== 'failed') this.broken('alternative', `step ${step.id} began although ${plan.steps[step.guard.step]!.id} is ${String(main?.data['status'])}`);
  }
}

/** Whether the numbers leave one out from an entry on; those before it were looked at when they came. */
function hasGap(history: readonly HistoryEntry[], from: number): boolean {
  for (let i = from; i < history.length; i++) if (history[i]!.seq !== i + 1) return true;
  return false;
}

function countsOf(items: readonly ItemRow[]): Counts {
  const counts: Record<ItemStatus, number> = { ...NO_ITEMS };
  for (const { status } of items) counts[status]++;
  return counts;
}

/** Index of the loop around a step; -1 where there is none. */
function loopOf(plan: CompiledPlan, step: CompiledStep): number {
  for (let { scope } = step; scope; { scope } = plan.steps[scope.step]!) if (plan.steps[scope.step]!.kind === 'loop') return scope.step;
  return -1;
}
