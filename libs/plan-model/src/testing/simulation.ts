import type { FailureDto } from '@opsmesh/contracts';
import type { Effect } from '../effect.js';
import type { CompiledPlan } from '../plan.js';
import type { HistoryEntry, RunEvent } from '../run-event.js';
import { initialState, type ItemState, type RunState } from '../run-state.js';
import { transition } from '../transition.js';

/** The simplest engine there is: keeps items in a map, carries effects out at once, remembers what was sent. For specs. */
export class Simulation {
  state: RunState;
  readonly items = new Map<string, ItemState & { failure?: FailureDto }>();
  readonly sent: { step: number; item: number; attempt: number }[] = [];
  readonly timers: { step: number; item: number; attempt: number; delayMs: number }[] = [];
  readonly history: HistoryEntry[] = [];
  finished = 0;
  aborts = 0;

  /** @param lists number of items of each step, and which of them can't be bound */
  constructor(readonly plan: CompiledPlan, private readonly lists: readonly { readonly total: number; readonly unbound?: readonly number[] }[] = []) {
    this.state = initialState(plan);
  }

  /** @returns whether the event changed anything */
  apply(event: RunEvent): boolean {
    const key = 'item' in event ? `${event.step}.${event.item}` : '';
    const { state, item, effects, history } = transition({ plan: this.plan, state: this.state, item: this.items.get(key) }, event);
    this.state = state;
    if (item) this.items.set(key, item);
    this.history.push(...history);
    for (const effect of effects) this.carryOut(effect);
    return item !== undefined || history.length > 0 || effects.length > 0;
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

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'prepare': return this.prepare(effect.step);
      case 'enqueue':
        for (const item of effect.items) {
          this.items.set(`${effect.step}.${item}`, { status: 'queued', attempt: effect.attempt });
          this.sent.push({ step: effect.step, item, attempt: effect.attempt });
        }
        return;
      case 'retry-timer': this.timers.push(effect); return;
      case 'sweep':
        for (const [key, item] of this.items) {
          if (key.startsWith(`${effect.step}.`) && effect.from.includes(item.status) && (!effect.untouchedOnly || item.attempt === 0)) this.items.set(key, { ...item, status: effect.to });
        }
        return;
      case 'abort': this.aborts++; return;
      case 'finish': this.finished++;
    }
  }

  private prepare(step: number): void {
    const { total, unbound = [] } = this.lists[step] ?? { total: 1 };
    for (let item = 0; item < total; item++) this.items.set(`${step}.${item}`, { status: unbound.includes(item) ? 'failed' : 'pending', attempt: 0 });
    this.apply({ type: 'prepared', step, total, unbound });
  }
}
