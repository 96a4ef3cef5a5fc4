import { failure as makeFailure, type FailureDto, type ItemStatus, type RunEventType, type RunStatus } from '@opsmesh/contracts';
import type { Effect } from './effect.js';
import { activeItems, itemsToStart, joinStatus, thresholdExceeded } from './map-items.js';
import type { CompiledPlan } from './plan.js';
import { dependants, readiness } from './ready-steps.js';
import type { HistoryEntry } from './run-event.js';
import { isTerminalRun, isTerminalStep, NO_ITEMS, type Counts, type RunningStep, type RunState, type StepState } from './run-state.js';

/** How one item ended. */
export interface ItemEnd { readonly from: ItemStatus; readonly to: 'succeeded' | 'failed' | 'unknown' | 'cancelled'; readonly attempt: number; readonly failure?: FailureDto }

/** A state in the making: copies on write, collects effects and history. Lives for one transition. */
export class Draft {
  readonly effects: Effect[] = [];
  readonly history: HistoryEntry[] = [];
  changed = false;
  private status: RunStatus;
  private steps: StepState[];
  private seq: number;
  stopping: RunState['stopping'];

  constructor(readonly plan: CompiledPlan, original: RunState) {
    this.status = original.status;
    this.steps = [...original.steps];
    this.seq = original.seq;
    this.stopping = original.stopping;
  }

  get paused(): boolean {
    return this.status === 'paused';
  }

  state(): RunState {
    return { status: this.status, stopping: this.stopping, steps: this.steps, seq: this.seq };
  }

  record(type: RunEventType, { step = null, item = null, data = {} }: { step?: number | null; item?: number | null; data?: Record<string, unknown> } = {}): void {
    this.changed = true;
    this.seq++;
    this.history.push({ seq: this.seq, type, step, item, data });
  }

  start(): undefined {
    if (this.seq > 0) return;
    this.record('run.started');
    this.advance(this.plan.steps.map((s) => s.index));
    this.finishIfDone();
  }

  prepared(index: number, total: number, unbound: readonly number[]): undefined {
    if (this.steps[index]?.status !== 'waiting') return;
    this.set(index, { status: 'running', total, next: 0, counts: { ...NO_ITEMS, pending: total - unbound.length, failed: unbound.length }, unbound });
    this.record('step.started', { step: index, data: { total } });
    for (const item of unbound) this.record('item.failed', { step: index, item, data: { attempt: 0, code: 'reference-missing' } });
    this.fill(index);
    this.joinIfDone(index);
  }

  endUnprepared(index: number, status: 'skipped' | 'failed', failure: FailureDto | null): undefined {
    if (this.steps[index]?.status !== 'waiting') return;
    this.endStep(index, { status, total: null, counts: NO_ITEMS, failure });
  }

  /** Moves one item between counters (invariant 1). */
  move(index: number, from: ItemStatus, to: ItemStatus): void {
    const step = this.steps[index]!;
    if (step.status === 'waiting' || from === to) return;
    this.set(index, { ...step, counts: moved(step.counts, from, to, 1) });
  }

  end(index: number, item: number, { from, to, attempt, failure }: ItemEnd): void {
    this.move(index, from, to);
    this.record(`item.${to}`, { step: index, item, data: { attempt, ...(failure ? { code: failure.code } : {}) } });
    this.fill(index);
    this.joinIfDone(index, failure);
  }

  resolve(index: number, item: number, { to, attempt }: { to: 'succeeded' | 'failed'; attempt: number }): void {
    this.move(index, 'unknown', to);
    this.record('item.resolved', { step: index, item, data: { attempt, status: to } });
    const step = this.steps[index]!;
    if (!isTerminalStep(step)) return;
    if (step.status !== 'cancelled' && step.total !== null) {
      const status = joinStatus(step.counts, step.total, this.plan.steps[index]!.map);
      this.set(index, { ...step, status, failure: status === 'failed' ? step.failure : null });
    }
    if (isTerminalRun(this.status) && this.status !== 'cancelled') this.status = this.runOutcome();
  }

  pause(): undefined {
    if (this.status !== 'running' || this.stopping) return;
    this.status = 'paused';
    this.record('run.paused');
  }

  resume(): undefined {
    if (this.status !== 'paused') return;
    this.status = 'running';
    this.record('run.resumed');
    for (const { index } of this.plan.steps) {
      this.fill(index);
      this.joinIfDone(index);
    }
    this.advance(this.plan.steps.map((s) => s.index));
    this.finishIfDone();
  }

  stop(why: 'cancelled' | 'timed-out'): undefined {
    if (isTerminalRun(this.status) || this.stopping) return;
    this.stopping = why;
    this.status = 'running';
    this.record('run.cancel-requested', { data: { reason: why } });
    this.effects.push({ type: 'abort' });
    for (const step of this.plan.steps) {
      const state = this.steps[step.index]!;
      if (state.status === 'waiting') this.set(step.index, { status: 'cancelled', total: null, counts: NO_ITEMS, failure: null });
      if (state.status === 'running') this.cancelUnstarted(step.index, state);
    }
    this.finishIfDone();
  }

