import { conditionReferences } from './conditions.js';
import type { CompiledPlan, CompiledStep, Condition } from './plan.js';
import { referencesIn, type Reference } from './references.js';
import { inputName, previousOf, stepOf } from './scope.js';

/** Indexes of the steps whose output, or whose items, are needed to evaluate, list and bind a step. */
export interface ReferencedSteps {
  readonly outputs: readonly number[];
  readonly items: readonly number[];
  /** Those of which the iteration before is needed, output or items. */
  readonly previous: readonly number[];
}

const known = new WeakMap<CompiledStep, ReferencedSteps>();

/** The steps that a step's conditions, list, inputs and lock refer to. */
export function stepsReferenced(plan: CompiledPlan, step: CompiledStep): ReferencedSteps {
  let found = known.get(step);
  if (!found) {
    known.set(step, found = indexesOf(plan, referencesOf(step)));
  }
  return found;
}

/** What its conditions, list, inputs and lock refer to. */
function referencesOf(step: CompiledStep): Reference[] {
  const written = referencesIn([step.inputs, step.forEach, typeof step.map.lock === 'string' ? step.map.lock : null]).map((r) => r.reference);
  return [...written, ...conditionsOf(step).flatMap(conditionReferences)];
}

/** `when`, the conditions of a branch's arms, the condition of a loop. */
function conditionsOf(step: CompiledStep): readonly Condition[] {
  const own = step.kind === 'branch' ? step.arms.map((a) => a.when) : step.kind === 'loop' ? [step.condition] : [];
  return [step.when, ...own].filter((c) => c !== null);
}

/** The steps that a step's output mapping refers to, itself left out. */
export function stepsMapped(plan: CompiledPlan, step: CompiledStep): ReferencedSteps {
  const { outputs, items, previous } = indexesOf(plan, referencesIn(step.outputMapping).map((r) => r.reference));
  return { outputs: outputs.filter((i) => i !== step.index), items: items.filter((i) => i !== step.index), previous };
}

/** The inputs of the plan that anything of a step refers to. */
export function inputsReferenced(step: CompiledStep): ReadonlySet<string> {
  return new Set([...referencesOf(step), ...referencesIn(step.outputMapping).map((r) => r.reference)].map(inputName).filter((name) => name !== undefined));
}

function indexesOf(plan: CompiledPlan, references: readonly Reference[]): ReferencedSteps {
  const targets = references.map(stepOf).filter((t) => t !== undefined);
  const indexes = (of: readonly { readonly id: string }[]): number[] => [...new Set(of.map((t) => plan.steps.findIndex((s) => s.id === t.id)).filter((i) => i >= 0))];
  return { outputs: indexes(targets.filter((t) => t.part === 'output')), items: indexes(targets.filter((t) => t.part === 'items')), previous: indexes(references.map(previousOf).filter((t) => t !== undefined)) };
}
