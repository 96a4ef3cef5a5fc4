import { FAILURE_MEANINGS, failure as makeFailure, type FailureDto } from '@opsmesh/contracts';
import { Draft } from './draft.js';
import type { Effect } from './effect.js';
import { adaptConcurrency, longerAttempt } from './adaptation.js';
import { evaluationFailed, loopEnded, opened } from './containers.js';
import { lateResult, pastKnown, pastResult, repeat, resolved } from './doubt.js';
import { endItem, endUnprepared, fill, joinIfDone, prepared, rewave, startAttempt, waveDue, withdrawn } from './items.js';
import { isEqual } from './json-equal.js';
import type { CompiledPlan, Json, MapPolicy, ToolStep } from './plan.js';
import { isBeyondPolicy, withChange } from './policy.js';
import { failureOf, isRepeatable, judgeFailure } from './retry.js';
import { pause, resume, start, stop } from './run-control.js';
import { settle } from './settle.js';
import { probeDue } from './probe.js';
import type { HistoryEntry, RunEvent } from './run-event.js';
import { isTerminalRun, isTerminalStep, type ItemState, type RunState } from './run-state.js';

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
  settle(draft);
  if (!draft.changed && !item) return { state: snapshot.state, effects: draft.effects, history: [] };
  return { state: draft.state(), ...(item ? { item } : {}), effects: draft.effects, history: draft.history };
}

type ItemChange = Transition['item'];

function apply(draft: Draft, item: ItemState | undefined, event: RunEvent): ItemChange {
  switch (event.type) {
    case 'started': return start(draft);
    case 'prepared': return prepared(draft, event);
    case 'prepare-skipped': return endUnprepared(draft, event.step, 'skipped', null);
    case 'prepare-failed': return draft.steps[event.step]?.status === 'open' ? evaluationFailed(draft, event.step, event.failure) : endUnprepared(draft, event.step, 'failed', event.failure);
    case 'opened': return opened(draft, event);
    case 'loop-ended': return loopEnded(draft, event.step, event.iterations);
    case 'claimed': return claimed(draft, item, event);
    case 'finished': return finished(draft, item, event);
    case 'lost': return lost(draft, item, event);
    case 'withdrawn': return withdrawn(draft, item, event);
    case 'retry-due': return retryDue(draft, item, event);
    case 'probe-due': return probeDue(draft, item, event);
    case 'wave-due': return waveDue(draft, event.step, event.wave);
    case 'policy-changed': return policyChanged(draft, event);
    case 'resolved': return resolved(draft, item, event);
    case 'past-known': return pastKnown(draft, item, event);
    case 'repeat': return repeat(draft, item, event);
    case 'cancel': return stop(draft, 'cancelled');
    case 'timed-out': return stop(draft, 'timed-out');
    case 'pause': return pause(draft);
    case 'resume': return resume(draft);
  }
}

type ItemEvent<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** The step of an event if it runs a tool: only attempts of tools are claimed, lost and judged. */
function toolOf(draft: Draft, index: number): ToolStep | undefined {
  const step = draft.plan.steps[index];
  return step?.kind === 'tool' ? step : undefined;
}

function claimed(draft: Draft, item: ItemState | undefined, { step, item: index, attempt }: ItemEvent<'claimed'>): ItemChange {
  const tool = toolOf(draft, step);
  if (!tool || !item || item.attempt !== attempt || draft.stopping) return undefined;
  // A second worker may take over only what may be repeated.
  if (item.status === 'running') return isRepeatable(tool) ? item : undefined;
  // Nothing begins in a paused run; its queued attempts are sent again when it goes on.
  if (item.status !== 'queued' || draft.paused) return undefined;
  draft.move(step, 'queued', 'running');
  draft.record('item.running', { step, item: index, data: { attempt } });
  return { status: 'running', attempt };
}

