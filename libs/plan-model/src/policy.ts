import type { CompiledPlan, MapChange, MapPolicy } from './plan.js';
import type { Overrides } from './run-state.js';

/** How a step fans out now: as its plan says, with what was changed while it ran. */
export function policyOf(plan: CompiledPlan, { overrides }: { readonly overrides: Overrides }, step: number): MapPolicy {
  const { map } = plan.steps[step]!;
  const change = overrides[step];
  return change ? withChange(map, change) : map;
}

/** A policy with a change; what is null there is taken back. */
export function withChange(map: MapPolicy, change: MapChange): MapPolicy {
  const merged = Object.entries({ ...map, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged) as unknown as MapPolicy;
}

/** Whether a policy of the step means nothing any more: it has ended, and stands in no loop that could begin it anew. */
export function isBeyondPolicy({ steps }: CompiledPlan, index: number, hasEnded: (step: number) => boolean): boolean {
  if (!hasEnded(index)) return false;
  for (let around = steps[index]!.scope; around; around = steps[around.step]!.scope) {
    if (steps[around.step]!.kind === 'loop' && !hasEnded(around.step)) return false;
  }
  return true;
}
