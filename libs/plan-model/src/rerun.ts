import type { CompiledPlan } from './plan.js';
import { dependants } from './ready-steps.js';
import type { RunState, StepState } from './run-state.js';

/** Where a re-run begins: the parent's state for what is taken over, `waiting` for the chosen step and all that depends on it. */
export interface Rerun {
  readonly state: RunState;
  /** Steps that are taken over with their items. */
  readonly taken: readonly number[];
}

/** The first state of a run that repeats a part of an ended one, from the given step on. */
export function rerunFrom(plan: CompiledPlan, parent: RunState, step: number): Rerun {
  const again = new Set([step]);
  const queue = [step];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const d of dependants(plan)[next]!) {
      if (!again.has(d)) {
        again.add(d);
        queue.push(d);
      }
    }
  }
  const steps = parent.steps.map((state, i): StepState => (again.has(i) ? { status: 'waiting' } : state));
  return { state: { status: 'running', stopping: null, steps, seq: 0 }, taken: steps.map((_, i) => i).filter((i) => !again.has(i)) };
}
