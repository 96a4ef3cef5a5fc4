import { failure as makeFailure, type CachedFromView, type FailureDto, type ItemStatus } from '@opsmesh/contracts';
import { moved, unprepared } from './counts.js';
import type { Draft } from './draft.js';
import { activeItems, isWaveOver, itemsToStart, joinStatus, thresholdExceeded, waveOf } from './map-items.js';
import { isContainer } from './plan.js';
import { PROBE_AFTER_MS } from './probe.js';
import { readiness } from './ready-steps.js';
import { itemRange, NO_ITEMS, type Counts, type ItemState, type RunningStep } from './run-state.js';
import { alternativeOf } from './step-outcome.js';

/** How one item ended. */
export interface ItemEnd { readonly from: ItemStatus; readonly to: 'succeeded' | 'failed' | 'unknown' | 'cancelled'; readonly attempt: number; readonly failure?: FailureDto; readonly cachedFrom?: CachedFromView }

/** Whether the answer to the effect `prepare` of a step is still wanted. A step waits again only in a loop, so only there a late answer must be told from a new one. */
export function isAwaited(draft: Draft, index: number): boolean {
  const step = draft.plan.steps[index];
  if (draft.steps[index]?.status !== 'waiting') return false;
  return step!.scope === null || readiness(draft.plan, draft.steps, step!).kind === 'prepare';
}

export function prepared(draft: Draft, { step: index, total, unbound }: { step: number; total: number; unbound: readonly number[] }): undefined {
  if (!isAwaited(draft, index) || isContainer(draft.plan.steps[index]!)) return;
  const base = itemRange(draft.steps[index]!).from;
  draft.set(index, { status: 'running', base, total, next: base, counts: { ...NO_ITEMS, pending: total - unbound.length, failed: unbound.length }, unbound, wave: 0, held: false, recent: 0 });
  draft.record('step.started', { step: index, data: { total } });
  tellAlternative(draft, index);
  for (const item of unbound) draft.record('item.failed', { step: index, item, data: { attempt: 0, code: 'reference-missing' } });
  fill(draft, index);
  joinIfDone(draft, index);
}

/** That an alternative takes the place of a failed step is an adaptation of that step. */
export function tellAlternative(draft: Draft, index: number): void {
  const { guard, id } = draft.plan.steps[index]!;
  if (!guard || alternativeOf(draft.plan.steps[guard.step]!) !== index) return;
  const main = draft.steps[guard.step]!;
  draft.record('step.adapted', { step: guard.step, data: { cause: main.status === 'failed' ? main.failure?.code ?? null : null, effect: 'alternative', alternative: id } });
}

export function endUnprepared(draft: Draft, index: number, status: 'skipped' | 'failed', failure: FailureDto | null): undefined {
  if (isAwaited(draft, index)) draft.endStep(index, unprepared(itemRange(draft.steps[index]!).from, status, failure));
}

/** Starts one attempt of an item that has the status `from`: a job for a tool, a beginning for any other kind. */
export function startAttempt(draft: Draft, index: number, { item, attempt, from }: { item: number; attempt: number; from: ItemStatus }): ItemState {
  const type = draft.plan.steps[index]!.kind === 'tool' ? 'enqueue' as const : 'begin' as const;
  const status = type === 'enqueue' ? 'queued' as const : 'running' as const;
  draft.move(index, from, status);
  draft.effects.push({ type, step: index, items: [item], attempt });
  return { status, attempt };
}

export function endItem(draft: Draft, index: number, item: number, { from, to, attempt, failure, cachedFrom }: ItemEnd): void {
  draft.move(index, from, to);
  draft.record(`item.${to}`, { step: index, item, data: { attempt, ...(failure ? { code: failure.code } : {}), ...(cachedFrom ? { cached: true, from: cachedFrom } : {}) } });
  const step = draft.plan.steps[index]!;
  if (to === 'unknown' && step.kind === 'tool' && step.probe && !draft.stopping) draft.effects.push({ type: 'probe-timer', step: index, item, attempt, delayMs: PROBE_AFTER_MS });
  fill(draft, index);
  joinIfDone(draft, index, failure);
}

/** Starts as many items as there is room for (invariant 3), or gives the rest up when too many failed. */
export function fill(draft: Draft, index: number): void {
  if (!draft.startable) return;
  const policy = draft.policy(index);
  for (let step = draft.steps[index]!; step.status === 'running'; step = draft.steps[index]!) {
    if (thresholdExceeded(step.counts, step.total, policy)) return giveUpRest(draft, index, step);
    if (step.held) return;
    const { items, next } = itemsToStart(step, policy);
    if (next !== step.next) {
      start(draft, index, { step, items, next });
      if (!policy.waves) return;
    } else if (isWaveOver(step, policy)) nextWave(draft, index, { step, pauseMs: policy.wavePauseMs ?? 0 });
    else return;
  }
}

