import { ITEM_STATUSES, type RerunDto, type RunView, type StepView } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { editOf, holdsUnknown, repeatedWith, rerunDifferences, selects, wholeOf, type CompiledPlan, type Edit, type ItemSelection } from '@opsmesh/plan-model';
import type { Repeat, RepeatedStep } from '../engine/submission.js';

/** An ended run, its plan, and the plan and the inputs that its re-run follows: the same, or others. */
export interface RerunOf extends Edit {
  readonly parent: RunView;
}

type Request = Pick<RerunDto, 'step' | 'items' | 'item_numbers'>;

/**
 * What a request for a re-run means for the plan at hand. Without a step it begins with every step that has such items, and whose items do not depend on those of another one.
 * @throws ProblemError 422 `nothing-to-rerun`, `invalid-selection`, `repeated-as-a-whole` or `rerun-plan-differs`
 */
export function repeatOf({ parent, ...edit }: RerunOf, request: Request): Repeat {
  const items = selectionOf(request);
  const chosen = request.step === undefined ? everyStep(parent, edit.plan, items) : [namedStep(parent, edit.plan, { id: request.step, items })];
  const differences = rerunDifferences(edit, chosen.map((of) => edit.plan.steps[of]!.id));
  if (differences.length > 0) {
    const shown = differences.slice(0, 5).map((d) => `"${d.step}" is ${d.difference}`).join(', ');
    throw new ProblemError(422, 'rerun-plan-differs', `steps that would be taken over differ in this re-run: ${shown}; leave them as they were, re-run from an earlier step, or start a new run`);
  }
  return { items, steps: chosen.map((of) => repeatedStep(edit, parent.steps[of]!, of)) };
}

function repeatedStep(edit: Edit, { id, total }: StepView, of: number): RepeatedStep {
  const change = editOf(edit, id);
  if (change === 'other-list' && total !== null) throw new ProblemError(422, 'rerun-plan-differs', `the list of step "${id}" is edited, or an input that it is, so that its items are others: start a new run`);
  return { step: edit.edited.steps.find((s) => s.id === id)!.index, of, boundAnew: change !== 'none' };
}

/** Indexes of the steps that have such items, without those that are repeated with another one of them. */
function everyStep({ steps }: RunView, plan: CompiledPlan, items: ItemSelection): number[] {
  const found = steps.flatMap((s, of) => (hasSome(s, { items, holdsUnknown: holdsUnknown(plan, steps, of) }) && !isPassedOver(s) ? [of] : []));
  if (found.length === 0) throw nothing(`no step has items that are ${named(items)}`);
  const withOthers = new Map(found.map((of) => [of, repeatedWith(plan, [of])]));
  const roots = found.filter((of) => ![...withOthers].some(([other, again]) => other !== of && again.has(of)));
  const alone = roots.filter((of) => wholeOf(plan, of) === of);
  // A container that succeeded all the same has passed over what failed in it.
  const inside = roots.find((of) => wholeOf(plan, of) !== of && (alone.length === 0 || steps[wholeOf(plan, of)]!.status !== 'succeeded'));
  if (inside !== undefined) throw asAWhole(plan, inside);
  return alone;
}

function namedStep({ steps }: RunView, plan: CompiledPlan, { id, items }: { readonly id: string; readonly items: ItemSelection }): number {
  const of = steps.findIndex((s) => s.id === id);
  if (of < 0) throw nothing(`the run has no step "${id}"; it has ${steps.map((s) => s.id).join(', ')}`);
  if (!hasSome(steps[of]!, { items, holdsUnknown: holdsUnknown(plan, steps, of) })) throw nothing(`step "${id}" has no items that are ${named(items)}`);
  if (wholeOf(plan, of) !== of) throw asAWhole(plan, of);
  return of;
}

/** Not done silently: what succeeded in it would be done once more. */
function asAWhole(plan: CompiledPlan, of: number): ProblemError {
  const whole = plan.steps[wholeOf(plan, of)]!.id;
  return new ProblemError(422, 'repeated-as-a-whole', `step "${plan.steps[of]!.id}" is part of "${whole}", which can only be repeated as a whole, with what succeeded in it: ask for step "${whole}" if that is meant`);
}

function selectionOf({ step, items, item_numbers: numbers }: Request): ItemSelection {
  if ((items === undefined) === (numbers === undefined)) throw new ProblemError(422, 'invalid-selection', 'give either "items" or "item_numbers"');
  if (numbers === undefined) return items!;
  if (step === undefined) throw new ProblemError(422, 'invalid-selection', '"item_numbers" needs "step": numbers are those of one step');
  return { items: numbers };
}

function named(selection: ItemSelection): string {
  return 'items' in selection ? `numbered ${selection.items.slice(0, 5).join(', ')}` : selection.join(' or ');
}

/** Whether the plan itself left the step out: its condition did not hold, its arm was not taken, or the step that calls it did not fail. */
function isPassedOver({ status, failure }: StepView): boolean {
  return status === 'skipped' && failure === null;
}

/**
 * Whether a step has items of the selection. One without items, because it holds other steps or was never prepared, is taken by its own status:
 * a container that failed and holds what is unknown is unknown itself, since it can only be repeated as a whole.
 */
function hasSome({ total, status, counts }: StepView, { items: selection, holdsUnknown: isDoubtful }: { readonly items: ItemSelection; readonly holdsUnknown: boolean }): boolean {
  if ('items' in selection) return total !== null && selection.items.every((n) => n < total);
  if (total !== null) return ITEM_STATUSES.some((s) => counts[s] > 0 && selects(selection, { item: 0, status: s }));
  if (status === 'failed' || status === 'partial') return selection.includes(isDoubtful ? 'unknown' : 'failed');
  return (status === 'skipped' || status === 'cancelled') && selection.includes('not-started');
}

function nothing(detail: string): ProblemError {
  return new ProblemError(422, 'nothing-to-rerun', detail);
}
