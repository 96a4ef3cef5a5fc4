import { ITEM_STATUSES, type RerunDto, type RunView, type StepView } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import { editOf, rerunDifferences, selects, wholeOf, type CompiledPlan, type ItemSelection } from '@opsmesh/plan-model';
import type { Repeat } from '../engine/submission.js';

/** An ended run, its plan, and the plan that its re-run follows: the same, or an edited one. */
export interface RerunOf {
  readonly parent: RunView;
  readonly plan: CompiledPlan;
  readonly edited: CompiledPlan;
}

/**
 * What a request for a re-run means for the plan at hand.
 * @throws ProblemError 422 `nothing-to-rerun`, `invalid-selection`, `repeated-as-a-whole` or `rerun-plan-differs`
 */
export function repeatOf({ parent, plan, edited }: RerunOf, request: Pick<RerunDto, 'step' | 'items' | 'item_numbers'>): Repeat {
  const items = selectionOf(request);
  const of = parent.steps.findIndex((s) => (request.step === undefined ? hasSome(s, items) : s.id === request.step));
  const found = parent.steps[of];
  if (!found) throw nothing(request.step === undefined ? `no step has items that are ${named(items)}` : `the run has no step "${request.step}"; it has ${parent.steps.map((s) => s.id).join(', ')}`);
  if (!hasSome(found, items)) throw nothing(`step "${found.id}" has no items that are ${named(items)}`);
  const whole = plan.steps[wholeOf(plan, of)]!.id;
  // Not done silently: what succeeded in it would be done once more.
  if (whole !== found.id) throw new ProblemError(422, 'repeated-as-a-whole', `step "${found.id}" is part of "${whole}", which can only be repeated as a whole, with what succeeded in it: ask for step "${whole}" if that is meant`);
  if (edited === plan) return { step: of, of, items, boundAnew: false };
  const differences = rerunDifferences({ plan, edited, step: found.id });
  if (differences.length > 0) {
    const shown = differences.slice(0, 5).map((d) => `"${d.step}" is ${d.difference}`).join(', ');
    throw new ProblemError(422, 'rerun-plan-differs', `steps that would be taken over differ in the edited plan: ${shown}; leave them as they were, re-run from an earlier step, or start a new run`);
  }
  const step = edited.steps.find((s) => s.id === found.id)!;
  const edit = editOf(plan.steps[of]!, step);
  if (edit === 'other-list' && found.total !== null) throw new ProblemError(422, 'rerun-plan-differs', `"forEach" of step "${found.id}" is edited, so that its items are others: start a new run`);
  return { step: step.index, of, items, boundAnew: edit !== 'none' };
}

function selectionOf({ step, items, item_numbers: numbers }: Pick<RerunDto, 'step' | 'items' | 'item_numbers'>): ItemSelection {
  if ((items === undefined) === (numbers === undefined)) throw new ProblemError(422, 'invalid-selection', 'give either "items" or "item_numbers"');
  if (numbers === undefined) return items!;
  if (step === undefined) throw new ProblemError(422, 'invalid-selection', '"item_numbers" needs "step": numbers are those of one step');
  return { items: numbers };
}

function named(selection: ItemSelection): string {
  return 'items' in selection ? `numbered ${selection.items.slice(0, 5).join(', ')}` : selection.join(' or ');
}

/** Whether a step has items of the selection. One without items, because it holds other steps or was never prepared, is taken by its own status. */
function hasSome({ total, status, counts }: StepView, selection: ItemSelection): boolean {
  if ('items' in selection) return total !== null && selection.items.every((n) => n < total);
  if (total !== null) return ITEM_STATUSES.some((s) => counts[s] > 0 && selects(selection, { item: 0, status: s }));
  if (status === 'failed' || status === 'partial') return selection.includes('failed');
  return (status === 'skipped' || status === 'cancelled') && selection.includes('not-started');
}

function nothing(detail: string): ProblemError {
  return new ProblemError(422, 'nothing-to-rerun', detail);
}
