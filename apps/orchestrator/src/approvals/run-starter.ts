import type { Principal } from '@opsmesh/platform';
import type { RerunDto } from '@opsmesh/contracts';
import type { NewRun } from '../engine/run.js';
import type { Repeat } from '../engine/submission.js';
import { requestHash, type PreparedRerun, type PreparedRun, type RunCommands, type StartedRun } from '../http/run-commands.js';
import type { PlanRequest, ProposeRequest } from './ports.js';

/** What compiles plans and creates runs, as proposals need it. It asks nobody. */
export class RunStarter {
  constructor(private readonly commands: RunCommands) {}

  /** @throws ProblemError 422 `plan-invalid` */
  prepare(request: PlanRequest): Promise<PreparedRun> {
    return this.commands.prepare(request);
  }

  /** What tells a repeated request from another one with its idempotency key; empty for one without. */
  requestSha256(request: ProposeRequest): string {
    return requestHash(request, request.idempotencyKey ?? null);
  }

  /** The run that the same request with the key was given before, without a proposal. @throws ProblemError 422 `idempotency-key-reused` */
  startedBefore(principal: Principal, idempotencyKey: string, requestSha256: string): Promise<StartedRun | undefined> {
    return this.commands.earlier(principal, idempotencyKey, requestSha256);
  }

  /** @throws ProblemError 403 `actor-mismatch`, 422 `plan-invalid` or `idempotency-key-reused` */
  startNow(principal: Principal, { plan, inputs, requestedBy, idempotencyKey }: ProposeRequest): Promise<StartedRun> {
    return this.commands.start(principal, { plan, ...(inputs ? { inputs } : {}), ...(requestedBy === undefined ? {} : { actor_id: requestedBy }) }, idempotencyKey ?? null);
  }

  /** @throws ProblemError as `RunCommands.prepareRerun` */
  prepareRerun(principal: Principal, runId: string, request: RerunDto): Promise<PreparedRerun> {
    return this.commands.prepareRerun(principal, runId, request);
  }

  /** @throws ProblemError 422 `idempotency-key-reused` */
  rerunNow(principal: Principal, rerun: PreparedRerun, binding: { readonly manifestSha256: string | null; readonly idempotencyKey: string | null }): Promise<StartedRun> {
    return this.commands.rerun(principal, rerun, binding);
  }

  /** Creates the run; nothing happens when there is one with its id already. */
  create(run: NewRun, repeat?: Repeat): Promise<void> {
    return this.commands.create(run, repeat);
  }
}
