import { failure, type FailureDto } from '@opsmesh/contracts';
import { unprepared } from './counts.js';
import type { Draft } from './draft.js';
import { isAwaited, tellAlternative } from './items.js';
import { isContainer, type ContainerStep } from './plan.js';
import { childrenAt, shapeOf } from './plan-shape.js';
import { isTerminalStep, itemRange, NO_ITEMS, WAITING, type EndedStep, type OpenStep } from './run-state.js';
import { scopeOutcome, valueStep } from './step-outcome.js';

interface Opening { readonly step: number; readonly arm: number | null; readonly iteration: number; readonly of: number | null }

/** The engine found the arm, or that the loop goes on. */
export function opened(draft: Draft, opening: Opening): undefined {
  const step = draft.plan.steps[opening.step];
  if (!step || !isContainer(step) || !hasPlace(step, opening)) return;
  const state = draft.steps[step.index]!;
  if (state.status === 'open' ? isIterationOver(draft, step, state) && opening.iteration === state.iteration + 1 : isAwaited(draft, step.index) && opening.iteration === 0) open(draft, step, opening);
}

/** The engine found that a loop needs no further iteration. */
export function loopEnded(draft: Draft, index: number, iterations: number): undefined {
  const step = draft.plan.steps[index];
  const state = draft.steps[index];
  if (step?.kind !== 'loop' || !state) return;
  if (state.status === 'open') {
    if (isIterationOver(draft, step, state) && iterations === state.iteration + 1) end(draft, step, { state, status: state.partial ? 'partial' : 'succeeded' });
  } else if (isAwaited(draft, index) && iterations === 0) {
    draft.endStep(index, { ...unprepared(0, 'succeeded'), opened: { arm: null, iterations: 0 } });
  }
}

/** The condition of a loop could not be tested after an iteration. */
export function evaluationFailed(draft: Draft, index: number, why: FailureDto): undefined {
  const step = draft.plan.steps[index];
  const state = draft.steps[index];
  if (step?.kind === 'loop' && state?.status === 'open' && isIterationOver(draft, step, state)) end(draft, step, { state, status: 'failed', failure: why });
}

/** Ends a container in which all steps have ended, or goes on with the next iteration. Looks only at what stands in it. */
export function closeIfDone(draft: Draft, index: number): void {
  const state = draft.steps[index]!;
  const step = draft.plan.steps[index]!;
  if (state.status !== 'open' || !isContainer(step) || !isIterationOver(draft, step, state)) return;
  if (draft.stopping) return end(draft, step, { state, status: 'cancelled' });
  const outcome = scopeOutcome(draft.plan, draft.steps, childrenAt(draft.plan, index, state.arm));
  if (step.kind === 'branch' || outcome.status === 'failed') return end(draft, step, { state, ...outcome });
  const partial = state.partial || outcome.status === 'partial';
  if (partial !== state.partial) draft.set(index, { ...state, partial });
  if (!draft.startable) return;
  const next = state.iteration + 1;
  if (step.mode !== 'forEach') evaluate(draft, index, state.iteration);
  else if (next < (state.of ?? 0)) open(draft, step, { step: index, arm: null, iteration: next, of: state.of });
  else end(draft, step, { state, status: partial ? 'partial' : 'succeeded' });
}

function evaluate(draft: Draft, step: number, iteration: number): void {
  if (!draft.effects.some((e) => e.type === 'evaluate' && e.step === step)) draft.effects.push({ type: 'evaluate', step, iteration });
}

/** What stands in a container that ended, and was never reached, is skipped as the container was. */
export function skipInside(draft: Draft, container: number): void {
  for (const i of shapeOf(draft.plan).inside[container]!) skip(draft, i);
}

function hasPlace(step: ContainerStep, { arm, of }: Opening): boolean {
  if (step.kind === 'branch') return arm !== null && arm >= 0 && arm < step.arms.length;
  return arm === null && (step.mode === 'forEach') === (of !== null);
}

function isIterationOver(draft: Draft, step: ContainerStep, state: OpenStep): boolean {
  return childrenAt(draft.plan, step.index, state.arm).every((i) => isTerminalStep(draft.steps[i]!));
}

function open(draft: Draft, step: ContainerStep, { arm, iteration, of }: Opening): void {
  const { index } = step;
  const before = draft.steps[index]!;
  const state: OpenStep = { status: 'open', arm, iteration, of, partial: before.status === 'open' && before.partial, remembered: before.status === 'open' ? rememberedOf(draft, step) : [] };
  if (step.kind === 'loop' && (of ?? 0) > step.maxIterations) return end(draft, step, { state: null, status: 'failed', failure: limit(`loop "${step.id}" would have ${of} iterations; it may have ${step.maxIterations}`) });
  if (of === 0) return end(draft, step, { state: null, status: 'succeeded' });
  if (step.kind === 'loop' && iteration >= step.maxIterations) return end(draft, step, { state: { ...state, iteration: iteration - 1 }, status: 'failed', failure: limit(`loop "${step.id}" still goes on after its ${step.maxIterations} iterations`) });
  draft.set(index, state);
  draft.record('step.opened', { step: index, data: { arm, iteration, of } });
  if (iteration === 0) tellAlternative(draft, index);
  else restart(draft, index);
  const { children, inside } = shapeOf(draft.plan);
  for (const i of children[index]!) {
    if (draft.plan.steps[i]!.scope!.arm === arm) continue;
    skip(draft, i);
    for (const j of inside[i]!) skip(draft, j);
  }
  draft.followUps.push({ kind: 'opened', step: index });
}

function rememberedOf(draft: Draft, step: ContainerStep): OpenStep['remembered'] {
  if (step.kind !== 'loop') return [];
  return step.remembers.flatMap((i) => {
    const by = valueStep(draft.plan, draft.steps, i);
    const ended = draft.steps[by]!;
    return isTerminalStep(ended) && ended.total !== null ? [{ step: i, by, ...itemRange(ended) }] : [];
  });
}

function limit(message: string): FailureDto {
  return failure('loop-limit', message);
}

/** Everything in a loop waits again; its items are numbered on (invariant 5). */
function restart(draft: Draft, loop: number): void {
  for (const i of shapeOf(draft.plan).inside[loop]!) {
    const base = itemRange(draft.steps[i]!).to;
    draft.set(i, base === 0 ? WAITING : { status: 'waiting', base });
  }
}

/** Nothing outside depends on it directly, so nothing follows from it. */
function skip(draft: Draft, index: number): void {
  const state = draft.steps[index]!;
  if (state.status !== 'waiting') return;
  draft.set(index, unprepared(state.base, 'skipped'));
  draft.record('step.skipped', { step: index, data: { status: 'skipped', total: null, counts: NO_ITEMS } });
}

function end(draft: Draft, { index }: ContainerStep, { state, status, failure: why = null }: { state: OpenStep | null; status: EndedStep['status']; failure?: FailureDto | null }): void {
  draft.endStep(index, { ...unprepared(0, status, why), opened: { arm: state?.arm ?? null, iterations: state ? state.iteration + 1 : 0 } });
}
