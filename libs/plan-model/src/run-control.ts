import { unprepared } from './counts.js';
import { closeIfDone } from './containers.js';
import type { Draft } from './draft.js';
import { cancelUnstarted, fill, joinIfDone } from './items.js';
import { advance, finishIfDone, settle } from './settle.js';
import { shapeOf } from './plan-shape.js';
import { isTerminalRun, itemRange } from './run-state.js';

export function start(draft: Draft): undefined {
  if (!draft.isFresh) return;
  draft.record('run.started');
  goOn(draft);
}

export function pause(draft: Draft): undefined {
  if (!draft.startable) return;
  draft.status = 'paused';
  draft.record('run.paused');
}

export function resume(draft: Draft): undefined {
  if (draft.status !== 'paused') return;
  draft.status = 'running';
  draft.record('run.resumed');
  if (draft.steps.some((s) => s.status === 'running' && s.counts.queued > 0)) draft.effects.push({ type: 'resend' });
  for (const { index } of draft.plan.steps) {
    fill(draft, index);
    joinIfDone(draft, index);
  }
  for (const index of shapeOf(draft.plan).containers) closeIfDone(draft, index);
  goOn(draft);
}

function goOn(draft: Draft): void {
  advance(draft, draft.plan.steps.map((s) => s.index));
  settle(draft);
  finishIfDone(draft);
}

/** Nothing new starts from here on; what runs is told and awaited. */
export function stop(draft: Draft, why: 'cancelled' | 'timed-out'): undefined {
  if (isTerminalRun(draft.status) || draft.stopping) return;
  draft.stopping = why;
  draft.status = 'running';
  draft.record('run.cancel-requested', { data: { reason: why } });
  draft.effects.push({ type: 'abort' });
  for (const { index } of draft.plan.steps) {
    const state = draft.steps[index]!;
    if (state.status === 'waiting') draft.set(index, unprepared(itemRange(state).from, 'cancelled'));
    if (state.status === 'running') cancelUnstarted(draft, index, state);
  }
  // The innermost first: what holds it is written before it.
  for (const index of shapeOf(draft.plan).containers.toReversed()) closeIfDone(draft, index);
  settle(draft);
  finishIfDone(draft);
}
