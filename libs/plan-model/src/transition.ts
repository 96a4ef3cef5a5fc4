import { failure as makeFailure, type FailureDto } from '@opsmesh/contracts';
import { Draft } from './draft.js';
import type { Effect } from './effect.js';
import type { CompiledPlan } from './plan.js';
import { judgeFailure } from './retry.js';
import type { HistoryEntry, RunEvent } from './run-event.js';
import type { ItemState, RunState } from './run-state.js';

/** What an event makes of a run. `item` is the new state of the item that the event names, absent when it did not change. */
export interface Transition {
  readonly state: RunState;
  readonly item?: ItemState & { readonly failure?: FailureDto };
  readonly effects: readonly Effect[];
  readonly history: readonly HistoryEntry[];
}

/** A run as it stands: its plan, its state and the one item that the event names. */
export interface Snapshot {
  readonly plan: CompiledPlan;
  readonly state: RunState;
  /** Required for events that name an item; undefined when there is no such item. */
  readonly item?: ItemState | undefined;
}

/**
 * The whole decision of the engine. Pure and total: any event in any state gives an answer, an event that is late, repeated or
 * meaningless changes nothing, and a terminal state never reopens (only `unknown` may become known).
 */
export function transition(snapshot: Snapshot, event: RunEvent): Transition {
  const draft = new Draft(snapshot.plan, snapshot.state);
  const item = apply(draft, snapshot.item, event);
  if (!draft.changed && !item) return { state: snapshot.state, effects: [], history: [] };
  return { state: draft.state(), ...(item ? { item } : {}), effects: draft.effects, history: draft.history };
}

type ItemChange = Transition['item'];

function apply(draft: Draft, item: ItemState | undefined, event: RunEvent): ItemChange {
  switch (event.type) {
    case 'started': return draft.start();
    case 'prepared': return draft.prepared(event.step, event.total, event.unbound);
    case 'prepare-skipped': return draft.endUnprepared(event.step, 'skipped', null);
    case 'prepare-failed': return draft.endUnprepared(event.step, 'failed', event.failure);
    case 'claimed': return claimed(draft, item, event);
    case 'finished': return finished(draft, item, event);
    case 'lost': return lost(draft, item, event);
    case 'retry-due': return retryDue(draft, item, event);
    case 'cancel': return draft.stop('cancelled');
    case 'timed-out': return draft.stop('timed-out');
    case 'pause': return draft.pause();
    case 'resume': return draft.resume();
  }
}

/** How often a retry that is due looks whether its paused run goes on, in milliseconds. */
const PAUSED_RETRY_MS = 1000;

type ItemEvent<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

function claimed(draft: Draft, item: ItemState | undefined, { step, item: index, attempt }: ItemEvent<'claimed'>): ItemChange {
  if (!item || item.attempt !== attempt || draft.stopping) return undefined;
  const { idempotent, effect } = draft.plan.steps[step]!;
  // A second worker may take over only what may be repeated.
  if (item.status === 'running') return idempotent || effect === 'read' ? item : undefined;
  if (item.status !== 'queued') return undefined;
  draft.move(step, 'queued', 'running');
  draft.record('item.running', { step, item: index, data: { attempt } });
  return { status: 'running', attempt };
}

function finished(draft: Draft, item: ItemState | undefined, event: ItemEvent<'finished'>): ItemChange {
  const { step, item: index, attempt, outcome } = event;
  if (!item || item.attempt !== attempt) return undefined;
  if (item.status === 'unknown') return lateResult(draft, event);
  if (item.status !== 'queued' && item.status !== 'running') return undefined;
  if (outcome.status === 'succeeded') {
    draft.end(step, index, { from: item.status, to: 'succeeded', attempt });
    return { status: 'succeeded', attempt };
  }
  const { failure } = outcome;
  if (failure.code === 'cancelled' && draft.stopping) {
    draft.end(step, index, { from: item.status, to: 'cancelled', attempt, failure });
    return { status: 'cancelled', attempt, failure };
  }
  const verdict = draft.stopping && !isDoubtful(draft, event) ? { kind: 'failed' as const } : judgeFailure(draft.plan.steps[step]!, attempt, failure, event.random);
  if (verdict.kind === 'retry' && !draft.stopping) {
    draft.move(step, item.status, 'pending');
    draft.record('item.retrying', { step, item: index, data: { attempt, delayMs: verdict.delayMs, code: failure.code } });
    draft.effects.push({ type: 'retry-timer', step, item: index, attempt, delayMs: verdict.delayMs });
    return { status: 'pending', attempt, failure };
  }
  const to = verdict.kind === 'unknown' ? 'unknown' : 'failed';
  draft.end(step, index, { from: item.status, to, attempt, failure });
  return { status: to, attempt, failure };
}

function isDoubtful(draft: Draft, { step, attempt, outcome }: ItemEvent<'finished'>): boolean {
  return outcome.status === 'failed' && judgeFailure(draft.plan.steps[step]!, attempt, outcome.failure, 0).kind === 'unknown';
}

/** The result of an attempt that had been given up: `unknown` becomes known, and the statuses derived from it follow (invariant 5). */
function lateResult(draft: Draft, { step, item, attempt, outcome, random }: ItemEvent<'finished'>): ItemChange {
  if (outcome.status === 'failed' && judgeFailure(draft.plan.steps[step]!, attempt, outcome.failure, random).kind === 'unknown') return undefined;
  draft.resolve(step, item, { to: outcome.status, attempt });
  return { status: outcome.status, attempt, ...(outcome.status === 'failed' ? { failure: outcome.failure } : {}) };
}

function lost(draft: Draft, item: ItemState | undefined, { step, item: index, attempt }: ItemEvent<'lost'>): ItemChange {
  if (!item || item.attempt !== attempt || (item.status !== 'queued' && item.status !== 'running')) return undefined;
  const { idempotent, effect } = draft.plan.steps[step]!;
  // Only a claimed attempt is `running`; one that was never claimed has done nothing.
  if (item.status === 'running' && !idempotent && effect !== 'read') {
    const failure = makeFailure('worker-lost', 'the worker that ran this ended without a result: it may or may not have happened');
    draft.end(step, index, { from: 'running', to: 'unknown', attempt, failure });
    return { status: 'unknown', attempt, failure };
  }
  if (draft.stopping) {
    draft.end(step, index, { from: item.status, to: 'cancelled', attempt });
    return { status: 'cancelled', attempt };
  }
  draft.move(step, item.status, 'queued');
  draft.record('item.requeued', { step, item: index, data: { attempt } });
  draft.effects.push({ type: 'enqueue', step, items: [index], attempt });
  return { status: 'queued', attempt };
}

function retryDue(draft: Draft, item: ItemState | undefined, { step, item: index, attempt }: ItemEvent<'retry-due'>): ItemChange {
  if (item?.status !== 'pending' || item.attempt !== attempt || draft.stopping) return undefined;
  if (draft.paused) {
    draft.effects.push({ type: 'retry-timer', step, item: index, attempt, delayMs: PAUSED_RETRY_MS });
    return item;
  }
  draft.move(step, 'pending', 'queued');
  draft.effects.push({ type: 'enqueue', step, items: [index], attempt: attempt + 1 });
  return { status: 'queued', attempt: attempt + 1 };
}
