import type { CompiledPlan } from './plan.js';
import { childrenAt, shapeOf } from './plan-shape.js';
import { isTerminalStep, type EndedStep, type RunState } from './run-state.js';
import { valueStep } from './step-outcome.js';

/** Why a step failed, or was skipped because of a failure: of itself, or because of `root`. */
export interface Cause {
  readonly step: string;
  readonly kind: 'root' | 'consequence';
  /** Id of the step where it began; its own when it is a root. */
  readonly root: string;
}

/** The cause of each step that failed, ended in part, or was skipped because of a failure, in the order of the plan. Steps skipped by their condition have none. */
export function causesOf(plan: CompiledPlan, { steps }: Pick<RunState, 'steps'>): Cause[] {
  const ended = (index: number): EndedStep | undefined => {
    const state = steps[index]!;
    return isTerminalStep(state) ? state : undefined;
  };
  const isTroubled = (index: number): boolean => {
    const state = ended(index);
    return state !== undefined && (state.status === 'failed' || state.status === 'partial' || (state.status === 'skipped' && state.failure !== null));
  };
  const roots = new Map<number, number>();
  /** Steps are looked at after those that they wait for, which the plan has no cycles among. */
  const rootOf = (index: number): number => {
    const known = roots.get(index);
    if (known !== undefined) return known;
    const cause = because(index);
    const root = cause === undefined ? index : rootOf(cause);
    roots.set(index, root);
    return root;
  };
  /** The step next to it of which a step is a consequence. */
  const because = (index: number): number | undefined => {
    const state = ended(index)!;
    const step = plan.steps[index]!;
    if (shapeOf(plan).children[index]!.length > 0 && state.opened && state.failure?.code !== 'loop-limit') {
      const inner = childrenAt(plan, index, state.opened.arm).find((i) => isTroubled(i) && plan.steps[i]!.critical && !plan.steps[i]!.guard);
      if (inner !== undefined) return inner;
    }
    const isConsequence = state.status === 'skipped' || state.failure?.code === 'reference-missing';
    return isConsequence ? [...step.dependsOn, ...step.needsValueOf].find((d) => isTroubled(d) && valueStep(plan, steps, d) === d) : undefined;
  };
  return plan.steps.filter((s) => isTroubled(s.index)).map(({ id, index }): Cause => {
    const root = rootOf(index);
    return { step: id, kind: root === index ? 'root' : 'consequence', root: plan.steps[root]!.id };
  });
}
