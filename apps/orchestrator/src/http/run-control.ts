import type { ApprovalView, DecideApprovalDto, PatchStepDto, RepeatItemDto, ResolveItemDto, RunView, SignalDto, SignalView } from '@opsmesh/contracts';
import { ANONYMOUS, ProblemError, type Principal } from '@opsmesh/platform';
import { checkMapChange, type CompiledStep, type RunEvent } from '@opsmesh/plan-model';
import type { Engine } from '../engine/engine.js';
import type { Approvals, RunReader, Signals } from './ports.js';

/** One item in a request's path. */
export interface ItemPlace {
  readonly runId: string;
  readonly stepId: string;
  /** Its number as text. */
  readonly item: string;
}

/** Longest payload of a signal, in characters of JSON. */
const MOST_PAYLOAD = 65_536;

export interface RunControlParts {
  readonly engine: Engine;
  readonly reader: RunReader;
  readonly approvals: Approvals;
  readonly signals: Signals;
}

/** What people do to a run while it runs: change how it fans out, settle what is unknown, answer its questions, send it signals. */
export class RunControl {
  constructor(private readonly parts: RunControlParts) {}

  /** @throws ProblemError 422 `invalid-policy` with the findings; 409 `step-ended` */
  async patchStep(principal: Principal, place: { runId: string; stepId: string }, { map }: PatchStepDto): Promise<RunView> {
    const step = await this.stepOf(principal, place);
    const { change, diagnostics } = checkMapChange(step, map);
    if (!change) throw new ProblemError(422, 'invalid-policy', diagnostics[0]!.message, { errors: diagnostics.map((d) => ({ ...d, pointer: `/map${d.pointer}` })) });
    await this.change(place.runId, { type: 'policy-changed', step: step.index, map: change, actor: principal.actorId }, 'step-ended', `step "${step.id}" does not run any more, or has this policy already`);
    return this.parts.reader.getRun(principal.tenantId, place.runId);
  }

  /** @throws ProblemError 409 `not-unknown` */
  async resolve(principal: Principal, place: ItemPlace, { status, reason, attempt }: ResolveItemDto): Promise<void> {
    const at = await this.attemptOf(principal, place, attempt);
    await this.change(place.runId, { type: 'resolved', ...at, status, reason, actor: principal.actorId }, 'not-unknown', 'the outcome of that attempt is not unknown');
  }

  /** @throws ProblemError 409 `not-repeatable` */
  async repeat(principal: Principal, place: ItemPlace, { reason, attempt }: RepeatItemDto): Promise<void> {
    const at = await this.attemptOf(principal, place, attempt);
    await this.change(place.runId, { type: 'repeat', ...at, reason, actor: principal.actorId }, 'not-repeatable', 'only an item that failed or is unknown can be repeated, while its step runs; re-run it when the run has ended');
  }

  /** @throws ProblemError 413 `payload-too-large` */
  async signal(principal: Principal, { runId, name }: { runId: string; name: string }, { payload }: SignalDto): Promise<SignalView> {
    if (JSON.stringify(payload ?? null).length > MOST_PAYLOAD) throw new ProblemError(413, 'payload-too-large', `a signal carries at most ${MOST_PAYLOAD} characters of JSON`);
    const { plan } = await this.parts.reader.getPlan(principal.tenantId, runId);
    const waitSteps = plan.steps.filter((s) => s.kind === 'wait' && s.ms === null).map((s) => s.index);
    const delivered = await this.parts.signals.send(principal.tenantId, { runId, name, payload: payload ?? null, waitSteps });
    return { delivered: delivered.map(({ step, item }) => ({ step: plan.steps[step]!.id, item })) };
  }

  async approvals(principal: Principal, runId: string): Promise<ApprovalView[]> {
    const run = await this.parts.reader.getRun(principal.tenantId, runId);
    return this.parts.approvals.ofRun(principal.tenantId, run.id);
  }

  openApprovals(principal: Principal): Promise<ApprovalView[]> {
    return this.parts.approvals.open(principal.tenantId);
  }

  /** @throws ProblemError 404 `approval-not-found`, 403 `not-an-approver`, 409 `approval-closed` */
  async decide(principal: Principal, { runId, approval }: { runId: string; approval: string }, { decision, comment, actor_id: named }: DecideApprovalDto): Promise<ApprovalView> {
    const isKnown = principal.actorId !== ANONYMOUS.actorId;
    if (isKnown && named !== undefined && named !== principal.actorId) throw new ProblemError(403, 'actor-mismatch', 'the actor in the body is not the one of the token; leave it out');
    const { plan } = await this.parts.reader.getPlan(principal.tenantId, runId);
    const [, stepId, item] = /^(.+)\.(\d{1,6})$/.exec(approval) ?? [];
    const step = plan.steps.find((s) => s.id === stepId && s.kind === 'approval');
    if (!step) throw new ProblemError(404, 'approval-not-found', `the run asks no question "${approval.slice(0, 80)}"; see GET /runs/${runId}/approvals`);
    return this.parts.approvals.vote(principal.tenantId, { runId, step: step.index, item: Number(item), actorId: named ?? principal.actorId, isKnown, decision, comment: comment ?? null });
  }

  private async change(runId: string, event: RunEvent, code: string, why: string): Promise<void> {
    const [changed] = await this.parts.engine.submit([{ kind: 'event', runId, event }]);
    if (!changed) throw new ProblemError(409, code, why);
  }

  private async stepOf(principal: Principal, { runId, stepId }: { runId: string; stepId: string }): Promise<CompiledStep> {
    const { plan } = await this.parts.reader.getPlan(principal.tenantId, runId);
    const step = plan.steps.find((s) => s.id === stepId);
    if (!step) throw new ProblemError(404, 'step-not-found', `the run has no step "${stepId.slice(0, 64)}"; it has ${plan.steps.map((s) => s.id).join(', ')}`);
    return step;
  }

  private async attemptOf(principal: Principal, place: ItemPlace, attempt: number | undefined): Promise<{ step: number; item: number; attempt: number }> {
    const step = await this.stepOf(principal, place);
    const item = /^\d{1,9}$/.test(place.item) ? Number(place.item) : -1;
    const newest = await this.parts.reader.newestAttempt({ runId: place.runId, step: step.index, item });
    if (newest === undefined) throw new ProblemError(404, 'item-not-found', `step "${step.id}" has no item ${place.item.slice(0, 16)}`);
    return { step: step.index, item, attempt: attempt ?? newest };
  }
}
