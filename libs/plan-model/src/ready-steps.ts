import { failure, type FailureDto } from '@opsmesh/contracts';
import type { CompiledPlan, CompiledStep } from './plan.js';
import { isTerminalStep, type StepState } from './run-state.js';
import { alternativeOf, hasValue, holdsUnknown, valueStep } from './step-outcome.js';

/** Why a waiting step can go on: it may be prepared, or it is skipped. Without a failure it is skipped as one whose condition does not hold. */
export type Readiness = { readonly kind: 'wait' } | { readonly kind: 'prepare' } | { readonly kind: 'skip'; readonly failure: FailureDto | null };

const WAIT: Readiness = { kind: 'wait' };
const STOPPED: Readonly<Record<string, string>> = { failed: 'failed', cancelled: 'was cancelled', skipped: 'was skipped because of a failure' };
const PREPARE: Readiness = { kind: 'prepare' };

/**
 * Whether a step that waits may start.
 * Inside a container it waits until that is open at its arm. An alternative or a compensation is skipped unless its step failed.
 * A critical dependency that failed, with `onFailure: fail`, was cancelled, or was skipped for such a reason, skips the step; so does a missing value that it needs.
 * A dependency skipped by its own condition does not, unless a value of it is needed. A failure whose alternative got somewhere is none.
 */
export function readiness(plan: CompiledPlan, steps: readonly StepState[], step: CompiledStep): Readiness {
  for (const d of step.dependsOn) if (!isTerminalStep(steps[d]!)) return WAIT;
  if (!isOpen(steps, step)) return WAIT;
  if (step.guard && !isCalled(plan, steps, step)) return { kind: 'skip', failure: null };
  for (const d of step.dependsOn) {
    const { id, onFailure, guard, critical } = plan.steps[d]!;
    // What an alternative came to counts through the step that it stands for.
    if (d === step.guard?.step || (guard && step.dependsOn.includes(guard.step))) continue;
    const state = steps[valueStep(plan, steps, d)]!;
    if (!isTerminalStep(state) || !critical) continue;
    const stopped = (state.status === 'failed' && onFailure !== 'continue') || state.status === 'cancelled' || (state.status === 'skipped' && state.failure !== null);
    if (stopped) return { kind: 'skip', failure: failure('dependency-failed', `step "${id}" ${STOPPED[state.status]}`, state.failure?.code) };
  }
  for (const d of step.needsValueOf) {
    const state = steps[valueStep(plan, steps, d)]!;
    if (!hasValue(state)) {
      return { kind: 'skip', failure: failure('dependency-failed', `a value of step "${plan.steps[d]!.id}" is needed, but it ${state.status === 'skipped' ? 'was skipped' : `is ${state.status}`}`) };
    }
  }
  return PREPARE;
}

function isOpen(steps: readonly StepState[], { scope }: CompiledStep): boolean {
  if (!scope) return true;
  const around = steps[scope.step]!;
  return around.status === 'open' && around.arm === scope.arm;
}

/** Whether the step that this one is an alternative or a compensation of has failed. What may have happened already is compensated, but never done in another way. */
function isCalled(plan: CompiledPlan, steps: readonly StepState[], { index, guard }: CompiledStep): boolean {
  const state = steps[guard!.step]!;
  if (!isTerminalStep(state) || state.status !== 'failed') return false;
  return alternativeOf(plan.steps[guard!.step]!) !== index || !holdsUnknown(plan, steps, guard!.step);
}
