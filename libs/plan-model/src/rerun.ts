import type { ItemStatus } from '@opsmesh/contracts';
import { isEqual } from './json-equal.js';
import type { CompiledPlan, CompiledStep, Json } from './plan.js';
import { shapeOf } from './plan-shape.js';
import { NO_OVERRIDES, WAITING, type RunState, type StepState } from './run-state.js';

/** Where a re-run begins: the parent's state for what is taken over, `waiting` for the chosen step and all that depends on it. */
export interface Rerun {
  readonly state: RunState;
  /** The step that is repeated: the chosen one, or the container or the step around it that can only be repeated as a whole. Only the chosen one can be repeated for chosen items. */
  readonly from: number;
  /** Steps that are taken over with their items. */
  readonly taken: readonly number[];
}

/** The first state of a run that repeats a part of an ended one, from the given step on. The plan is the parent's, or an edited one without {@link rerunDifferences}. */
export function rerunFrom(plan: CompiledPlan, parent: RunState, step: number): Rerun {
  const from = wholeOf(plan, step);
  const again = repeatedWith(plan, from);
  const steps = plan.steps.map(({ index }): StepState => (again.has(index) ? WAITING : parent.steps[index]!));
  return { state: { status: 'running', stopping: null, steps, seq: 0, overrides: NO_OVERRIDES }, from, taken: plan.steps.map((s) => s.index).filter((i) => !again.has(i)) };
}

/** The step that a re-run repeats with the given one: the outermost container around it; of an alternative or a compensation the step that calls it; else itself. */
export function wholeOf(plan: CompiledPlan, index: number): number {
  for (let step = plan.steps[index]!; ;) {
    const around = step.scope?.step ?? step.guard?.step;
    if (around === undefined) return step.index;
    step = plan.steps[around]!;
  }
}

/** A step, what stands in it, and all that depends on any of them. */
function repeatedWith(plan: CompiledPlan, from: number): ReadonlySet<number> {
  const { dependants, inside } = shapeOf(plan);
  const again = new Set([from]);
  for (const index of again) for (const next of [...dependants[index]!, ...inside[index]!]) again.add(next);
  return again;
}

export interface RerunDifference {
  /** Id of a step that would be taken over. */
  readonly step: string;
  readonly difference: 'missing' | 'added' | 'changed' | 'moved';
}

/**
 * What an edited plan changes of the steps that a re-run would take over: each must be there, unchanged and at its place, since its items and outputs are the parent's.
 * Empty when the edited plan may be used.
 */
export function rerunDifferences({ plan, edited, step }: { plan: CompiledPlan; edited: CompiledPlan; step: string }): RerunDifference[] {
  const start = edited.steps.find((s) => s.id === step);
  const before = plan.steps.find((s) => s.id === step);
  if (!start || !before) return [{ step, difference: start ? 'added' : 'missing' }];
  const again = repeatedWith(edited, wholeOf(edited, start.index));
  const repeatedBefore = repeatedWith(plan, wholeOf(plan, before.index));
  const kept = new Map(edited.steps.filter((s) => !again.has(s.index)).map((s) => [s.id, s]));
  const originals = new Map(plan.steps.map((s) => [s.id, s]));
  const missing = plan.steps.filter((s) => !repeatedBefore.has(s.index) && !kept.has(s.id)).map((s): RerunDifference => ({ step: s.id, difference: 'missing' }));
  const other = [...kept.values()].flatMap((s): RerunDifference[] => {
    const difference = differenceOf(originals.get(s.id), s);
    return difference ? [{ step: s.id, difference }] : [];
  });
  return [...missing, ...other];
}

/** What an edited plan changes of the step that is repeated: nothing; something, but not the list that it runs over; or that list, so that numbers of items mean others. */
export function editOf(original: CompiledStep, edited: CompiledStep): 'none' | 'same-list' | 'other-list' {
  if (differenceOf(original, edited) === undefined) return 'none';
  return isEqual(original.forEach as Json, edited.forEach as Json) ? 'same-list' : 'other-list';
}

function differenceOf(original: CompiledStep | undefined, edited: CompiledStep): RerunDifference['difference'] | undefined {
  if (!original) return 'added';
  if (original.index !== edited.index) return 'moved';
  return isEqual(original as unknown as Json, edited as unknown as Json) ? undefined : 'changed';
}

/** Which items of the step a re-run repeats: those of a kind, or those with the given numbers. */
export type ItemSelection = readonly ('failed' | 'unknown' | 'not-started')[] | { readonly items: readonly number[] };

const STATUSES: Readonly<Record<'failed' | 'unknown' | 'not-started', readonly ItemStatus[]>> = { failed: ['failed'], unknown: ['unknown'], 'not-started': ['pending', 'skipped', 'cancelled'] };

export function selects(selection: ItemSelection, { item, status }: { readonly item: number; readonly status: ItemStatus }): boolean {
  return 'items' in selection ? selection.items.includes(item) : selection.some((kind) => STATUSES[kind].includes(status));
}
