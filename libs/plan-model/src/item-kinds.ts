import { failure, type FailureDto } from '@opsmesh/contracts';
import { bind, type Bound } from './bind.js';
import type { CompiledPlan, CompiledStep, Json, JsonObject, LoopStep, MapPolicy } from './plan.js';
import { parseTemplate } from './references.js';
import type { AttemptOutcome } from './run-event.js';
import { isTerminalStep, type RunState } from './run-state.js';
import type { Scope } from './scope.js';

/** When an item that began ends by itself, and as what. */
export interface Deadline {
  readonly delayMs: number;
  readonly outcome: AttemptOutcome;
  /** Its output then, null where it fails. */
  readonly output: JsonObject | null;
}

/** The deadline of an item of a step that is no tool; null when nothing ends it but what it waits for. Child runs end by their own time. */
export function deadlineOf(step: CompiledStep): Deadline | null {
  switch (step.kind) {
    case 'wait': {
      if (step.ms !== null) return { delayMs: step.ms, outcome: { status: 'succeeded' }, output: {} };
      return step.timeoutMs === null ? null : { delayMs: step.timeoutMs, outcome: { status: 'failed', failure: failure('signal-timeout', `no signal within ${step.timeoutMs} ms`) }, output: null };
    }
    case 'approval': {
      if (step.onExpire === 'continue') return { delayMs: step.timeoutMs, outcome: { status: 'succeeded' }, output: { decision: 'expired', by: [], comment: null } };
      return { delayMs: step.timeoutMs, outcome: { status: 'failed', failure: failure('approval-expired', `nobody decided within ${step.timeoutMs} ms`) }, output: null };
    }
    case 'decide': return { delayMs: step.timeoutMs ?? 0, outcome: { status: 'succeeded' }, output: { choice: step.default, by: 'default' } };
    default: return null;
  }
}

/** What a signal may be called. */
export const SIGNAL_NAME = /^[A-Za-z0-9_.:-]{1,128}$/;

/** What is wrong with the bound inputs of an item that no worker carries out: the name of its signal. Null when nothing is. */
export function faultOf(step: CompiledStep, { signal }: JsonObject): FailureDto | null {
  if (step.kind !== 'wait' || step.ms !== null || SIGNAL_NAME.test(String(signal))) return null;
  return failure('input-invalid', 'the name of a signal has at most 128 letters, digits, _ . : and -');
}

/** Whether an item of the step may wait for a signal of that name; of a name with references only its items know. */
export function mayAwait(step: CompiledStep, name: string): boolean {
  const wanted = step.kind === 'wait' && step.ms === null ? step.inputs['signal'] : undefined;
  return typeof wanted === 'string' && (wanted === name || parseTemplate(wanted).kind !== 'text');
}

/** The output of a container that ended, before its mapping; undefined when it has none. */
export function containerOutput(plan: CompiledPlan, { steps }: Pick<RunState, 'steps'>, index: number): JsonObject | undefined {
  const state = steps[index]!;
  if (!isTerminalStep(state) || !state.opened || (state.status !== 'succeeded' && state.status !== 'partial')) return undefined;
  return plan.steps[index]!.kind === 'branch' ? { arm: state.opened.arm } : { iterations: state.opened.iterations };
}

/** What a step knows of the loops around it: the innermost, whose iteration is `iteration`, and the innermost for-each loop, whose element is `item` where the step has no list of its own. */
export interface SurroundingLoops {
  readonly innermost: { readonly loop: LoopStep; readonly iteration: number } | null;
  readonly forEach: { readonly loop: LoopStep; readonly iteration: number } | null;
}

export function loopsAround(plan: CompiledPlan, { steps }: Pick<RunState, 'steps'>, index: number): SurroundingLoops {
  let innermost: SurroundingLoops['innermost'] = null;
  for (let { scope } = plan.steps[index]!; scope; { scope } = plan.steps[scope.step]!) {
    const loop = plan.steps[scope.step]!;
    const state = steps[loop.index]!;
    // After its end the last iteration counts: outputs of steps in it are mapped when they are asked for.
    const iteration = state.status === 'open' ? state.iteration : isTerminalStep(state) && state.opened ? state.opened.iterations - 1 : -1;
    if (loop.kind !== 'loop' || iteration < 0) continue;
    const found = { loop, iteration };
    innermost ??= found;
    if (loop.mode === 'forEach') return { innermost, forEach: found };
  }
  return { innermost, forEach: null };
}

/** The key that an attempt locks, null when it locks none. It is unique only together with the tenant. */
export function lockKeyOf({ lock }: MapPolicy, { scope, target }: { readonly scope: Scope; readonly target: string | null }): Bound<string | null> {
  if (lock === undefined || lock === true) return { ok: true, value: lock ? target : null };
  const bound = bind(lockTemplate(lock), scope, []);
  if (!bound.ok) return bound;
  const { key } = bound.value as { key: Json };
  return typeof key === 'string' || typeof key === 'number' ? { ok: true, value: String(key) } : { ok: false, failure: failure('input-invalid', 'the key of a lock must be a text or a number') };
}

const templates = new Map<string, JsonObject>();

/** One object for each text: templates are read once. */
function lockTemplate(lock: string): JsonObject {
  let template = templates.get(lock);
  if (!template) {
    if (templates.size >= 1000) templates.clear();
    templates.set(lock, template = { key: lock });
  }
  return template;
}
