import type { ApprovalView, DecideApprovalDto, PatchStepDto, RepeatItemDto, ResolveItemDto, RunView, SignalDto, SignalView } from '@opsmesh/contracts';
import { actorOf, isAnonymous, ProblemError, type Principal } from '@opsmesh/platform';
import { checkMapChange, isBeyondPolicy, isTerminalRun, mayAwait, SIGNAL_NAME, type CompiledPlan, type CompiledStep, type RunEvent } from '@opsmesh/plan-model';
import type { Engine } from '../engine/engine.js';
import type { OpenQuestion, OpenQuestionsQuery } from './open-questions.js';
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

  /**
   * A policy that the step has already changes nothing.
   * @throws ProblemError 422 `invalid-policy` with the findings; 409 `step-ended`
   */
  async patchStep(principal: Principal, place: { runId: string; stepId: string }, { map }: PatchStepDto): Promise<RunView> {
    const { plan, step } = await this.stepOf(principal, place);
    const { change, diagnostics } = checkMapChange(step, map);
    if (!change) throw new ProblemError(422, 'invalid-policy', diagnostics[0]!.message, { errors: diagnostics });
    const [changed] = await this.parts.engine.submit([{ kind: 'event', runId: place.runId, event: { type: 'policy-changed', step: step.index, map: change, actor: principal.actorId } }]);
    const run = await this.parts.reader.getRun(principal.tenantId, place.runId);
    const hasEnded = (index: number): boolean => isTerminalRun(run.status) || !['waiting', 'running'].includes(run.steps[index]!.status);
    if (!changed && isBeyondPolicy(plan, step.index, hasEnded)) throw new ProblemError(409, 'step-ended', `step "${step.id}" does not run any more`);
    return run;
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

  /** @throws ProblemError 413 `payload-too-large`; 422 `bad-signal-name`; 404 `signal-not-awaited` when no step of the plan can wait for it */
  async signal(principal: Principal, { runId, name }: { runId: string; name: string }, { payload }: SignalDto): Promise<SignalView> {
    if (JSON.stringify(payload ?? null).length > MOST_PAYLOAD) throw new ProblemError(413, 'payload-too-large', `a signal carries at most ${MOST_PAYLOAD} characters of JSON`);
    if (!SIGNAL_NAME.test(name)) throw new ProblemError(422, 'bad-signal-name', 'the name of a signal has at most 128 letters, digits, _ . : and -');
    const { plan } = await this.parts.reader.getPlan(principal.tenantId, runId);
    const waitSteps = plan.steps.filter((s) => mayAwait(s, name)).map((s) => s.index);
    if (waitSteps.length === 0) throw new ProblemError(404, 'signal-not-awaited', `no step of the run waits for a signal "${name}"`);
    const delivered = await this.parts.signals.send(principal.tenantId, { runId, name, payload: payload ?? null, waitSteps });
    return { delivered: delivered.map(({ step, item }) => ({ step: plan.steps[step]!.id, item })) };
  }

  async approvals(principal: Principal, runId: string): Promise<ApprovalView[]> {
    const run = await this.parts.reader.getRun(principal.tenantId, runId);
    return this.parts.approvals.ofRun(principal.tenantId, run.id);
  }

  openApprovals(principal: Principal, query: OpenQuestionsQuery): Promise<OpenQuestion<ApprovalView>[]> {
    return this.parts.approvals.open(principal.tenantId, query);
  }

  /** @throws ProblemError 404 `approval-not-found`, 403 `actor-mismatch`, `not-an-approver` or `own-request`, 409 `approval-closed` */
  async decide(principal: Principal, { runId, approval }: { runId: string; approval: string }, { decision, comment, actor_id: named }: DecideApprovalDto): Promise<ApprovalView> {
    const actorId = actorOf(principal, named);
    const { plan } = await this.parts.reader.getPlan(principal.tenantId, runId);
    const [, stepId, item] = /^(.+)\.(\d{1,6})$/.exec(approval) ?? [];
    const step = plan.steps.find((s) => s.id === stepId && s.kind === 'approval');
    if (!step) throw new ProblemError(404, 'approval-not-found', `the run asks no question "${approval.slice(0, 80)}"; see GET /runs/${runId}/approvals`);
    return this.parts.approvals.vote(principal.tenantId, { runId, step: step.index, item: Number(item), actorId, isKnown: !isAnonymous(principal), decision, comment: comment ?? null });
  }

  private async change(runId: string, event: RunEvent, code: string, why: string): Promise<void> {
    const [changed] = await this.parts.engine.submit([{ kind: 'event', runId, event }]);
    if (!changed) throw new ProblemError(409, code, why);
  }

  private async stepOf(principal: Principal, { runId, stepId }: { runId: string; stepId: string }): Promise<{ plan: CompiledPlan; step: CompiledStep }> {
    const { plan } = await this.parts.reader.getPlan(principal.tenantId, runId);
    const step = plan.steps.find((s) => s.id === stepId);
    if (!step) throw new ProblemError(404, 'step-not-found', `the run has no step "${stepId.slice(0, 64)}"; it has ${plan.steps.map((s) => s.id).join(', ')}`);
    return { plan, step };
  }

  private async attemptOf(principal: Principal, place: ItemPlace, attempt: number | undefined): Promise<{ step: number; item: number; attempt: number }> {
    const { step } = await this.stepOf(principal, place);
    const item = /^\d{1,9}$/.test(place.item) ? Number(place.item) : -1;
    const newest = await this.parts.reader.newestAttempt({ runId: place.runId, step: step.index, item });
    if (newest === undefined) throw new ProblemError(404, 'item-not-found', `step "${step.id}" has no item ${place.item.slice(0, 16)}`);
    return { step: step.index, item, attempt: attempt ?? newest };
  }
}
