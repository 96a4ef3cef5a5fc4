import { failure, type FailureDto, type RunStatus } from '@opsmesh/contracts';
import type { CompiledPlan, CompiledStep } from './plan.js';
import { shapeOf } from './plan-shape.js';
import { isTerminalStep, type Counts, type StepState } from './run-state.js';

export function hasValue(state: StepState): boolean {
  return state.status === 'succeeded' || state.status === 'partial';
}

/** A step that may have items, as the state of a run has it or as it is shown. */
type Counted = StepState | { readonly counts: Counts };

/** Whether nobody knows how an item of the step ended. */
export function hasUnknown(step: Counted): boolean {
  return 'counts' in step && step.counts.unknown > 0;
}

/** Whether nobody knows how something of a step, or of what stands in it, ended. */
export function holdsUnknown(plan: CompiledPlan, steps: readonly Counted[], index: number): boolean {
  return [index, ...shapeOf(plan).inside[index]!].some((i) => hasUnknown(steps[i]!));
}

/** The step that runs in place of a failed one; null when none was declared. */
export function alternativeOf({ onFailure }: CompiledStep): number | null {
  return typeof onFailure === 'object' && 'alternative' in onFailure ? onFailure.alternative : null;
}

/** The step whose value and outcome count for a step: itself, or the alternative that took its place and got somewhere. */
export function valueStep(plan: CompiledPlan, steps: readonly StepState[], index: number): number {
  for (let i: number | null = index; i !== null; i = alternativeOf(plan.steps[i]!)) {
    const state = steps[i]!;
    if (hasValue(state)) return i;
    if (state.status !== 'failed') break;
  }
  return index;
}

/** `completed` without a problem in a critical step; else `partial` when a step that nothing depends on got somewhere; else `failed`. */
export function runOutcome(plan: CompiledPlan, steps: readonly StepState[]): Extract<RunStatus, 'completed' | 'partial' | 'failed'> {
  const { main, dependants } = shapeOf(plan);
  const critical = main.filter((i) => plan.steps[i]!.critical);
  const outcome = (i: number): StepState => steps[valueStep(plan, steps, i)]!;
  const troubled = critical.some((i) => {
    const state = outcome(i);
    return state.status === 'failed' || state.status === 'partial' || state.status === 'cancelled' || (state.status === 'skipped' && state.failure !== null);
  });
  if (!troubled) return 'completed';
  const sinks = critical.filter((i) => dependants[i]!.every((d) => plan.steps[d]!.guard !== null));
  return sinks.some((i) => hasValue(outcome(i))) ? 'partial' : 'failed';
}

/** How a container ends, or an iteration of a loop: `failed` when a critical step in it failed and may not be passed over, `partial` when one did not succeed wholly. */
export interface ScopeOutcome {
  readonly status: 'succeeded' | 'partial' | 'failed';
  readonly failure: FailureDto | null;
}

export function scopeOutcome(plan: CompiledPlan, steps: readonly StepState[], members: readonly number[]): ScopeOutcome {
  let status: ScopeOutcome['status'] = 'succeeded';
  for (const i of members) {
    const step = plan.steps[i]!;
    if (!step.critical || step.guard) continue;
    const state = steps[valueStep(plan, steps, i)]!;
    if (!isTerminalStep(state) || state.status === 'succeeded' || (state.status === 'skipped' && state.failure === null)) continue;
    if (state.status === 'partial' || (state.status === 'failed' && step.onFailure === 'continue')) status = 'partial';
    else return { status: 'failed', failure: { ...failure(state.failure?.code ?? 'dependency-failed', `step "${step.id}" ${state.status === 'failed' ? 'failed' : `was ${state.status}`}${state.failure ? `: ${state.failure.message}` : ''}`), retryable: false } };
  }
  return { status, failure: null };
}
