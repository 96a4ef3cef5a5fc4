import type { CompiledPlan } from './plan.js';

/** What follows from the structure of a plan and is looked up at every event. */
export interface PlanShape {
  /** For each step the indexes of the steps that depend on it. */
  readonly dependants: readonly (readonly number[])[];
  /** For each container what stands directly in it, all arms together. */
  readonly children: readonly (readonly number[])[];
  /** For each container everything in it, at any depth. */
  readonly inside: readonly (readonly number[])[];
  /** Steps that decide how the run ends: in no container, and neither alternative nor compensation. */
  readonly main: readonly number[];
  readonly containers: readonly number[];
}

const NONE: readonly number[] = [];
const shapes = new WeakMap<CompiledPlan, PlanShape>();

export function shapeOf(plan: CompiledPlan): PlanShape {
  let shape = shapes.get(plan);
  if (!shape) shapes.set(plan, shape = makeShape(plan));
  return shape;
}

function makeShape(plan: CompiledPlan): PlanShape {
  const lists = (): (number[] | undefined)[] => plan.steps.map(() => undefined);
  const dependants = lists();
  const children = lists();
  const inside = lists();
  for (const { index, dependsOn, scope } of plan.steps) {
    for (const d of dependsOn) (dependants[d] ??= []).push(index);
    if (scope) (children[scope.step] ??= []).push(index);
    for (let around = scope; around; around = plan.steps[around.step]!.scope) (inside[around.step] ??= []).push(index);
  }
  const filled = (all: (number[] | undefined)[]): readonly (readonly number[])[] => all.map((l) => l ?? NONE);
  return {
    dependants: filled(dependants), children: filled(children), inside: filled(inside),
    main: plan.steps.filter((s) => !s.scope && !s.guard).map((s) => s.index), containers: plan.steps.filter((s) => s.kind === 'branch' || s.kind === 'loop').map((s) => s.index),
  };
}

/** What stands directly in a container at the arm; `arm` is null for a loop. */
export function childrenAt(plan: CompiledPlan, container: number, arm: number | null): readonly number[] {
  return shapeOf(plan).children[container]!.filter((i) => plan.steps[i]!.scope!.arm === arm);
}
