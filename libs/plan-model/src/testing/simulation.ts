import type { FailureDto, ItemStatus } from '@opsmesh/contracts';
import type { Effect } from '../effect.js';
import { isContainer, type CompiledPlan, type ToolStep } from '../plan.js';
import type { HistoryEntry, RunEvent } from '../run-event.js';
import { initialState, itemRange, type ItemState, type RunState } from '../run-state.js';
import { transition } from '../transition.js';
import { plan, step } from './plans.js';

/** What the world holds for a step: how many items, which of them can't be bound, which arm is right, how many iterations are wanted. */
export interface World {
  readonly total?: number;
  /** Places in the list, from 0. */
  readonly unbound?: readonly number[];
  /** Null: the condition of no arm holds. */
  readonly arm?: number | null;
  readonly iterations?: number;
  /** What an effect is answered with in place of the above. */
  readonly fails?: FailureDto;
}

interface Attempt { readonly step: number; readonly item: number; readonly attempt: number }

/** A simulation of a run that has just started. */
export function started(...args: ConstructorParameters<typeof Simulation>): Simulation {
  const run = new Simulation(...args);
  run.apply({ type: 'started' });
  return run;
}

/** A simulation of a plan of one step with `total` items, just started; `unbound` are those that could not be bound. */
export function fanOut(total: number, more: Partial<ToolStep> = {}, unbound: readonly number[] = []): Simulation {
  return started(plan(step(0, { forEach: '<<x>>', ...more })), [{ total, unbound }]);
}

/** The simplest engine there is: keeps items in a map, carries effects out at once, remembers what was sent. For specs. */
export class Simulation {
  state: RunState;
  readonly items = new Map<string, ItemState & { failure?: FailureDto }>();
  readonly sent: Attempt[] = [];
  readonly begun: Attempt[] = [];
  readonly timers: (Attempt & { readonly delayMs: number })[] = [];
  readonly probeTimers: (Attempt & { readonly delayMs: number })[] = [];
  readonly probes: Attempt[] = [];
  readonly waveTimers: { step: number; wave: number; delayMs: number }[] = [];
  readonly history: HistoryEntry[] = [];
  /** How attempts ended that another one has followed. */
  readonly past = new Map<string, ItemStatus>();
  /** Answers to effects, as they were given. */
  readonly answers: RunEvent[] = [];
  finished = 0;
  aborts = 0;
  /** How often everything queued was sent again. */
  resent = 0;
  /** How often the outcome of the run changed after its end. */
  outcomeChanges = 0;

  constructor(readonly plan: CompiledPlan, private readonly worlds: readonly World[] = []) {
    this.state = initialState(plan);
  }

  /** Items of all that was sent, in order. */
  get itemsSent(): number[] {
    return this.sent.map((s) => s.item);
  }

  /** @returns whether the event changed anything */
  apply(event: RunEvent): boolean {
    const key = 'item' in event ? `${event.step}.${event.item}` : '';
    const before = this.items.get(key);
    const { state, item, effects, history } = transition({ plan: this.plan, state: this.state, item: before }, event);
    this.state = state;
    if (item && before && item.attempt > before.attempt) this.past.set(`${key}.${before.attempt}`, before.status);
    if (item) this.items.set(key, item);
    this.history.push(...history);
    for (const effect of effects) this.carryOut(effect);
    return item !== undefined || history.length > 0 || effects.some((e) => e.type !== 'too-early' && e.type !== 'keep-past');
  }

  succeed(step: number, item: number, attempt = 1): boolean {
    return this.apply({ type: 'finished', step, item, attempt, outcome: { status: 'succeeded' }, random: 0.5 });
  }

  fail(failure: FailureDto, { step, item, attempt = 1 }: { step: number; item: number; attempt?: number }): boolean {
    return this.apply({ type: 'finished', step, item, attempt, outcome: { status: 'failed', failure }, random: 0.5 });
  }

  types(): string[] {
    return this.history.map((h) => h.type);
  }

  /** Status of each step. */
  statuses(): string[] {
    return this.state.steps.map((s) => s.status);
  }

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'prepare': return this.answer(this.prepared(effect.step));
      case 'evaluate': return this.answer(this.evaluated(effect.step, effect.iteration + 1));
      case 'enqueue': return this.start(effect, 'queued', this.sent);
      case 'begin': return this.start(effect, 'running', this.begun);
      case 'retry-timer': this.timers.push(effect); return;
      case 'wave-timer': this.waveTimers.push(effect); return;
      case 'probe-timer': this.probeTimers.push(effect); return;
      case 'probe': this.probes.push(effect); return;
      case 'too-early': return;
      case 'keep-past': return this.keepPast(effect);
      case 'sweep':
        for (const [key, item] of this.items) {
          if (key.startsWith(`${effect.step}.`) && effect.from.includes(item.status) && (!effect.untouchedOnly || item.attempt === 0)) this.items.set(key, { ...item, status: effect.to });
        }
        return;
      case 'withdraw':
        for (const [key, item] of [...this.items]) {
          const [step, n] = key.split('.').map(Number) as [number, number];
          if (step === effect.step && item.status === 'queued') this.apply({ type: 'withdrawn', step, item: n, attempt: item.attempt });
        }
        return;
      case 'resend': this.resent++; return;
      case 'abort': this.aborts++; return;
      case 'outcome-changed': this.outcomeChanges++; return;
      case 'finish': this.finished++;
    }
  }

  private start({ step, items, attempt }: { step: number; items: readonly number[]; attempt: number }, status: 'queued' | 'running', to: Attempt[]): void {
    for (const item of items) {
      this.items.set(`${step}.${item}`, { status, attempt });
      to.push({ step, item, attempt });
    }
  }

  private keepPast({ step, item, attempt, status, by }: Extract<Effect, { type: 'keep-past' }>): void {
    const key = `${step}.${item}.${attempt}`;
    if (this.past.get(key) !== 'unknown') return;
    this.past.set(key, status);
    this.answer({ type: 'past-known', step, item, attempt, status, by });
  }

  private answer(event: RunEvent): void {
    this.answers.push(event);
    this.apply(event);
  }

  private prepared(step: number): RunEvent {
    const { total = 1, unbound = [], arm = 0, fails } = this.worlds[step] ?? {};
    if (fails) return { type: 'prepare-failed', step, failure: fails };
    const compiled = this.plan.steps[step]!;
    if (compiled.kind === 'loop') return this.evaluated(step, 0);
    if (isContainer(compiled)) return arm === null ? { type: 'prepare-skipped', step } : { type: 'opened', step, arm, iteration: 0, of: null };
    const { from } = itemRange(this.state.steps[step]!);
    for (let i = 0; i < total; i++) this.items.set(`${step}.${from + i}`, { status: unbound.includes(i) ? 'failed' : 'pending', attempt: 0 });
    return { type: 'prepared', step, total, unbound: unbound.map((i) => from + i) };
  }

  private evaluated(step: number, iteration: number): RunEvent {
    const { iterations = 1, fails } = this.worlds[step] ?? {};
    const loop = this.plan.steps[step]!;
    const isForEach = loop.kind === 'loop' && loop.mode === 'forEach';
    if (fails && iteration > 0) return { type: 'prepare-failed', step, failure: fails };
    if (isForEach) return { type: 'opened', step, arm: null, iteration, of: iterations };
    return iteration < iterations ? { type: 'opened', step, arm: null, iteration, of: null } : { type: 'loop-ended', step, iterations: iteration };
  }
}
