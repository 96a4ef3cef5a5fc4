import type { ApprovalDecision, ApprovalView, BlobRefDto, ItemPageView, ListItemsQueryDto, ListRunsQueryDto, ProgressDto, RunEventView, RunPageView, RunView, WorkerRegistrationDto } from '@opsmesh/contracts';
import type { CatalogueTool, CompiledPlan, JsonObject, ToolCatalogue } from '@opsmesh/plan-model';
import type { OpenQuestion, OpenQuestionsQuery } from './open-questions.js';

/** What the API reads of runs; every method but `eventsAfter` refuses runs of other tenants as if they were not there. Views have inputs as people may see them (see mask-inputs); the plan has them as they are. */
export interface RunReader {
  listRuns(tenantId: string, query: ListRunsQueryDto): Promise<RunPageView>;
  getRun(tenantId: string, runId: string): Promise<RunView>;
  /** The compiled plan and the inputs of a run. */
  getPlan(tenantId: string, runId: string): Promise<{ plan: CompiledPlan; inputs: JsonObject }>;
  listItems(step: { tenantId: string; runId: string; stepId: string }, query: ListItemsQueryDto): Promise<ItemPageView>;
  /** For a run whose tenant was checked. */
  eventsAfter(runId: string, seq: number, limit: number): Promise<RunEventView[]>;
  /** Number of the newest attempt of an item, for a run whose tenant was checked; undefined when there is no such item. */
  newestAttempt(item: { runId: string; step: number; item: number }): Promise<number | undefined>;
  findByIdempotencyKey(tenantId: string, key: string): Promise<{ id: string; requestSha256: string } | undefined>;
}
export const RUN_READER = Symbol('RUN_READER');

export interface CatalogueReader {
  current(): Promise<ToolCatalogue & { all(): CatalogueTool[] }>;
}
export const CATALOGUE = Symbol('CATALOGUE');

/** Wakes those who watch a run; a missed wake-up costs a second, nothing else. */
export interface RunFeed {
  /** @returns a function that ends the subscription. */
  watch(runId: string, listener: { grew(): void; progress(news: ProgressDto): void }): () => void;
}
export const RUN_FEED = Symbol('RUN_FEED');

/** One person's word on a question. */
export interface Vote {
  readonly runId: string;
  /** Index of the step. */
  readonly step: number;
  readonly item: number;
  readonly actorId: string;
  /** Whether `actorId` was proved by a token. */
  readonly isKnown: boolean;
  readonly decision: ApprovalDecision;
  readonly comment: string | null;
}

export interface Approvals {
  ofRun(tenantId: string, runId: string): Promise<ApprovalView[]>;
  /** Questions of the tenant that wait for people, oldest first. */
  open(tenantId: string, query: OpenQuestionsQuery): Promise<OpenQuestion<ApprovalView>[]>;
  /**
   * The same vote again changes nothing.
   * @throws ProblemError 404 `approval-not-found`, 409 `approval-closed` or `already-decided`, 403 `not-an-approver` or `own-request`
   */
  vote(tenantId: string, vote: Vote): Promise<ApprovalView>;
}

export interface Signal {
  readonly runId: string;
  readonly name: string;
  readonly payload: Record<string, unknown> | null;
  /** Indexes of the steps that can wait for a signal. */
  readonly waitSteps: readonly number[];
}
export interface SignalledItem { readonly step: number; readonly item: number }

export interface Signals {
  /**
   * @returns the items whose wait is over
   * @throws ProblemError 404 `run-not-found`, 409 `run-ended` or `too-many-signals`
   */
  send(tenantId: string, signal: Signal): Promise<SignalledItem[]>;
}

/** A worker as its service names it. */
export interface ServiceWorker {
  readonly workerId: string;
  /** The one that calls, as its token says. */
  readonly service: string | undefined;
}

/** What services register and say; carried out by the stores. */
export interface ServiceDesk {
  registerTools(worker: WorkerRegistrationDto): Promise<void>;
  /** @throws ProblemError 403 `forbidden` when another service has a worker of that id */
  registerWorker(worker: WorkerRegistrationDto): Promise<void>;
  /**
   * @returns the attempts to publish again; null when the worker is not known
   * @throws ProblemError 403 `forbidden` for a worker of another service
   */
  beat(worker: ServiceWorker, active: readonly string[]): Promise<string[] | null>;
  unwanted(runIds: readonly string[]): Promise<Set<string>>;
  /** @throws ProblemError 403 `forbidden` for a worker of another service */
  deregister(worker: ServiceWorker): Promise<void>;
  putBlob(bytes: Buffer): Promise<BlobRefDto>;
}
export const SERVICE_DESK = Symbol('SERVICE_DESK');
