import type { ItemStatus, RunEventType, RunStatus } from '@opsmesh/contracts';
import type { Effect } from './effect.js';
import { moved } from './counts.js';
import type { CompiledPlan, MapChange, MapPolicy } from './plan.js';
import { policyOf } from './policy.js';
import type { HistoryEntry } from './run-event.js';
import type { EndedStep, Overrides, RunState, StepState } from './run-state.js';

/** What must be looked at because of a change: what waited for a step that ended, or what stands in a container that opened. */
export interface FollowUp { readonly kind: 'ended' | 'opened'; readonly step: number }

/** A state in the making: copies on write, collects effects and history, and what follows (see settle). Lives for one transition. */
export class Draft {
  readonly effects: Effect[] = [];
  readonly history: HistoryEntry[] = [];
  readonly followUps: FollowUp[] = [];
  readonly steps: StepState[];
  changed = false;
  status: RunStatus;
  stopping: RunState['stopping'];
  private seq: number;
  private changes: Overrides;

  constructor(readonly plan: CompiledPlan, original: RunState) {
    this.status = original.status;
    this.steps = [...original.steps];
    this.seq = original.seq;
    this.stopping = original.stopping;
    this.changes = original.overrides;
  }

  get paused(): boolean {
    return this.status === 'paused';
  }

  /** Whether something new may start. */
  get startable(): boolean {
    return this.status === 'running' && this.stopping === null;
  }

  get isFresh(): boolean {
    return this.seq === 0;
  }

  state(): RunState {
    return { status: this.status, stopping: this.stopping, steps: this.steps, seq: this.seq, overrides: this.changes };
  }

  policy(index: number): MapPolicy {
    return policyOf(this.plan, { overrides: this.changes }, index);
  }

  changePolicy(index: number, change: MapChange): void {
    this.changed = true;
    this.changes = { ...this.changes, [index]: { ...this.changes[index], ...change } };
  }

  record(type: RunEventType, { step = null, item = null, data = {} }: { step?: number | null; item?: number | null; data?: Record<string, unknown> } = {}): void {
    this.changed = true;
    this.seq++;
    this.history.push({ seq: this.seq, type, step, item, data });
  }

  set(index: number, step: StepState): void {
    this.changed = true;
    this.steps[index] = step;
  }

  /** Moves one item between counters (invariant 1). */
  move(index: number, from: ItemStatus, to: ItemStatus): void {
    const step = this.steps[index]!;
    if (step.status === 'waiting' || step.status === 'open' || from === to) return;
    this.set(index, { ...step, counts: moved(step.counts, from, to, 1) });
  }

  endStep(index: number, ended: EndedStep): void {
    this.set(index, ended);
    const { status, total, counts, failure, opened } = ended;
    this.record(status === 'skipped' ? 'step.skipped' : 'step.finished', {
      step: index, data: { status, total, counts, ...(opened ? { opened } : {}), ...(failure ? { code: failure.code, message: failure.message } : {}) },
    });
    if (status === 'failed' && !this.plan.steps[index]!.critical) this.record('step.adapted', { step: index, data: { cause: failure?.code ?? null, effect: 'passed-over' } });
    this.followUps.push({ kind: 'ended', step: index });
  }
}
