import type { ApprovalPolicyDto, ListRunsQueryDto, ManifestView, PlanApprovalView, PreviewView, ProposedRunView, RerunDto, RunPageView } from '@opsmesh/contracts';
import { actorOf, currentTraceparent, isAnonymous, isOutcomeUnknown, ProblemError, type Principal } from '@opsmesh/platform';
import { uuidv7 } from 'uuidv7';
import { runOutcomeUnknown, succeedsSoon } from '../http/lost-commit.js';
import type { OpenQuestion, OpenQuestionsQuery } from '../http/open-questions.js';
import type { PreparedRun, StartedRun } from '../http/run-commands.js';
import { findDrift } from './find-drift.js';
import type { Launcher, LauncherParts } from './launcher.js';
import { isOfThisKind } from './manifest-coverage.js';
import type { ApprovedRuns, AwaitingApproval, Decided, Decision, PlanRequest, ProposeRequest, Started } from './ports.js';
import type { ProposalActs } from './proposal-acts.js';
import type { Previewed } from './preview/plan-previews.js';
import { approvalId, partOf, toApprovalView, toProposedRunView, type NewProposal, type StoredProposal } from './proposal.js';
import { questionOf } from './question-of.js';

/** A run that was compiled and that people may have to agree to. */
interface Wanted extends Pick<NewProposal, 'origin' | 'requestedBy' | 'idempotencyKey' | 'requestSha256' | 'rerun'> {
  readonly policy: ApprovalPolicyDto;
  readonly prepared: PreparedRun;
  /** Starts it where nobody has to agree. */
  start(): Promise<Started>;
}

/** Runs that people may have to agree to. */
export class RunApprovalService implements ApprovedRuns {
  constructor(private readonly parts: LauncherParts, private readonly acts: ProposalActs, private readonly launcher: Launcher) {}

  async preview(principal: Principal, request: PlanRequest): Promise<PreviewView> {
    return (await this.previewed(principal, await this.parts.starter.prepare(request))).view;
  }

  async propose(principal: Principal, request: ProposeRequest): Promise<Started | AwaitingApproval> {
    const { store, policies, starter } = this.parts;
    const { origin, idempotencyKey = null } = request;
    const requestedBy = actorOf(principal, request.requestedBy);
    const policy = await policies.current(principal.tenantId);
    const earlier = idempotencyKey === null ? undefined : await store.findByKey(principal.tenantId, idempotencyKey);
    const requestSha256 = starter.requestSha256(request);
    if (earlier) return this.again(requestSha256, earlier);
    if (origin === 'api' && !policy.applies.includes('api')) return this.startNow(principal, request);
    const running = await this.startedBefore(principal, idempotencyKey, requestSha256);
    if (running) return running;
    return this.ask(principal, { policy, origin, requestedBy, idempotencyKey, requestSha256, prepared: await starter.prepare(request), rerun: null, start: () => this.startNow(principal, request) });
  }

  async rerun(principal: Principal, runId: string, request: RerunDto, idempotencyKey: string | null): Promise<Started | AwaitingApproval> {
    const { store, policies, starter } = this.parts;
    const prepared = await starter.prepareRerun(principal, runId, request);
    const earlier = idempotencyKey === null ? undefined : await store.findByKey(principal.tenantId, idempotencyKey);
    if (earlier) return this.again(prepared.requestSha256, earlier);
    const running = await this.startedBefore(principal, idempotencyKey, prepared.requestSha256);
    if (running) return running;
    const approved = request.plan === undefined && request.inputs === undefined ? await store.manifestOfRun(principal.tenantId, runId) ?? null : null;
    const start = async (manifestSha256: string | null): Promise<Started> => started(await starter.rerunNow(principal, prepared, { manifestSha256, idempotencyKey }));
    if (approved !== null && await store.holds(principal.tenantId, approved) && await this.isUnchanged(principal, approved, prepared)) return start(approved);
    const policy = await policies.current(principal.tenantId);
    if (approved === null && !policy.applies.includes('api')) return start(null);
    const { parentRunId, repeat, requestSha256 } = prepared;
    return this.ask(principal, { policy, origin: 'api', requestedBy: principal.actorId, idempotencyKey, requestSha256, prepared, rerun: { parentRunId, repeat }, start: () => start(null) });
  }

  async decide(principal: Principal, decision: Decision): Promise<Decided> {
    const { store } = this.parts;
    const actorId = actorOf(principal, decision.actorId);
    const part = partOf(decision.approval);
    if (part === undefined) throw new ProblemError(404, 'approval-not-found', 'there is no such question about a proposed run');
    const voted = await this.acts.vote(principal.tenantId, {
      runId: decision.runId, part, actorId, isKnown: !isAnonymous(principal), decision: decision.decision, manifestSha256: decision.manifestSha256, typedText: decision.typedText, comment: decision.comment ?? null,
    });
    const isLaunched = voted.status === 'approved' && await this.launcher.launch(voted.runId, true);
    const now = (await store.find(principal.tenantId, voted.runId))!;
    return { approval: toApprovalView(now, now.questions.find((q) => q.part === part)!), started: isLaunched || now.status === 'started' };
  }

  async find(principal: Principal, runId: string): Promise<ProposedRunView | undefined> {
    const found = await this.parts.store.find(principal.tenantId, runId);
    return found && found.shown !== 'started' ? toProposedRunView(found, found.shown) : undefined;
  }

  list(principal: Principal, query: ListRunsQueryDto): Promise<RunPageView> {
    return this.parts.store.list(principal.tenantId, query);
  }

  async withdraw(principal: Principal, runId: string): Promise<ProposedRunView | undefined> {
    const withdrawn = await this.acts.withdraw(principal.tenantId, { runId, actorId: principal.actorId, isKnown: !isAnonymous(principal) });
    return withdrawn && toProposedRunView(withdrawn, 'withdrawn');
  }

