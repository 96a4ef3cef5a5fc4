import type { ApprovalDecision, DiagnosticDto, ListRunsQueryDto, ManifestView, PlanApprovalView, PreviewView, ProposedRunView, RerunDto, RunOrigin, RunPageView } from '@opsmesh/contracts';
import type { Principal } from '@opsmesh/platform';
import type { OpenQuestion, OpenQuestionsQuery } from '../http/open-questions.js';

/** A plan document with values for its inputs, as a caller gives them. */
export interface PlanRequest {
  readonly plan: object;
  readonly inputs?: Record<string, unknown> | undefined;
}

export interface ProposeRequest extends PlanRequest {
  readonly origin: RunOrigin;
  /** Who asks for the run, where authentication is off; else it must be the principal's actor or left out. It is this person who may not be the second one. */
  readonly requestedBy: string | undefined;
  /** A repeated request with it gives the same run or proposal again. Null: there is none. */
  readonly idempotencyKey?: string | null;
}

/** The run was created: nothing had to be approved. */
export interface Started {
  readonly kind: 'started';
  readonly runId: string;
  readonly warnings: readonly DiagnosticDto[];
  /** An earlier request with the same idempotency key had created it. */
  readonly replayed: boolean;
}

/** People must decide first. `runId` is the id that the run will have. */
export interface AwaitingApproval {
  readonly kind: 'awaiting-approval';
  readonly runId: string;
  readonly preview: PreviewView;
  readonly approval: PlanApprovalView;
  readonly replayed: boolean;
}

/** One person's word on a proposed run. */
export interface Decision {
  readonly runId: string;
  /** `plan`, or `added-1` and so on. */
  readonly approval: string;
  readonly decision: ApprovalDecision;
  /** Of the manifest that the person saw. */
  readonly manifestSha256: string | undefined;
  readonly typedText?: string | undefined;
  readonly comment?: string | undefined;
  /** Who decides, where authentication is off; else it must be the principal's actor or left out. */
  readonly actorId?: string | undefined;
}

export interface Decided {
  readonly approval: PlanApprovalView;
  /** Whether the run exists now. */
  readonly started: boolean;
}

/** Runs that people may have to agree to. Everything acts within the tenant of the principal. */
export interface RunApprovals {
  /**
   * What a run would do, against the inventory of the moment. Starts and stores nothing.
   * @throws ProblemError 422 `plan-invalid`, 503 `service-unavailable`
   */
  preview(principal: Principal, request: PlanRequest): Promise<PreviewView>;
  /**
   * Starts the run, or stores a proposal of it where the tenant's policy asks for people.
   * @throws ProblemError 403 `actor-mismatch`, 422 `plan-invalid` or `idempotency-key-reused`, 503 `service-unavailable`
   */
  propose(principal: Principal, request: ProposeRequest): Promise<Started | AwaitingApproval>;
  /**
   * The same word again changes nothing. When it is the last one that was wanted the run starts at once.
   * @throws ProblemError 404 `approval-not-found`; 409 `manifest-mismatch`, `approval-closed`, `approval-expired` or `already-decided`; 403 `own-request` or `actor-mismatch`;
   *   422 `manifest-required` or `typed-text-required`
   */
  decide(principal: Principal, decision: Decision): Promise<Decided>;
  /** A proposal that has not become a run; undefined when there is none. */
  find(principal: Principal, runId: string): Promise<ProposedRunView | undefined>;
  /** What was proposed and is no run, as `GET /runs` lists it. */
  list(principal: Principal, query: ListRunsQueryDto): Promise<RunPageView>;
  /**
   * Takes a proposal back; nobody can approve it then. Whoever may cancel a run may do it.
   * @returns undefined when there is none, or it became a run
   * @throws ProblemError 409 `run-ended`, or `run-starting` in the moment in which it becomes a run
   */
  withdraw(principal: Principal, runId: string): Promise<ProposedRunView | undefined>;
  /** Questions of the tenant about proposed runs that wait for people, oldest first. */
  open(principal: Principal, query: OpenQuestionsQuery): Promise<OpenQuestion<PlanApprovalView>[]>;
  /** The questions that a run was asked before it started, oldest first; empty when nobody had to agree. */
  ofRun(principal: Principal, runId: string): Promise<PlanApprovalView[]>;
}

/** The same, with what the API shows and does besides. */
export interface ApprovedRuns extends RunApprovals {
  /**
   * What a question is about, or what a run was approved for.
   * @param approval id of the question; left out: of the run, or of the newest question while there is no run
   * @throws ProblemError 404 `manifest-not-found`
   */
  manifest(principal: Principal, runId: string, approval?: string): Promise<ManifestView>;
  /**
   * Starts a child run that repeats a part of an ended run, or proposes it. What was approved for the parent binds a child that follows the same plan with the same inputs, as long as the approval holds and targets are reached as they were;
   * else people are asked as for a new run.
   * @throws ProblemError 404 `run-not-found`; 409 `run-not-ended`; 422 `plan-invalid`, `nothing-to-rerun`, `repeated-as-a-whole`, `rerun-plan-differs` or `idempotency-key-reused`; 503 `service-unavailable`
   */
  rerun(principal: Principal, runId: string, request: RerunDto, idempotencyKey: string | null): Promise<Started | AwaitingApproval>;
}
export const RUN_APPROVALS = Symbol('RUN_APPROVALS');
