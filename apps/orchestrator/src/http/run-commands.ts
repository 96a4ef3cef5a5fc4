import { createHash } from 'node:crypto';
import { canonicalJson, type DiagnosticDto, type RerunDto, type RunView, type StartRunDto } from '@opsmesh/contracts';
import { actorOf, currentTraceparent, isOutcomeUnknown, isUniqueViolation, ProblemError, type Principal } from '@opsmesh/platform';
import { inputsChanged, isTerminalRun, rerunInputs, withoutCredentials, type CompiledPlan, type JsonObject, type RunEvent } from '@opsmesh/plan-model';
import { uuidv7 } from 'uuidv7';
import type { Engine } from '../engine/engine.js';
import type { NewRun } from '../engine/run.js';
import type { Repeat, Submission } from '../engine/submission.js';
import { runOutcomeUnknown, succeedsSoon } from './lost-commit.js';
import type { PlanCompiler } from './plan-compiler.js';
import type { RunReader } from './ports.js';
import { repeatOf } from './repeat-of.js';

export interface StartedRun {
  readonly id: string;
  readonly warnings: readonly DiagnosticDto[];
  /** True when an earlier request with the same idempotency key had started it. */
  readonly replayed: boolean;
}

/** A request that was compiled and checked. */
export interface PreparedRun {
  readonly plan: CompiledPlan;
  readonly inputs: JsonObject;
  readonly warnings: readonly DiagnosticDto[];
}

/** A re-run that was compiled and checked. */
export interface PreparedRerun extends PreparedRun {
  readonly requestSha256: string;
  readonly parentRunId: string;
  readonly repeat: Repeat;
}

/** What callers may do to runs. */
export class RunCommands {
  constructor(private readonly engine: Engine, private readonly reader: RunReader, private readonly compiler: PlanCompiler) {}

  /** @throws ProblemError 403 `actor-mismatch`; 422 `plan-invalid` with the compiler's diagnostics; 422 `idempotency-key-reused`; 503 `run-outcome-unknown` with the run's id */
  async start(principal: Principal, request: StartRunDto, idempotencyKey: string | null): Promise<StartedRun> {
    // Before it is compiled: a repeated request gets its run even where the catalogue has changed since.
    const requestSha256 = requestHash(request, idempotencyKey);
    const earlier = idempotencyKey === null ? undefined : await this.earlier(principal, idempotencyKey, requestSha256);
    if (earlier) return earlier;
    const { plan, inputs, warnings } = await this.prepare(request);
    return this.startOnce(principal, { id: uuidv7(), tenantId: principal.tenantId, actorId: actorOf(principal, request.actor_id), plan, inputs, warnings, parentRunId: null, idempotencyKey, requestSha256, traceparent: currentTraceparent() ?? null });
  }

  /**
   * Compiles a plan and puts its inputs together.
   * @throws ProblemError 422 `plan-invalid`
   */
  async prepare(request: { readonly plan: unknown; readonly inputs?: Record<string, unknown> | undefined }): Promise<PreparedRun> {
    const { plan, warnings } = await this.compile(request.plan);
    const given = givenInputs(plan, request.inputs);
    return { plan, inputs: { ...plan.inputs, ...given.values }, warnings: [...warnings, ...given.diagnostics] };
  }

  /** Creates a run with an id that is known; nothing happens when it exists already. */
  async create(run: NewRun, repeat?: Repeat): Promise<void> {
    try {
      await this.engine.submit([creation(run, repeat)]);
    } catch (e) {
      if (!isUniqueViolation(e)) throw await this.withoutParent(run) ?? e;
      await this.reader.getRun(run.tenantId, run.id);
    }
  }

  /** @throws ProblemError 422 `plan-invalid` */
  async compile(document: unknown): Promise<{ plan: CompiledPlan; warnings: DiagnosticDto[] }> {
    const { plan, diagnostics } = await this.compiler.compile(document);
    const errors = diagnostics.filter((d) => d.severity === 'error');
    if (!plan || errors.length > 0) {
      throw new ProblemError(422, 'plan-invalid', `the plan has ${errors.length} error${errors.length === 1 ? '' : 's'}: ${errors[0]?.message ?? ''}`, { errors: diagnostics });
    }
    return { plan, warnings: diagnostics };
  }

  cancel(principal: Principal, runId: string): Promise<RunView> {
    return this.command(principal, runId, 'cancel');
  }

  pause(principal: Principal, runId: string): Promise<RunView> {
    return this.command(principal, runId, 'pause');
  }

  resume(principal: Principal, runId: string): Promise<RunView> {
    return this.command(principal, runId, 'resume');
  }

  /**
   * Compiles what a request for a re-run asks for. Its inputs are those of {@link rerunInputs}.
   * @throws ProblemError 409 `run-not-ended`, 422 `plan-invalid` or those of {@link repeatOf}
   */
  async prepareRerun(principal: Principal, runId: string, request: RerunDto): Promise<PreparedRerun> {
    const parent = await this.reader.getRun(principal.tenantId, runId);
    if (!isTerminalRun(parent.status)) throw new ProblemError(409, 'run-not-ended', `the run is ${parent.status}: wait for its end, or cancel it`);
    const { plan, inputs } = await this.reader.getPlan(principal.tenantId, runId);
    const requestSha256 = sha256(canonicalJson([runId, request]));
    const { plan: edited, warnings } = request.plan === undefined ? { plan, warnings: [] } : await this.compile(request.plan);
    const given = givenInputs(edited, request.inputs);
    const changed = rerunInputs({ plan, inputs, edited, given: given.values });
    const repeat = repeatOf({ parent, plan, edited, inputs: inputsChanged(inputs, changed) }, request);
    return { parentRunId: runId, plan: edited, inputs: changed, warnings: [...warnings, ...given.diagnostics], requestSha256, repeat };
  }

