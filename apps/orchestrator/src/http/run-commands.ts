import { createHash } from 'node:crypto';
import { canonicalJson, type DiagnosticDto, type ItemStatus, type RerunDto, type RunView, type StartRunDto, type StepView } from '@opsmesh/contracts';
import { currentTraceparent, ProblemError, type Principal } from '@opsmesh/platform';
import { isTerminalRun, withoutCredentials, type CompiledPlan, type JsonObject, type RunEvent } from '@opsmesh/plan-model';
import { uuidv7 } from 'uuidv7';
import type { NewRun } from '../engine/change-set.js';
import type { Engine } from '../engine/engine.js';
import type { PlanCompiler } from './plan-compiler.js';
import type { RunReader } from './ports.js';

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
  readonly requestSha256: string;
}

/** What callers may do to runs. */
export class RunCommands {
  constructor(private readonly engine: Engine, private readonly reader: RunReader, private readonly compiler: PlanCompiler) {}

  /** @throws ProblemError 422 `plan-invalid` with the compiler's diagnostics; 422 `idempotency-key-reused` */
  async start(principal: Principal, request: StartRunDto, idempotencyKey: string | null): Promise<StartedRun> {
    const requestSha256 = requestHash(request);
    const earlier = idempotencyKey === null ? undefined : await this.earlier(principal, idempotencyKey, requestSha256);
    if (earlier) return earlier;
    const { plan, inputs, warnings } = await this.prepare(request);
    const id = uuidv7();
    const run = { id, tenantId: principal.tenantId, actorId: request.actor_id ?? principal.actorId, plan, inputs, warnings, parentRunId: null, idempotencyKey, requestSha256, traceparent: currentTraceparent() ?? null };
    try {
      await this.engine.submit([{ kind: 'create', run }]);
    } catch (e) {
      // Two requests with one key at the same time: the unique index let one of them through.
      const winner = idempotencyKey !== null && isUniqueViolation(e) ? await this.earlier(principal, idempotencyKey, requestSha256) : undefined;
      if (!winner) throw e;
      return winner;
    }
    return { id, warnings, replayed: false };
  }

  /**
   * Compiles a plan and puts its inputs together.
   * @throws ProblemError 422 `plan-invalid`
   */
  async prepare(request: { readonly plan: unknown; readonly inputs?: Record<string, unknown> | undefined }): Promise<PreparedRun> {
    const { plan, warnings } = await this.compile(request.plan);
    const given = withoutCredentials(checkInputs(plan, request.inputs ?? {}), '/inputs');
    return { plan, inputs: { ...plan.inputs, ...given.values }, warnings: [...warnings, ...given.diagnostics], requestSha256: requestHash(request) };
  }

  /** Creates a run with an id that is known; nothing happens when it exists already. */
  async create(tenantId: string, run: NewRun): Promise<void> {
    try {
      await this.engine.submit([{ kind: 'create', run }]);
    } catch (e) {
      if (!isUniqueViolation(e)) throw e;
      await this.reader.getRun(tenantId, run.id);
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
   * Starts a child run that repeats the chosen items of one step and everything that depends on it; the steps before are taken over.
   * @param manifestSha256 what was approved for the parent, and binds the child too; null when nothing had to be
   * @throws ProblemError 409 `run-not-ended`, 422 `nothing-to-rerun`
   */
  async rerun(principal: Principal, runId: string, { step, items }: RerunDto, manifestSha256: string | null): Promise<StartedRun> {
    const parent = await this.reader.getRun(principal.tenantId, runId);
    if (!isTerminalRun(parent.status)) throw new ProblemError(409, 'run-not-ended', `the run is ${parent.status}: wait for its end, or cancel it`);
    const statuses = items.flatMap((i) => SELECTIONS[i]);
    const index = parent.steps.findIndex((s) => (step === undefined ? chosen(s, statuses) : s.id === step));
    const found = parent.steps[index];
    if (!found) throw new ProblemError(422, 'nothing-to-rerun', step === undefined ? `no step has items that are ${items.join(' or ')}` : `the run has no step "${step}"; it has ${parent.steps.map((s) => s.id).join(', ')}`);
    if (!chosen(found, statuses)) throw new ProblemError(422, 'nothing-to-rerun', `step "${found.id}" has no items that are ${items.join(' or ')}`);
    const { plan, inputs } = await this.reader.getPlan(principal.tenantId, runId);
    const id = uuidv7();
    const run = { id, tenantId: principal.tenantId, actorId: principal.actorId, plan, inputs, warnings: [], parentRunId: runId, idempotencyKey: null, requestSha256: sha256(canonicalJson([runId, index, statuses])), traceparent: currentTraceparent() ?? null, manifestSha256 };
    await this.engine.submit([{ kind: 'create', run, rerun: { step: index, statuses } }]);
    return { id, warnings: [], replayed: false };
  }

  private async command(principal: Principal, runId: string, type: Extract<RunEvent['type'], 'cancel' | 'pause' | 'resume'>): Promise<RunView> {
    const run = await this.reader.getRun(principal.tenantId, runId);
    const [changed] = await this.engine.submit([{ kind: 'event', runId: run.id, event: { type } }]);
    if (!changed && isTerminalRun(run.status)) throw new ProblemError(409, 'run-ended', `the run is ${run.status}: there is nothing to ${type}`);
    return this.reader.getRun(principal.tenantId, runId);
  }

  private async earlier(principal: Principal, key: string, requestSha256: string): Promise<StartedRun | undefined> {
    const found = await this.reader.findByIdempotencyKey(principal.tenantId, key);
    if (!found) return undefined;
    if (found.requestSha256 !== requestSha256) throw new ProblemError(422, 'idempotency-key-reused', 'this idempotency key belongs to another request: use a new key, or send the same request again');
    return { id: found.id, warnings: [], replayed: true };
  }
}

/** Statuses of items that a selection means. */
const SELECTIONS: Readonly<Record<RerunDto['items'][number], readonly ItemStatus[]>> = { failed: ['failed'], unknown: ['unknown'], 'not-started': ['pending', 'skipped', 'cancelled'] };

/** Whether a step has items of these statuses; one that was never prepared counts as not started. */
function chosen({ total, status, counts }: StepView, statuses: readonly ItemStatus[]): boolean {
  if (total === null) return status === 'failed' ? statuses.includes('failed') : statuses.includes('skipped');
  return statuses.some((s) => counts[s] > 0);
}

function requestHash({ plan, inputs }: { readonly plan: unknown; readonly inputs?: Record<string, unknown> | undefined }): string {
  return sha256(canonicalJson([plan, inputs ?? {}]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function checkInputs(plan: CompiledPlan, given: Record<string, unknown>): JsonObject {
  const errors = Object.keys(given).filter((k) => !Object.hasOwn(plan.inputs, k)).map((k): DiagnosticDto => ({
    code: 'unknown-input', severity: 'error', pointer: `/inputs/${k.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    message: `the plan declares no input "${k.slice(0, 64)}"; it declares ${Object.keys(plan.inputs).join(', ') || 'none'}`,
  }));
  if (errors.length > 0) throw new ProblemError(422, 'plan-invalid', errors[0]!.message, { errors });
  return given as JsonObject;
}

function isUniqueViolation(e: unknown): boolean {
  return e instanceof Error && 'code' in e && e.code === '23505';
}
