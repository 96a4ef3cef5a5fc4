import { failure, type FailureDto } from '@opsmesh/contracts';
import { bind, evaluate, faultOf, isContainer, LIMITS, lockKeyOf, resolveList, targetOf, type BranchStep, type CompiledStep, type Json, type JsonObject, type LoopStep, type RunEvent, type Scope } from '@opsmesh/plan-model';
import type { NewItem } from './change-set.js';
import type { StoredItem } from './ports.js';

/** More items than this without a value mean that the plan is wrong, not the hosts: the step fails as a whole. */
const MAX_UNBOUND = 1000;

export interface Prepared {
  readonly event: Extract<RunEvent, { type: 'prepared' | 'prepare-skipped' | 'prepare-failed' | 'opened' | 'loop-ended' }>;
  readonly items: readonly NewItem[];
}

export interface Preparation {
  readonly runId: string;
  readonly step: CompiledStep;
  readonly scope: Scope;
  /** Number of the step's first item. */
  readonly base: number;
  /** Places in the list that a re-run repeats; undefined means all. */
  readonly only?: ReadonlySet<number> | undefined;
}

/** Carries out the effect `prepare`: condition, list, inputs of every item; for a container the arm or the first iteration. Nothing is sent, nothing is stored. */
export function prepareStep(preparation: Preparation): Prepared {
  const { step, scope, base, only } = preparation;
  const failed = (f: FailureDto): Prepared => without({ type: 'prepare-failed', step: step.index, failure: f });
  if (step.when) {
    const holds = evaluate(step.when, scope);
    if (!holds.ok) return failed(holds.failure);
    if (!holds.value) return without({ type: 'prepare-skipped', step: step.index });
  }
  if (isContainer(step)) return without(step.kind === 'branch' ? chooseArm(step, scope) : firstIteration(step, scope));
  if (step.forEach === null) {
    const one = bindItem(preparation, { scope, item: base });
    if (one.failure) return failed(one.failure);
    return { event: { type: 'prepared', step: step.index, total: 1, unbound: [] }, items: [one] };
  }
  const list = resolveList(step, scope);
  if (!list.ok) return failed(list.failure);
  const elements = [...list.items.entries()].filter(([index]) => !only || only.has(index));
  const items: NewItem[] = [];
  const unbound: number[] = [];
  let size = 0;
  for (const [index, value] of elements) {
    const item = bindItem(preparation, { scope: { ...scope, item: value, index }, item: base + items.length });
    items.push(item);
    size += item.inputs?.length ?? 0;
    if (size > LIMITS.stepInputs) return failed(failure('limit-exceeded', `the inputs of the first ${items.length} of ${elements.length} items are more than ${LIMITS.stepInputs / 1024 / 1024} MiB together: give each item less, or use fewer items`));
    if (item.failure && unbound.push(item.item) > MAX_UNBOUND) {
      return failed(failure(item.failure.code, `more than ${MAX_UNBOUND} of ${elements.length} items lack a value, the first of them: ${items[unbound[0]! - base]!.failure!.message}`));
    }
  }
  return { event: { type: 'prepared', step: step.index, total: items.length, unbound }, items };
}

/** Carries out the effect `evaluate`: whether a loop goes on after an iteration. `scope` is the one in which its condition is written. */
export function evaluateLoop(step: LoopStep, iteration: number, scope: Scope): Prepared['event'] {
  const { index, condition, mode } = step;
  if (!condition) throw new Error(`loop "${step.id}" has no condition to test`);
  const holds = evaluate(condition, { ...scope, iteration: mode === 'while' ? iteration + 1 : iteration });
  if (!holds.ok) return { type: 'prepare-failed', step: index, failure: holds.failure };
  const goesOn = mode === 'while' ? holds.value : !holds.value;
  return goesOn ? { type: 'opened', step: index, arm: null, iteration: iteration + 1, of: null } : { type: 'loop-ended', step: index, iterations: iteration + 1 };
}

function without(event: Prepared['event']): Prepared {
  return { event, items: [] };
}

function chooseArm({ index, arms }: BranchStep, scope: Scope): Prepared['event'] {
  for (const [arm, { when }] of arms.entries()) {
    const holds = when ? evaluate(when, scope) : { ok: true as const, value: true };
    if (!holds.ok) return { type: 'prepare-failed', step: index, failure: holds.failure };
    if (holds.value) return { type: 'opened', step: index, arm, iteration: 0, of: null };
  }
  return { type: 'prepare-skipped', step: index };
}

function firstIteration(step: LoopStep, scope: Scope): Prepared['event'] {
  const { index, mode, condition } = step;
  if (mode === 'forEach') {
    const list = resolveList(step, scope);
    return list.ok ? { type: 'opened', step: index, arm: null, iteration: 0, of: list.items.length } : { type: 'prepare-failed', step: index, failure: list.failure };
  }
  if (mode === 'while' && condition) {
    const holds = evaluate(condition, { ...scope, iteration: 0 });
    if (!holds.ok) return { type: 'prepare-failed', step: index, failure: holds.failure };
    if (!holds.value) return { type: 'loop-ended', step: index, iterations: 0 };
  }
  return { type: 'opened', step: index, arm: null, iteration: 0, of: null };
}

function bindItem({ runId, step }: Preparation, { scope, item }: { scope: Scope; item: number }): NewItem {
  const bound = bind(step.inputs, scope, step.commands);
  const position = { runId, step: step.index, item, attempt: 0 };
  const failed = (failure: FailureDto): NewItem => ({ ...position, status: 'failed', target: labelOf(scope.item), inputs: null, bound: null, lockKey: null, failure });
  if (!bound.ok) return failed(bound.failure);
  const fault = faultOf(step, bound.value);
  if (fault) return failed(fault);
  const target = targetOf(step, bound.value) ?? labelOf(scope.item);
  const lock = lockKeyOf(step.map, { scope, target });
  if (!lock.ok) return failed(lock.failure);
  return { ...position, status: 'pending', target, inputs: JSON.stringify(bound.value), bound: bound.value, lockKey: lock.value === null ? null : shown(lock.value), failure: null };
}

/** What to call an item whose inputs name no target: itself if it is short, else what it calls itself. */
function labelOf(item: Json | undefined): string | null {
  if (typeof item === 'string' || typeof item === 'number') return shown(String(item));
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
  const name = item['hostname'] ?? item['name'] ?? item['id'];
  return typeof name === 'string' ? shown(name) : null;
}

/** PostgreSQL's text takes no NUL. */
function shown(text: string): string {
  return text.slice(0, 255).replaceAll('\0', '\uFFFD');
}

/** The same for a re-run: chosen items of the parent, numbered anew, with the inputs they had. One that had none fails again. */
export function repeatItems({ runId, step, items }: { runId: string; step: number; items: readonly StoredItem[] }): Prepared {
  const repeated = items.map((item, index): NewItem => {
    const position = { runId, step, item: index, attempt: 0, target: item.target, lockKey: item.lockKey };
    if (item.inputs === null) return { ...position, status: 'failed', inputs: null, bound: null, failure: item.failure as unknown as FailureDto };
    return { ...position, status: 'pending', inputs: JSON.stringify(item.inputs), bound: item.inputs as JsonObject, failure: null };
  });
  return { event: { type: 'prepared', step, total: repeated.length, unbound: repeated.filter((i) => i.inputs === null).map((i) => i.item) }, items: repeated };
}