  async open(principal: Principal, query: OpenQuestionsQuery): Promise<OpenQuestion<PlanApprovalView>[]> {
    const waiting = await this.parts.store.waiting(principal.tenantId, query);
    return waiting.map(({ place, proposal }) => ({ place, view: toApprovalView(proposal, proposal.questions.find((q) => q.part === place.step)!) }));
  }

  async ofRun(principal: Principal, runId: string): Promise<PlanApprovalView[]> {
    const found = await this.parts.store.find(principal.tenantId, runId);
    return found ? found.questions.map((q) => toApprovalView(found, q)) : [];
  }

  async manifest(principal: Principal, runId: string, approval?: string): Promise<ManifestView> {
    const { store } = this.parts;
    const proposal = await store.find(principal.tenantId, runId);
    const part = approval === undefined ? undefined : partOf(approval);
    const question = approval === undefined ? proposal?.questions.at(-1) : proposal?.questions.find((q) => q.part === part);
    const ofRun = approval === undefined ? await store.manifestOfRun(principal.tenantId, runId) : undefined;
    const sha256 = ofRun ?? question?.manifestSha256;
    const manifest = sha256 === undefined ? undefined : await store.manifest(sha256);
    if (sha256 === undefined || !manifest) throw new ProblemError(404, 'manifest-not-found', 'there is no such run, or it needed no approval');
    return { manifest_sha256: sha256, approval: ofRun || !question ? null : approvalId(question.part), manifest };
  }

  /** Starts what needs nobody, and stores a proposal of what does. */
  private async ask(principal: Principal, { policy, origin, requestedBy, idempotencyKey, requestSha256, prepared, rerun, start }: Wanted): Promise<Started | AwaitingApproval> {
    const { store } = this.parts;
    const { view, manifest } = await this.previewed(principal, prepared);
    if (view.risk.tier === 'none') return start();
    const runId = uuidv7();
    const { name, strategy, warnings, risk, bounds, steps, manifest_sha256: sha256 } = view;
    const isStored = await this.insert({
      runId, tenantId: principal.tenantId, requestedBy, proposedBy: principal.actorId, origin, plan: prepared.plan, inputs: prepared.inputs, warnings, preview: { name, strategy, warnings, risk, bounds, steps, manifest_sha256: sha256 }, rerun, idempotencyKey, requestSha256,
      traceparent: currentTraceparent() ?? null, expiresMs: policy.expiresMs, question: questionOf({ manifest, manifestSha256: sha256, risk, policy }),
    });
    // Two requests with one key at the same time: the unique index let one of them through.
    const stored = isStored ? await store.find(principal.tenantId, runId) : idempotencyKey === null ? undefined : await store.findByKey(principal.tenantId, idempotencyKey);
    if (!stored) throw new Error(`proposal ${runId} was not stored`);
    return isStored ? { kind: 'awaiting-approval', runId, preview: view, approval: toApprovalView(stored, stored.questions[0]!), replayed: false } : this.again(requestSha256, stored);
  }

  /** @returns false when the tenant has one with the same idempotency key. @throws ProblemError 503 `run-outcome-unknown` with its id */
  private async insert(proposal: NewProposal): Promise<boolean> {
    const { store } = this.parts;
    try {
      return await store.insert(proposal);
    } catch (e) {
      if (!isOutcomeUnknown(e)) throw e;
      if (await succeedsSoon(() => store.find(proposal.tenantId, proposal.runId))) return true;
      throw runOutcomeUnknown(proposal.runId, e);
    }
  }

  private async previewed(principal: Principal, { plan, inputs, warnings }: PreparedRun): Promise<Previewed> {
    const { tenantId } = principal;
    return this.parts.previews.preview({ tenantId, plan, inputs, warnings, policy: await this.parts.policies.current(tenantId) });
  }

  /** Whether what was approved is still reached as it was; what is new is refused to the re-run, not asked about. */
  private async isUnchanged(principal: Principal, approved: string, prepared: PreparedRun): Promise<boolean> {
    const manifest = await this.parts.store.manifest(approved);
    return manifest !== undefined && isOfThisKind(manifest) && findDrift([manifest], await this.previewed(principal, prepared)).changed.length === 0;
  }

  /** The run that the same request started when nobody had to agree to it: it may be that people would be asked now. */
  private async startedBefore(principal: Principal, idempotencyKey: string | null, requestSha256: string): Promise<Started | undefined> {
    const run = idempotencyKey === null ? undefined : await this.parts.starter.startedBefore(principal, idempotencyKey, requestSha256);
    return run && started(run);
  }

  private async startNow(principal: Principal, request: ProposeRequest): Promise<Started> {
    return started(await this.parts.starter.startNow(principal, request));
  }

  /** The answer to a repeated request. */
  private async again(requestSha256: string, earlier: StoredProposal): Promise<Started | AwaitingApproval> {
    if (requestSha256 !== earlier.requestSha256) throw new ProblemError(422, 'idempotency-key-reused', 'this idempotency key belongs to another request: use a new key, or send the same request again');
    if (earlier.status === 'started') return { kind: 'started', runId: earlier.runId, warnings: earlier.warnings, replayed: true };
    const question = earlier.questions.at(-1)!;
    const manifest = await this.parts.store.manifest(question.manifestSha256);
    if (!manifest) throw new Error(`manifest ${question.manifestSha256} is not there`);
    return { kind: 'awaiting-approval', runId: earlier.runId, preview: { ...earlier.preview, manifest }, approval: toApprovalView(earlier, question), replayed: true };
  }
}

function started({ id, warnings, replayed }: StartedRun): Started {
  return { kind: 'started', runId: id, warnings, replayed };
}
