import { failure, type FailureDto } from '@opsmesh/contracts';
import type { CompiledPlan, CompiledStep } from './plan.js';
import { isTerminalStep, type StepState } from './run-state.js';

/** Why a waiting step can go on: it may be prepared, or it is skipped. */
export type Readiness = { readonly kind: 'wait' } | { readonly kind: 'prepare' } | { readonly kind: 'skip'; readonly failure: FailureDto };

/**
 * Whether a step that waits may start.
 * A failed dependency with `onFailure: fail`, or one that was skipped for such a reason, skips the step; so does a missing value that it needs.
 * A dependency skipped by its own condition does not, unless a value of it is needed.
 */
export function readiness(plan: CompiledPlan, steps: readonly StepState[], step: CompiledStep): Readiness {
  if (!step.dependsOn.every((d) => isTerminalStep(steps[d]!))) return { kind: 'wait' };
  for (const d of step.dependsOn) {
    const state = steps[d]!;
    if (!isTerminalStep(state)) continue;
    const { id, onFailure } = plan.steps[d]!;
    const failedDirectly = state.status === 'failed' && onFailure === 'fail';
    const skippedByFailure = state.status === 'skipped' && state.failure !== null;
    if (failedDirectly || skippedByFailure) {
      return { kind: 'skip', failure: failure('dependency-failed', `step "${id}" ${state.status === 'failed' ? 'failed' : 'was skipped because of a failure'}`, state.failure?.code) };
    }
    const hasValue = state.status === 'succeeded' || state.status === 'partial';
    if (!hasValue && step.needsValueOf.includes(d)) {
      return { kind: 'skip', failure: failure('dependency-failed', `a value of step "${id}" is needed, but it ${state.status === 'skipped' ? 'was skipped' : `is ${state.status}`}`) };
    }
  }
  return { kind: 'prepare' };
}

const dependantsOf = new WeakMap<CompiledPlan, readonly (readonly number[])[]>();

/** For each step the indexes of the steps that depend on it. */
export function dependants(plan: CompiledPlan): readonly (readonly number[])[] {
  let found = dependantsOf.get(plan);
  if (!found) {
    const lists: number[][] = plan.steps.map(() => []);
    for (const step of plan.steps) for (const d of step.dependsOn) lists[d]!.push(step.index);
    found = lists;
    dependantsOf.set(plan, found);
  }
  return found;
}
