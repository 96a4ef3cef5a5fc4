import { FAILURE_MEANINGS, type FailureDto } from '@opsmesh/contracts';
import type { Draft } from './draft.js';
import { startAttempt } from './items.js';
import { joinStatus } from './map-items.js';
import type { CompiledStep } from './plan.js';
import { childrenAt } from './plan-shape.js';
import { failureOf, judgeFailure } from './retry.js';
import type { RunEvent } from './run-event.js';
import { isTerminalRun, isTerminalStep, itemRange, type ItemState } from './run-state.js';
import { runOutcome, scopeOutcome } from './step-outcome.js';

type ItemEvent<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
type ItemChange = (ItemState & { readonly failure?: FailureDto }) | undefined;

/** The result of an attempt that had been given up: `unknown` becomes known. */
export function lateResult(draft: Draft, { step, item, attempt, outcome, random }: ItemEvent<'finished'>): ItemChange {
  const made = draft.plan.steps[step]!;
  if (outcome.status === 'failed' && isDoubtful(made, { attempt, failure: outcome.failure, random })) return undefined;
  becomeKnown(draft, { step, item, attempt, status: outcome.status, by: {} });
  return { status: outcome.status, attempt, ...(outcome.status === 'failed' ? { failure: failureOf(made, outcome.failure) } : {}) };
}

function isDoubtful(step: CompiledStep, { attempt, failure, random }: { readonly attempt: number; readonly failure: FailureDto; readonly random: number }): boolean {
  return step.kind === 'tool' ? judgeFailure(step, attempt, failure, random).kind === 'unknown' : FAILURE_MEANINGS[failure.code].doubtful;
}

/** The result of an attempt that another one has followed, which may have been unknown then. */
export function pastResult(draft: Draft, { step, item, attempt, outcome, random }: ItemEvent<'finished'>): undefined {
  const made = draft.plan.steps[step]!;
  const failure = outcome.status === 'failed' ? failureOf(made, outcome.failure) : null;
  if (!failure || !isDoubtful(made, { attempt, failure, random })) draft.effects.push({ type: 'keep-past', step, item, attempt, status: outcome.status, failure, by: null });
}

/** An attempt that another one has followed is known now; the item is what its newest attempt came to. */
export function pastKnown(draft: Draft, item: ItemState | undefined, { step, item: index, attempt, status, by }: ItemEvent<'past-known'>): undefined {
  if (item && item.attempt > attempt) draft.record('item.resolved', { step, item: index, data: { attempt, status, ...by } });
}

/** A person or a probe says how an unknown attempt ended. */
export function resolved(draft: Draft, item: ItemState | undefined, { step, item: index, attempt, status, reason, actor }: ItemEvent<'resolved'>): ItemChange {
  if (item && item.attempt > attempt && attempt > 0) draft.effects.push({ type: 'keep-past', step, item: index, attempt, status, failure: null, by: { reason, actor } });
  if (item?.status !== 'unknown' || item.attempt !== attempt) return undefined;
  becomeKnown(draft, { step, item: index, attempt, status, by: { reason, actor } });
  return { ...item, status };
}

/** One more attempt that a person asked for; it needs no room (invariant 3), and its step must not have ended (invariant 5). */
export function repeat(draft: Draft, item: ItemState | undefined, { step, item: index, attempt, reason, actor }: ItemEvent<'repeat'>): ItemChange {
  const state = draft.steps[step];
  const wasTried = item !== undefined && (item.status === 'unknown' || item.status === 'failed') && item.attempt === attempt && attempt > 0;
  if (!wasTried || state?.status !== 'running' || index < state.base || !draft.startable) return undefined;
  draft.record('item.repeated', { step, item: index, data: { attempt: attempt + 1, reason, actor } });
  return startAttempt(draft, step, { item: index, attempt: attempt + 1, from: item.status });
}

/** Counts an unknown item as known; the statuses derived from it follow (invariant 5). Of an earlier iteration nothing is derived any more. */
function becomeKnown(draft: Draft, { step: index, item, attempt, status, by }: { step: number; item: number; attempt: number; status: 'succeeded' | 'failed'; by: object }): void {
  draft.record('item.resolved', { step: index, item, data: { attempt, status, ...by } });
  const before = draft.steps[index]!;
  if (item < itemRange(before).from || before.status === 'waiting') return;
  draft.move(index, 'unknown', status);
  const step = draft.steps[index]!;
  if (!isTerminalStep(step)) return;
  if (step.status !== 'cancelled' && step.total !== null) {
    const joined = joinStatus(step.counts, step.total, draft.policy(index));
    draft.set(index, { ...step, status: joined, failure: joined === 'failed' ? step.failure : null });
    deriveBranch(draft, index);
  }
  if (!isTerminalRun(draft.status)) return;
  if (draft.status !== 'cancelled') draft.status = runOutcome(draft.plan, draft.steps);
  draft.effects.push({ type: 'outcome-changed' });
}

/** A branch is what its steps came to. A loop that ended stays as it ended: it would have gone on in another way. */
function deriveBranch(draft: Draft, child: number): void {
  const { scope } = draft.plan.steps[child]!;
  const state = scope && draft.steps[scope.step]!;
  if (!state || !isTerminalStep(state) || state.status === 'cancelled' || draft.plan.steps[scope.step]!.kind !== 'branch') return;
  draft.set(scope.step, { ...state, ...scopeOutcome(draft.plan, draft.steps, childrenAt(draft.plan, scope.step, scope.arm)) });
  deriveBranch(draft, scope.step);
}
