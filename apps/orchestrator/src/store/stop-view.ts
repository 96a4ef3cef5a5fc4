import { failure, type RunView } from '@opsmesh/contracts';
import type { CompiledPlan, RunState } from '@opsmesh/plan-model';

/** Why a run stops or was stopped, and how that made it fail. */
export function stopView({ timeoutMs }: Pick<CompiledPlan, 'timeoutMs'>, { status, stopping }: Pick<RunState, 'status' | 'stopping'>): Pick<RunView, 'stopping' | 'failure'> {
  const isOver = stopping === 'timed-out' && (status === 'failed' || status === 'partial');
  return { stopping, failure: isOver ? failure('run-timeout', `the run had not ended after its ${timeoutMs} ms`) : null };
}
