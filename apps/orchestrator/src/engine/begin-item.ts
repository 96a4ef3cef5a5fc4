import { failure } from '@opsmesh/contracts';
import type { ApprovalStep, CompiledStep, DecideStep, JsonObject, OrchestrationStep, WaitStep } from '@opsmesh/plan-model';
import type { AttemptRef, NewApproval, NewRun } from './change-set.js';
import type { RunFacts, WantedDecision } from './ports.js';
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
  readonly newRunId: () => string;
  /** A signal that came before it was waited for. */
  readonly signal: { readonly payload: Ending['output'] } | undefined;
}

/** How an item of a step begins that is neither a tool nor a container. Decides nothing but what the step declares. */
export function beginItem(step: CompiledStep, item: ItemToBegin): Beginning {
  switch (step.kind) {
    case 'wait': return beginWait(step, item);
    case 'approval': return beginApproval(step, item);
    case 'decide': return beginDecision(step, item);
    case 'orchestration': return { child: childRun(step, item) };
    default: throw new Error(`step "${step.id}" is no step that begins by itself`);
  }
}

function finishAt(ref: AttemptRef, delayMs: number, ending: Ending): Beginning['timer'] & object {
  return { delayMs, event: { kind: 'finish', step: ref.step, item: ref.item, attempt: ref.attempt, ending } };
}

function beginWait({ ms, timeoutMs }: WaitStep, { ref, signal, inputs }: ItemToBegin): Beginning {
  if (ms !== null) return { timer: finishAt(ref, ms, { outcome: { status: 'succeeded' }, output: {} }) };
  if (signal) return { timer: finishAt(ref, 0, signalled(signal.payload)) };
  if (timeoutMs === null) return {};
  return { timer: finishAt(ref, timeoutMs, { outcome: { status: 'failed', failure: failure('signal-timeout', `the signal "${String(inputs['signal'])}" did not come within ${timeoutMs} ms`) } }) };
}

/** The ending of a wait whose signal came. */
export function signalled(payload: Ending['output']): Ending {
  return { outcome: { status: 'succeeded' }, output: { payload: payload ?? null } };
}

function beginApproval({ minApprovals, timeoutMs, onExpire }: ApprovalStep, { ref, inputs }: ItemToBegin): Beginning {
  const expired: Ending = onExpire === 'continue'
    ? { outcome: { status: 'succeeded' }, output: { decision: 'expired', by: [], at: '', comment: null } }
    : { outcome: { status: 'failed', failure: failure('approval-expired', `nobody decided within ${timeoutMs} ms`) } };
  const approvers = Array.isArray(inputs['approvers']) ? inputs['approvers'].map(String) : [];
  return { approval: { ...ref, message: String(inputs['message'] ?? ''), approvers, minApprovals, expiresMs: timeoutMs }, timer: finishAt(ref, timeoutMs, expired) };
}

function beginDecision({ choices, default: fallback, timeoutMs }: DecideStep, { facts, ref, inputs }: ItemToBegin): Beginning {
  const ms = timeoutMs ?? 0;
  return {
    decision: { ...ref, tenantId: facts.tenantId, question: String(inputs['question'] ?? ''), choices, default: fallback, timeoutMs: ms },
    timer: finishAt(ref, ms, decided(fallback, 'default')),
  };
}

/** The ending of a decision; `by` is who chose, `default` when nobody did. */
export function decided(choice: string, by: string): Ending {
  return { outcome: { status: 'succeeded' }, output: { choice, by } };
}

function childRun({ plan }: OrchestrationStep, { facts, ref, inputs, newRunId }: ItemToBegin): NewRun {
  return {
    id: newRunId(), tenantId: facts.tenantId, actorId: facts.actorId, plan, inputs: { ...plan.inputs, ...inputs }, warnings: [],
    parentRunId: facts.id, parentAttempt: ref, idempotencyKey: null, requestSha256: '', traceparent: facts.traceparent ?? null, manifestSha256: facts.manifestSha256 ?? null,
  };
}
