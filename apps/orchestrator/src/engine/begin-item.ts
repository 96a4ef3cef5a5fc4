import { deadlineOf, type ApprovalStep, type CompiledStep, type DecideStep, type JsonObject, type OrchestrationStep } from '@opsmesh/plan-model';
import type { NewApproval } from './change-set.js';
import type { WantedDecision } from './ports.js';
import type { AttemptRef } from './positions.js';
import type { NewRun, RunFacts } from './run.js';
import type { Ending, TimedEvent } from './timed-event.js';

/** What begins an item that no worker carries out; all of it is part of the commit. */
export interface Beginning {
  readonly timer?: { readonly delayMs: number; readonly event: Extract<TimedEvent, { kind: 'finish' }> };
  readonly approval?: NewApproval;
  readonly decision?: WantedDecision;
  readonly child?: NewRun;
}

export interface ItemToBegin {
  readonly facts: RunFacts;
  readonly ref: AttemptRef;
  readonly inputs: JsonObject;
  /** Id for a new run. */
  readonly newId: () => string;
  /** A signal that came before it was waited for. */
  readonly signal: { readonly payload: Ending['output'] } | undefined;
}

/** How an item of a step begins that is neither a tool nor a container. Decides nothing but what the step declares. */
export function beginItem(step: CompiledStep, item: ItemToBegin): Beginning {
  const { ref, signal } = item;
  if (step.kind === 'orchestration') return { child: childRun(step, item) };
  if (signal) return { timer: finishAt(ref, 0, signalled(signal.payload)) };
  const deadline = deadlineOf(step);
  const timer = deadline && finishAt(ref, deadline.delayMs, { outcome: deadline.outcome, ...(deadline.output ? { output: deadline.output } : {}) });
  return {
    ...(timer ? { timer } : {}),
    ...(step.kind === 'approval' ? { approval: questionTo(step, item) } : {}),
    ...(step.kind === 'decide' ? { decision: wantedOf(step, item) } : {}),
  };
}

function finishAt(ref: AttemptRef, delayMs: number, ending: Ending): Beginning['timer'] & object {
  return { delayMs, event: { kind: 'finish', step: ref.step, item: ref.item, attempt: ref.attempt, ending } };
}

/** The ending of a wait whose signal came. */
export function signalled(payload: Ending['output']): Ending {
  return { outcome: { status: 'succeeded' }, output: { payload: payload ?? null } };
}

function questionTo({ minApprovals, timeoutMs }: ApprovalStep, { ref, inputs }: ItemToBegin): NewApproval {
  const approvers = Array.isArray(inputs['approvers']) ? inputs['approvers'].map(String) : [];
  return { ...ref, message: String(inputs['message'] ?? ''), approvers, minApprovals, expiresMs: timeoutMs };
}

function wantedOf({ choices, default: fallback, timeoutMs }: DecideStep, { facts, ref, inputs }: ItemToBegin): WantedDecision {
  return { ...ref, tenantId: facts.tenantId, question: String(inputs['question'] ?? ''), choices, default: fallback, timeoutMs: timeoutMs ?? 0 };
}

/** The ending of a decision that `by` made. Where nobody does, the step's deadline takes the default. */
export function decided(choice: string, by: string): Ending {
  return { outcome: { status: 'succeeded' }, output: { choice, by } };
}

function childRun({ plan }: OrchestrationStep, { facts, ref, inputs, newId }: ItemToBegin): NewRun {
  return childOf(facts, { id: newId(), plan, inputs: { ...plan.inputs, ...inputs }, parentAttempt: ref });
}

/** A run on behalf of an attempt of another one: for the same people, in the same trace, bound by the same approval. */
export function childOf(facts: RunFacts, child: Pick<NewRun, 'id' | 'plan' | 'inputs'> & { readonly parentAttempt: AttemptRef }): NewRun {
  return {
    ...child, tenantId: facts.tenantId, actorId: facts.actorId, warnings: [], parentRunId: facts.id, idempotencyKey: null, requestSha256: '', traceparent: facts.traceparent ?? null, manifestSha256: facts.manifestSha256 ?? null,
  };
}
