import { isTerminalItem, type CompiledPlan, type CompiledStep, type RunningStep } from '@opsmesh/plan-model';
import type { ItemRow } from './database.js';
import { placeOf } from './keys.js';
import type { Watched } from './watched.js';

/** What a commit left behind: the steps with their items, and the time of the commit. */
export interface Committed {
  readonly watched: Watched;
  readonly current: readonly (readonly ItemRow[])[];
  readonly now: number;
}

/** The contract of `map`, told without the product's own arithmetic. @returns what is broken */
export function fanOutRules(plan: CompiledPlan, { watched, current, now }: Committed): { readonly rule: string; readonly detail: string }[] {
  const broken: { rule: string; detail: string }[] = [];
  const isRepeated = (i: ItemRow): boolean => watched.repeated.size > 0 && watched.repeated.has(placeOf(i));
  for (let index = 0; index < plan.steps.length; index++) {
    const state = watched.state.steps[index]!;
    if (state.status === 'waiting' || state.status === 'open' || state.total === null) continue;
    const step = plan.steps[index]!;
    const changed = watched.state.overrides[index];
    const own = current[index]!;
    const cap = Math.max(step.map.concurrency, watched.caps.get(index) ?? 0);
    let active = 0;
    for (const i of own) if (i.attempt > 0 && !isTerminalItem(i.status) && !isRepeated(i)) active++;
    if (active > cap) broken.push({ rule: 'concurrency', detail: `${active} items of step ${step.id} are under way, at most ${cap} may be` });
    if (changed) continue;
    const { waves, failureThreshold } = step.map;
    const touched = watched.repeated.size > 0 && own.some(isRepeated);
    if (waves && !touched && state.status === 'running') broken.push(...waveRules(watched, { step, state, own, now }));
    if (touched || step.kind !== 'tool') continue;
    let bad = 0;
    let good = 0;
    for (const { status } of own) {
      if (status === 'failed' || status === 'unknown') bad++;
      else if (status === 'succeeded') good++;
    }
    const most = failureThreshold && ('count' in failureThreshold ? failureThreshold.count : Math.floor((failureThreshold.percent * own.length) / 100));
    const isOver = most !== undefined && bad > most;
    if (state.status === 'running') {
      // What is over the threshold leaves nothing untouched behind, unless nothing may start or be given up now.
      if (isOver && watched.state.status === 'running' && watched.stoppedAt === null && own.some((i) => i.status === 'pending' && i.attempt === 0)) broken.push({ rule: 'threshold', detail: `step ${step.id} has ${bad} bad items, more than ${most}, and goes on` });
      // Unknown items counted as bad until they became known: what was given up meanwhile stays so.
      const wereBad = (): number => own.filter((i) => i.status === 'succeeded' && watched.resolved.has(placeOf(i))).length;
      if (own.some((i) => i.status === 'skipped') && (most === undefined || bad + wereBad() <= most)) broken.push({ rule: 'threshold', detail: `step ${step.id} gave up with ${bad} bad items, of ${most ?? 'any number'}` });
      continue;
    }
    const cancelled = own.some((i) => i.status === 'cancelled');
    if (own.some((i) => !isTerminalItem(i.status))) broken.push({ rule: 'join', detail: `step ${step.id} is ${state.status} and has open items` });
    const expected = good === own.length ? 'succeeded' : cancelled && bad === 0 ? (good > 0 ? 'partial' : 'cancelled') : isOver || good === 0 ? 'failed' : 'partial';
    if (state.status !== expected) broken.push({ rule: 'join', detail: `step ${step.id} with ${good} good and ${bad} bad of ${own.length} items is ${state.status} and not ${expected}` });
  }
  return broken;
}

/** No item of a wave starts before those of the waves before it have ended and the pause is over. */
function waveRules(watched: Watched, { step, state, own, now }: { step: CompiledStep; state: RunningStep; own: readonly ItemRow[]; now: number }): { rule: string; detail: string }[] {
  let end = 0;
  for (const [wave, share] of step.map.waves!.entries()) {
    end = Math.min(own.length, 'count' in share ? share.count : Math.ceil((share.percent * own.length) / 100));
    if (end >= own.length) return [];
    const over = own.slice(0, end).every((i) => isTerminalItem(i.status));
    const key = `${step.index} ${state.base} ${wave}`;
    // By the rows: a commit may come some time after what it has written.
    if (over && !watched.waveEnds.has(key)) watched.waveEnds.set(key, Math.max(...own.slice(0, end).map((i) => i.finishedAt ?? now)));
    const next = own.slice(end).find((i) => i.attempt > 0);
    if (!next) continue;
    if (!over) return [{ rule: 'waves', detail: `item ${next.item} of step ${step.id} started before wave ${wave} had ended` }];
    if (!next.startedAt && next.queuedAt !== null && next.attempt === 1 && next.queuedAt < watched.waveEnds.get(key)! + (step.map.wavePauseMs ?? 0)) return [{ rule: 'waves', detail: `item ${next.item} of step ${step.id} started before the pause was over` }];
  }
  return [];
}
