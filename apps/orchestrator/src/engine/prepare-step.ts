import { failure, type FailureDto } from '@opsmesh/contracts';
import { bind, evaluate, resolveList, targetOf, type CompiledStep, type Json, type JsonObject, type RunEvent, type Scope } from '@opsmesh/plan-model';
import type { NewItem } from './change-set.js';
import type { StoredItem } from './ports.js';

/** More items than this without a value mean that the plan is wrong, not the hosts: the step fails as a whole. */
export const MAX_UNBOUND = 1000;

export interface Prepared {
  readonly event: Extract<RunEvent, { type: 'prepared' | 'prepare-skipped' | 'prepare-failed' }>;
  readonly items: readonly NewItem[];
}

/** Carries out the effect `prepare`: condition, list, inputs of every item. Nothing is sent, nothing is stored. */
export function prepareStep(runId: string, step: CompiledStep, scope: Scope): Prepared {
  const failed = (f: FailureDto): Prepared => ({ event: { type: 'prepare-failed', step: step.index, failure: f }, items: [] });
  if (step.when) {
    const holds = evaluate(step.when, scope);
    if (!holds.ok) return failed(holds.failure);
    if (!holds.value) return { event: { type: 'prepare-skipped', step: step.index }, items: [] };
  }
  if (step.forEach === null) {
    const one = bindItem({ runId, step, scope, index: 0 });
    if (one.failure) return failed(one.failure);
    return { event: { type: 'prepared', step: step.index, total: 1, unbound: [] }, items: [one] };
  }
  const list = resolveList(step, scope);
  if (!list.ok) return failed(list.failure);
  const items: NewItem[] = [];
  const unbound: number[] = [];
  for (const [index, value] of list.items.entries()) {
    const item = bindItem({ runId, step, scope: { ...scope, item: value, index }, index });
    items.push(item);
    if (item.failure && unbound.push(index) > MAX_UNBOUND) {
      return failed(failure(item.failure.code, `more than ${MAX_UNBOUND} of ${list.items.length} items lack a value, the first of them: ${items[unbound[0]!]!.failure!.message}`));
    }
  }
  return { event: { type: 'prepared', step: step.index, total: items.length, unbound }, items };
}

function bindItem({ runId, step, scope, index }: { runId: string; step: CompiledStep; scope: Scope; index: number }): NewItem {
  const bound = bind(step.inputs, scope, step.commands);
  const position = { runId, step: step.index, item: index, attempt: 0 };
  if (!bound.ok) return { ...position, status: 'failed', target: labelOf(scope.item), inputs: null, bound: null, failure: bound.failure };
  return { ...position, status: 'pending', target: targetOf(step, bound.value) ?? labelOf(scope.item), inputs: JSON.stringify(bound.value), bound: bound.value, failure: null };
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
    const position = { runId, step, item: index, attempt: 0, target: item.target };
    if (item.inputs === null) return { ...position, status: 'failed', inputs: null, bound: null, failure: item.failure as unknown as FailureDto };
    return { ...position, status: 'pending', inputs: JSON.stringify(item.inputs), bound: item.inputs as JsonObject, failure: null };
  });
  return { event: { type: 'prepared', step, total: repeated.length, unbound: repeated.filter((i) => i.inputs === null).map((i) => i.item) }, items: repeated };
}
