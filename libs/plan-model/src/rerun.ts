import type { ItemStatus } from '@opsmesh/contracts';
import { isEqual } from './json-equal.js';
import type { CompiledPlan, CompiledStep, Json, JsonObject } from './plan.js';
import { shapeOf } from './plan-shape.js';
import { referencesIn } from './references.js';
import { NO_OVERRIDES, WAITING, type RunState, type StepState } from './run-state.js';
import { inputName } from './scope.js';
import { inputsReferenced } from './steps-referenced.js';

/** Where a re-run begins: the parent's state for what is taken over, `waiting` for the chosen steps and all that depends on them. */
export interface Rerun {
  readonly state: RunState;
  /** The steps that are repeated: the chosen ones, or the container or the step around one that can only be repeated as a whole. Only a chosen one can be repeated for chosen items. */
  readonly from: readonly number[];
  /** Steps that are taken over with their items. */
  readonly taken: readonly number[];
}

/** The first state of a run that repeats a part of an ended one, from the given steps on. The plan is the parent's, or an edited one without {@link rerunDifferences}. */
export function rerunFrom(plan: CompiledPlan, parent: RunState, chosen: readonly number[]): Rerun {
  const from = [...new Set(chosen.map((step) => wholeOf(plan, step)))];
  const again = repeatedWith(plan, from, parent);
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

/** The given steps, what stands in them, and all that depends on any of them. What any of them waits for and was cancelled in the parent has not happened: it is repeated too. */
export function repeatedWith(plan: CompiledPlan, from: readonly number[], parent?: RunState): ReadonlySet<number> {
  const { dependants, inside } = shapeOf(plan);
  const again = new Set(from);
  for (const index of again) {
    for (const next of [...dependants[index]!, ...inside[index]!]) again.add(next);
    // Chosen items are prepared when the re-run begins: what has some had all that it waits for.
    if (!parent || (from.includes(index) && wasPrepared(parent.steps[index]!))) continue;
    for (const before of plan.steps[index]!.dependsOn) if (parent.steps[before]!.status === 'cancelled') again.add(wholeOf(plan, before));
  }
  return again;
}

function wasPrepared(state: StepState): boolean {
  return 'total' in state && state.total !== null;
}

export interface RerunDifference {
  /** Id of a step that would be taken over. */
  readonly step: string;
  readonly difference: 'missing' | 'added' | 'changed' | 'moved' | 'given other inputs';
}

/**
 * The inputs of a re-run: those of its parent, but where that had the default of its plan the default of the edited one; `given` before all.
 * Inputs that the edited plan does not declare are left out.
 */
export function rerunInputs({ plan, inputs, edited, given }: { readonly plan: CompiledPlan; readonly inputs: JsonObject; readonly edited: CompiledPlan; readonly given: JsonObject }): JsonObject {
  const isDefault = (name: string, value: Json): boolean => Object.hasOwn(plan.inputs, name) && isEqual(plan.inputs[name]!, value);
  const inherited = Object.entries(inputs).filter(([name, value]) => Object.hasOwn(edited.inputs, name) && !isDefault(name, value));
  return { ...edited.inputs, ...Object.fromEntries(inherited), ...given };
}

/** Names of the inputs whose values are not the same. */
export function inputsChanged(before: JsonObject, after: JsonObject): ReadonlySet<string> {
  return new Set(Object.keys({ ...before, ...after }).filter((name) => !Object.hasOwn(before, name) || !Object.hasOwn(after, name) || !isEqual(before[name]!, after[name]!)));
}

/** A plan, the one that a re-run of it follows, and what else is new in that. */
export interface Edit {
  readonly plan: CompiledPlan;
  readonly edited: CompiledPlan;
  /** {@link inputsChanged} */
  readonly inputs: ReadonlySet<string>;
}

/**
 * What an edit changes of the steps that a re-run from the given ones would take over: each must be there, unchanged, with the inputs of the run that it refers to,
 * and at its place, since its items and outputs are the parent's. Empty when the edit may be used.
 */
export function rerunDifferences({ plan, edited, inputs }: Edit, steps: readonly string[]): RerunDifference[] {
  const gone = steps.filter((id) => !edited.steps.some((s) => s.id === id));
  if (gone.length > 0) return gone.map((step) => ({ step, difference: 'missing' }));
  const wholes = (of: CompiledPlan): number[] => of.steps.filter((s) => steps.includes(s.id)).map((s) => wholeOf(of, s.index));
  const again = repeatedWith(edited, wholes(edited));
  const repeatedBefore = repeatedWith(plan, wholes(plan));
  const kept = new Map(edited.steps.filter((s) => !again.has(s.index)).map((s) => [s.id, s]));
  const originals = new Map(plan.steps.map((s) => [s.id, s]));
  const missing = plan.steps.filter((s) => !repeatedBefore.has(s.index) && !kept.has(s.id)).map((s): RerunDifference => ({ step: s.id, difference: 'missing' }));
  const other = [...kept.values()].flatMap((s): RerunDifference[] => {
    const difference = differenceOf(originals.get(s.id), s) ?? (refersTo(s, inputs) ? 'given other inputs' : undefined);
    return difference ? [{ step: s.id, difference }] : [];
  });
  return [...missing, ...other];
}

/** What an edit changes of a step that is repeated: nothing; something, but not the list that it runs over; or that list, so that numbers of items mean others. */
export function editOf({ plan, edited, inputs }: Edit, id: string): 'none' | 'same-list' | 'other-list' {
  const [original, step] = [plan, edited].map((p) => p.steps.find((s) => s.id === id)!) as [CompiledStep, CompiledStep];
  const isOtherList = !isEqual(original.forEach, step.forEach) || referencesIn(step.forEach).some(({ reference }) => inputs.has(inputName(reference) ?? ''));
  if (isOtherList) return 'other-list';
  return differenceOf(original, step) === undefined && !refersTo(step, inputs) ? 'none' : 'same-list';
}

function refersTo(step: CompiledStep, inputs: ReadonlySet<string>): boolean {
  return inputs.size > 0 && [...inputsReferenced(step)].some((name) => inputs.has(name));
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
