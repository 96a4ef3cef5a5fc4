import { unprepared } from './counts.js';
import { closeIfDone, skipInside } from './containers.js';
import type { Draft } from './draft.js';
import { isContainer } from './plan.js';
import { childrenAt, shapeOf } from './plan-shape.js';
import { readiness } from './ready-steps.js';
import { isTerminalRun, isTerminalStep, itemRange } from './run-state.js';
import { runOutcome } from './step-outcome.js';

/** Carries on with what follows from steps that ended and containers that opened, until nothing more does; ends the run when all has ended. */
export function settle(draft: Draft): void {
  if (draft.followUps.length === 0) return;
  for (let next = draft.followUps.shift(); next; next = draft.followUps.shift()) {
    const step = draft.plan.steps[next.step]!;
    const state = draft.steps[step.index]!;
    if (next.kind === 'opened') {
      if (state.status !== 'open') continue;
      advance(draft, childrenAt(draft.plan, step.index, state.arm));
      closeIfDone(draft, step.index);
      continue;
    }
    if (isContainer(step) && isTerminalStep(state)) skipInside(draft, step.index);
    if (draft.startable) advance(draft, shapeOf(draft.plan).dependants[step.index]!);
    if (step.scope) closeIfDone(draft, step.scope.step);
  }
  finishIfDone(draft);
}

/** Prepares or skips those of the steps that waited for nothing else. */
export function advance(draft: Draft, candidates: readonly number[]): void {
  if (!draft.startable) return;
  for (const index of candidates) {
    const state = draft.steps[index]!;
    if (state.status !== 'waiting' || draft.effects.some((e) => e.type === 'prepare' && e.step === index)) continue;
    const ready = readiness(draft.plan, draft.steps, draft.plan.steps[index]!);
    if (ready.kind === 'prepare') draft.effects.push({ type: 'prepare', step: index });
    if (ready.kind === 'skip') draft.endStep(index, unprepared(itemRange(state).from, 'skipped', ready.failure));
  }
}

export function finishIfDone(draft: Draft): void {
  // From the last one: it has mostly not ended while the run goes on.
  if (isTerminalRun(draft.status) || draft.steps.findLastIndex((s) => !isTerminalStep(s)) >= 0) return;
  draft.status = draft.stopping === 'cancelled' ? 'cancelled' : runOutcome(draft.plan, draft.steps);
  draft.record('run.finished', { data: { status: draft.status, ...(draft.stopping === 'timed-out' ? { code: 'run-timeout' } : {}) } });
  draft.effects.push({ type: 'finish' });
}