function finished(draft: Draft, item: ItemState | undefined, event: ItemEvent<'finished'>): ItemChange {
  const { step, item: index, attempt, outcome, cachedFrom } = event;
  if (item && item.attempt > attempt) return pastResult(draft, event);
  if (!item || item.attempt !== attempt) return undefined;
  if (item.status === 'unknown') return lateResult(draft, event);
  if (item.status !== 'queued' && item.status !== 'running') return undefined;
  const tool = toolOf(draft, step);
  if (tool?.adapt && !cachedFrom) adaptConcurrency(draft, tool, outcome.status === 'failed' ? outcome.failure : null);
  if (outcome.status === 'succeeded') {
    endItem(draft, step, index, { from: item.status, to: 'succeeded', attempt, ...(cachedFrom ? { cachedFrom } : {}) });
    return { status: 'succeeded', attempt };
  }
  const failure = failureOf(draft.plan.steps[step]!, outcome.failure);
  const verdict = judge(draft, tool, event, failure);
  if (verdict.kind === 'retry') {
    draft.move(step, item.status, 'pending');
    draft.record('item.retrying', { step, item: index, data: { attempt, delayMs: verdict.delayMs, code: failure.code } });
    draft.effects.push({ type: 'retry-timer', step, item: index, attempt, delayMs: verdict.delayMs });
    return { status: 'pending', attempt, failure };
  }
  endItem(draft, step, index, { from: item.status, to: verdict.kind, attempt, failure });
  return { status: verdict.kind, attempt, failure };
}

type Verdict = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'failed' | 'unknown' | 'cancelled' };

/** What a failure means for its item. Nothing is tried again in a run that is stopping, nor where people, a model or time decided. */
function judge(draft: Draft, tool: ToolStep | undefined, { item, attempt, random }: ItemEvent<'finished'>, failure: FailureDto): Verdict {
  if (failure.code === 'cancelled' && draft.stopping) return { kind: 'cancelled' };
  if (!tool) return { kind: FAILURE_MEANINGS[failure.code].doubtful ? 'unknown' : 'failed' };
  const verdict = judgeFailure(tool, attempt, failure, random);
  if (draft.stopping) return { kind: verdict.kind === 'unknown' ? 'unknown' : 'failed' };
  const delayMs = verdict.kind === 'failed' && tool.adapt ? longerAttempt(draft, tool, { item, attempt, failure, random }) : null;
  return delayMs === null ? verdict : { kind: 'retry', delayMs };
}

function lost(draft: Draft, item: ItemState | undefined, { step, item: index, attempt, claimed: wasClaimed }: ItemEvent<'lost'>): ItemChange {
  const tool = toolOf(draft, step);
  if (!tool || !item || item.attempt !== attempt || (item.status !== 'queued' && item.status !== 'running')) return undefined;
  // In a paused run it has no job because it is not to begin.
  if (item.status === 'queued' && draft.paused) return undefined;
  // Sent again and claimed since it was seen, on the word of another process.
  if (wasClaimed === false && item.status === 'running') return undefined;
  // Only a claimed attempt is `running`; one that was never claimed has done nothing.
  if (item.status === 'running' && !isRepeatable(tool)) {
    const failure = failureOf(tool, makeFailure('worker-lost', 'the worker that ran this ended without a result: it may or may not have happened'));
    endItem(draft, step, index, { from: 'running', to: 'unknown', attempt, failure });
    return { status: 'unknown', attempt, failure };
  }
  if (draft.stopping) {
    endItem(draft, step, index, { from: item.status, to: 'cancelled', attempt });
    return { status: 'cancelled', attempt };
  }
  draft.record('item.requeued', { step, item: index, data: { attempt } });
  return startAttempt(draft, step, { item: index, attempt, from: item.status });
}

function retryDue(draft: Draft, item: ItemState | undefined, { step, item: index, attempt }: ItemEvent<'retry-due'>): ItemChange {
  if (item?.status !== 'pending' || item.attempt !== attempt || attempt === 0 || draft.stopping) return undefined;
  if (draft.paused) {
    draft.effects.push({ type: 'too-early' });
    return undefined;
  }
  return startAttempt(draft, step, { item: index, attempt: attempt + 1, from: 'pending' });
}

/** Takes effect at once: a larger concurrency starts more, a smaller threshold may give the rest up. */
function policyChanged(draft: Draft, { step, map, actor }: ItemEvent<'policy-changed'>): undefined {
  if (!draft.plan.steps[step] || isTerminalRun(draft.status) || isBeyondPolicy(draft.plan, step, (i) => isTerminalStep(draft.steps[i]!))) return;
  const before = draft.policy(step);
  if (isEqual(before as unknown as Json, withChange(before, map) as unknown as Json)) return;
  draft.changePolicy(step, map);
  draft.record('step.policy-changed', { step, data: { map, actor } });
  const after = draft.policy(step);
  if (!isEqual(wavesOf(before), wavesOf(after))) rewave(draft, step);
  fill(draft, step);
  joinIfDone(draft, step);
}

function wavesOf({ waves, wavePauseMs }: MapPolicy): Json {
  return [(waves ?? null) as unknown as Json, wavePauseMs ?? null];
}