  /**
   * Starts a child run that repeats the chosen items and everything that depends on their steps; the steps before are taken over.
   * @param manifestSha256 what was approved, and binds the child; null when nothing had to be
   * @throws ProblemError 422 `idempotency-key-reused`; 404 `run-not-kept` when the parent was deleted meanwhile; 503 `run-outcome-unknown` with the run's id
   */
  async rerun(principal: Principal, { parentRunId, plan, inputs, warnings, requestSha256, repeat }: PreparedRerun, { manifestSha256, idempotencyKey }: { readonly manifestSha256: string | null; readonly idempotencyKey: string | null }): Promise<StartedRun> {
    const earlier = idempotencyKey === null ? undefined : await this.earlier(principal, idempotencyKey, requestSha256);
    return earlier ?? this.startOnce(principal, {
      id: uuidv7(), tenantId: principal.tenantId, actorId: principal.actorId, plan, inputs, warnings, parentRunId, idempotencyKey, requestSha256, traceparent: currentTraceparent() ?? null, manifestSha256,
    }, repeat);
  }

  private async startOnce(principal: Principal, run: NewRun, repeat?: Repeat): Promise<StartedRun> {
    const { id, idempotencyKey: key, requestSha256 } = run;
    const started = { id, warnings: run.warnings as DiagnosticDto[], replayed: false };
    try {
      await this.engine.submit([creation(run, repeat)]);
      return started;
    } catch (e) {
      const mayBeOurs = isOutcomeUnknown(e) || isUniqueViolation(e);
      if (!mayBeOurs) throw await this.withoutParent(run) ?? e;
      // Two requests with one key at the same time: the unique index let one of them through.
      const winner = key !== null && isUniqueViolation(e) ? await this.earlier(principal, key, requestSha256) : undefined;
      if (winner && winner.id !== id) return winner;
      if (winner || await succeedsSoon(() => this.reader.getRun(run.tenantId, id))) return started;
      if (isUniqueViolation(e)) throw e;
      throw runOutcomeUnknown(id, e);
    }
  }

  /** The problem of a re-run whose parent was deleted meanwhile. */
  private async withoutParent({ tenantId, parentRunId }: NewRun): Promise<ProblemError | undefined> {
    if (parentRunId === null) return undefined;
    return this.reader.getRun(tenantId, parentRunId).then(() => undefined, (e: unknown) => (e instanceof ProblemError ? e : undefined));
  }

  private async command(principal: Principal, runId: string, type: Extract<RunEvent['type'], 'cancel' | 'pause' | 'resume'>): Promise<RunView> {
    const run = await this.reader.getRun(principal.tenantId, runId);
    const isChanged = await this.happens(run.id, { type });
    if (!isChanged && isTerminalRun(run.status)) throw new ProblemError(409, 'run-ended', `the run is ${run.status}: there is nothing to ${type}`);
    return this.reader.getRun(principal.tenantId, runId);
  }

  /**
   * @param event one that changes nothing the second time, and is committed alone
   * @returns false when it changed nothing; true also where it was repeated, because the answer to its commit was lost
   */
  private async happens(runId: string, event: RunEvent): Promise<boolean> {
    const submit = (): Promise<boolean[]> => this.engine.submit([{ kind: 'event', runId, event }]);
    try {
      return (await submit())[0]!;
    } catch (e) {
      if (isOutcomeUnknown(e) && await succeedsSoon(submit)) return true;
      throw e;
    }
  }

  /**
   * The run that an earlier request with the key has started; undefined when there is none.
   * @throws ProblemError 422 `idempotency-key-reused` when that was another request
   */
  async earlier(principal: Principal, key: string, requestSha256: string): Promise<StartedRun | undefined> {
    const found = await this.reader.findByIdempotencyKey(principal.tenantId, key);
    if (!found) return undefined;
    if (found.requestSha256 !== requestSha256) throw new ProblemError(422, 'idempotency-key-reused', 'this idempotency key belongs to another request: use a new key, or send the same request again');
    return { id: found.id, warnings: [], replayed: true };
  }
}

function creation(run: NewRun, repeat: Repeat | undefined): Submission {
  return { kind: 'create', run, ...(repeat ? { rerun: repeat } : {}) };
}

/** What tells a repeated request from another one with its idempotency key; empty for one without a key, which nobody compares. */
export function requestHash({ plan, inputs }: { readonly plan: unknown; readonly inputs?: Record<string, unknown> | undefined }, idempotencyKey: string | null): string {
  return idempotencyKey === null ? '' : sha256(canonicalJson([plan, inputs ?? {}]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Values for the inputs of a plan, without those that look like credentials; a diagnostic for each of these.
 * @throws ProblemError 422 `plan-invalid` for inputs that the plan does not declare
 */
function givenInputs(plan: CompiledPlan, given: Record<string, unknown> = {}): ReturnType<typeof withoutCredentials> {
  const errors = Object.keys(given).filter((k) => !Object.hasOwn(plan.inputs, k)).map((k): DiagnosticDto => ({
    code: 'unknown-input', severity: 'error', pointer: `/inputs/${k.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    message: `the plan declares no input "${k.slice(0, 64)}"; it declares ${Object.keys(plan.inputs).join(', ') || 'none'}`,
  }));
  if (errors.length > 0) throw new ProblemError(422, 'plan-invalid', errors[0]!.message, { errors });
  return withoutCredentials(given as JsonObject, '/inputs');
}
