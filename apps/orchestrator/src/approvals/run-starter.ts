import type { Principal } from '@opsmesh/platform';
import type { NewRun } from '../engine/change-set.js';
import type { PreparedRun, RunCommands, StartedRun } from '../http/run-commands.js';
import type { PlanRequest, ProposeRequest } from './ports.js';

/** What compiles plans and creates runs, as proposals need it. It asks nobody. */
export class RunStarter {
  constructor(private readonly commands: RunCommands) {}

  /** @throws ProblemError 422 `plan-invalid` */
  prepare(request: PlanRequest): Promise<PreparedRun> {
    return this.commands.prepare(request);
  }

  /** @throws ProblemError 422 `plan-invalid` or `idempotency-key-reused` */
  startNow(principal: Principal, { plan, inputs, requestedBy, idempotencyKey }: ProposeRequest): Promise<StartedRun> {
    return this.commands.start(principal, { plan: plan as Record<string, unknown>, ...(inputs ? { inputs } : {}), actor_id: requestedBy }, idempotencyKey ?? null);
  }

  /** Creates the run; nothing happens when there is one with its id already. */
  create(run: NewRun): Promise<void> {
    return this.commands.create(run.tenantId, run);
  }
}