  private cancelUnstarted(index: number, step: RunningStep): void {
    const counts = moved(moved(step.counts, 'pending', 'cancelled', step.counts.pending), 'queued', 'cancelled', step.counts.queued);
    this.effects.push({ type: 'sweep', step: index, from: ['pending', 'queued'], to: 'cancelled', untouchedOnly: false });
    this.set(index, { ...step, next: step.total, counts });
    this.joinIfDone(index);
  }

  /** Starts as many items as there is room for (invariant 3), or gives the rest up when too many failed. */
  private fill(index: number): void {
    const step = this.steps[index]!;
    if (step.status !== 'running' || this.status !== 'running' || this.stopping) return;
    const { map } = this.plan.steps[index]!;
    if (thresholdExceeded(step.counts, step.total, map)) return this.giveUpRest(index, step);
    const { items, next } = itemsToStart(step, map);
    if (next === step.next) return;
    this.set(index, { ...step, next, counts: moved(step.counts, 'pending', 'queued', items.length) });
    if (items.length > 0) this.effects.push({ type: 'enqueue', step: index, items, attempt: 1 });
  }

  private giveUpRest(index: number, step: RunningStep): void {
    const waitingForRetry = activeItems(step) - step.counts.queued - step.counts.running;
    const untouched = step.counts.pending - waitingForRetry;
    if (untouched === 0) return;
    this.effects.push({ type: 'sweep', step: index, from: ['pending'], to: 'skipped', untouchedOnly: true });
    // `next` goes to the end: none of the rest is started any more, so what is pending from here on waits for a retry.
    this.set(index, { ...step, next: step.total, counts: moved(step.counts, 'pending', 'skipped', untouched) });
  }

  private joinIfDone(index: number, last?: FailureDto): void {
    const step = this.steps[index]!;
    if (step.status !== 'running') return;
    const { counts, total } = step;
    if (counts.pending + counts.queued + counts.running > 0) return;
    const { map, id } = this.plan.steps[index]!;
    const status = joinStatus(counts, total, map);
    this.endStep(index, { status, total, counts, failure: status === 'failed' ? stepFailure({ id, counts, total, last }) : null });
  }

  private endStep(index: number, ended: Extract<StepState, { failure: unknown }>): void {
    this.set(index, ended);
    const data = { status: ended.status, total: ended.total, counts: ended.counts, ...(ended.failure ? { code: ended.failure.code, message: ended.failure.message } : {}) };
    this.record(ended.status === 'skipped' ? 'step.skipped' : 'step.finished', { step: index, data });
    this.advance(dependants(this.plan)[index]!);
    this.finishIfDone();
  }

  /** Prepares or skips those of the steps that waited for nothing else. */
  private advance(candidates: readonly number[]): void {
    if (this.status !== 'running' || this.stopping) return;
    for (const index of candidates) {
      if (this.steps[index]!.status !== 'waiting' || this.effects.some((e) => e.type === 'prepare' && e.step === index)) continue;
      const ready = readiness(this.plan, this.steps, this.plan.steps[index]!);
      if (ready.kind === 'prepare') this.effects.push({ type: 'prepare', step: index });
      if (ready.kind === 'skip') this.endStep(index, { status: 'skipped', total: null, counts: NO_ITEMS, failure: ready.failure });
    }
  }

  private finishIfDone(): void {
    if (isTerminalRun(this.status) || !this.steps.every(isTerminalStep)) return;
    this.status = this.stopping === 'cancelled' ? 'cancelled' : this.runOutcome();
    this.record('run.finished', { data: { status: this.status, ...(this.stopping === 'timed-out' ? { code: 'run-timeout' } : {}) } });
    this.effects.push({ type: 'finish' });
  }

  /** `completed` without a problem in a critical step; else `partial` when a step that nothing depends on got somewhere; else `failed`. */
  private runOutcome(): RunStatus {
    const critical = this.plan.steps.filter((s) => s.critical);
    const status = (i: number): StepState => this.steps[i]!;
    const troubled = critical.some((s) => {
      const state = status(s.index);
      return state.status === 'failed' || state.status === 'partial' || state.status === 'cancelled' || (state.status === 'skipped' && state.failure !== null);
    });
    if (!troubled) return 'completed';
    const sinks = critical.filter((s) => dependants(this.plan)[s.index]!.length === 0);
    return sinks.some((s) => ['succeeded', 'partial'].includes(status(s.index).status)) ? 'partial' : 'failed';
  }

  private set(index: number, step: StepState): void {
    this.changed = true;
    this.steps[index] = step;
  }
}

function moved(counts: Counts, from: ItemStatus, to: ItemStatus, n: number): Counts {
  return from === to || n === 0 ? counts : { ...counts, [from]: counts[from] - n, [to]: counts[to] + n };
}

/** A step of one item fails as its item did. */
function stepFailure({ id, counts, total, last }: { id: string; counts: Counts; total: number; last: FailureDto | undefined }): FailureDto {
  if (total === 1 && last) return last;
  const parts = (['failed', 'unknown', 'skipped', 'cancelled'] as const).filter((s) => counts[s] > 0).map((s) => `${counts[s]} ${s}`);
  return makeFailure('tool-failed', `step "${id}": of ${total} items ${parts.join(', ')}`);
}