function start(draft: Draft, index: number, { step, items, next }: { step: RunningStep; items: readonly number[]; next: number }): void {
  const isTool = draft.plan.steps[index]!.kind === 'tool';
  draft.set(index, { ...step, next, counts: moved(step.counts, 'pending', isTool ? 'queued' : 'running', items.length) });
  if (items.length > 0) draft.effects.push({ type: isTool ? 'enqueue' : 'begin', step: index, items, attempt: 1 });
}

function nextWave(draft: Draft, index: number, { step, pauseMs }: { step: RunningStep; pauseMs: number }): void {
  const wave = step.wave + 1;
  draft.set(index, { ...step, wave, held: pauseMs > 0 });
  if (pauseMs > 0) draft.effects.push({ type: 'wave-timer', step: index, wave, delayMs: pauseMs });
  else draft.record('step.wave-started', { step: index, data: { wave } });
}

export function waveDue(draft: Draft, index: number, wave: number): undefined {
  const step = draft.steps[index];
  if (step?.status !== 'running' || !step.held || step.wave !== wave) return;
  draft.set(index, { ...step, held: false });
  draft.record('step.wave-started', { step: index, data: { wave } });
  fill(draft, index);
  joinIfDone(draft, index);
}

/** After the waves or their pause were changed: the wave that what has started lies in; where that one is over, its pause begins anew. */
export function rewave(draft: Draft, index: number): void {
  const step = draft.steps[index];
  if (step?.status === 'running') draft.set(index, { ...step, wave: waveOf(step, draft.policy(index)), held: false });
}

/** An attempt that has not begun is given up with the rest. */
export function withdrawn(draft: Draft, item: ItemState | undefined, { step: index, attempt }: { readonly step: number; readonly attempt: number }): ItemState | undefined {
  const step = draft.steps[index];
  if (item?.status !== 'queued' || item.attempt !== attempt || attempt !== 1 || step?.status !== 'running') return undefined;
  draft.move(index, 'queued', 'skipped');
  joinIfDone(draft, index);
  return { status: 'skipped', attempt };
}

function giveUpRest(draft: Draft, index: number, step: RunningStep): void {
  const waitingForRetry = activeItems(step) - step.counts.queued - step.counts.running;
  const untouched = step.counts.pending - waitingForRetry;
  if (untouched > 0) {
    draft.effects.push({ type: 'sweep', step: index, from: ['pending'], to: 'skipped', untouchedOnly: true });
    // `next` goes to the end: none of the rest is started any more, so what is pending from here on waits for a retry.
    draft.set(index, { ...step, next: step.base + step.total, counts: moved(step.counts, 'pending', 'skipped', untouched) });
  }
  // Last: what it is answered with may end the step, and begin it anew in a loop.
  if (step.counts.queued > 0 && mayWait(draft, index)) draft.effects.push({ type: 'withdraw', step: index });
}

/** Whether an attempt of the step that was sent may be known not to have begun: it asks for a claim, or waits at the gate. */
function mayWait(draft: Draft, index: number): boolean {
  const step = draft.plan.steps[index]!;
  const { lock, rate } = draft.policy(index);
  return step.kind === 'tool' && (step.claim || lock !== undefined || rate !== undefined);
}

/** Ends what has not started; of the kinds that nobody carries out also what has begun. */
export function cancelUnstarted(draft: Draft, index: number, step: RunningStep): void {
  const { kind } = draft.plan.steps[index]!;
  const from: ItemStatus[] = kind === 'tool' || kind === 'orchestration' ? ['pending', 'queued'] : ['pending', 'queued', 'running'];
  const counts = from.reduce((c, status) => moved(c, status, 'cancelled', c[status]), step.counts);
  draft.effects.push({ type: 'sweep', step: index, from, to: 'cancelled', untouchedOnly: false });
  draft.set(index, { ...step, next: step.base + step.total, counts });
  joinIfDone(draft, index);
}

export function joinIfDone(draft: Draft, index: number, last?: FailureDto): void {
  const step = draft.steps[index]!;
  if (step.status !== 'running') return;
  const { counts, total, base } = step;
  if (counts.pending + counts.queued + counts.running > 0) return;
  const status = joinStatus(counts, total, draft.policy(index));
  draft.endStep(index, { status, base, total, counts, failure: status === 'failed' ? stepFailure({ id: draft.plan.steps[index]!.id, counts, total, last }) : null, opened: null });
}

/** A step of one item fails as its item did. */
function stepFailure({ id, counts, total, last }: { id: string; counts: Counts; total: number; last: FailureDto | undefined }): FailureDto {
  if (total === 1 && last) return last;
  const parts = (['failed', 'unknown', 'skipped', 'cancelled'] as const).filter((s) => counts[s] > 0).map((s) => `${counts[s]} ${s}`);
  return { ...makeFailure('tool-failed', `step "${id}": of ${total} items ${parts.join(', ')}`), retryable: false };
}
