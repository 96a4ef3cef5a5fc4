import { setTimeout as pause } from 'node:timers/promises';
import type { WorkerRegistrationDto } from '@opsmesh/contracts';
import { limitedErrorLog, ProblemError, StartError, type Logger, type ServiceClient } from '@opsmesh/platform';

/** Pause between two attempts to register, in milliseconds. */
const AGAIN_MS = 500;

export interface RegistrationParts {
  readonly orchestrator: ServiceClient;
  readonly worker: WorkerRegistrationDto;
  readonly log: Logger;
  readonly stopped: AbortSignal;
}

/** Makes this process and its tools known to the orchestrator. */
export class Registration {
  private done = false;

  constructor(private readonly parts: RegistrationParts) {}

  get registered(): boolean {
    return this.done;
  }

  /**
   * Asks until the orchestrator has taken it or the process is told to stop.
   * @throws StartError when it never will (another service has a tool of that name, or the declaration is refused).
   */
  async register(): Promise<void> {
    const { orchestrator, worker, log, stopped } = this.parts;
    const complain = limitedErrorLog(log, 'not registered yet, trying again');
    this.done = false;
    while (!stopped.aborted) {
      try {
        await orchestrator.call('POST', '/internal/workers', { body: worker, signal: stopped });
        this.done = true;
        log.info({ workerId: worker.workerId, tools: worker.tools.length }, 'registered with the orchestrator');
        return;
      } catch (e) {
        if (stopped.aborted) return;
        if (e instanceof ProblemError && (e.status === 409 || e.status === 422)) throw refused(worker, e);
        complain(e as Error);
      }
      await pause(AGAIN_MS, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  /** Says good-bye, so that nobody has to notice by silence; trouble is only logged. */
  async deregister(): Promise<void> {
    const { orchestrator, worker, log } = this.parts;
    if (!this.done) return;
    this.done = false;
    await orchestrator.call('DELETE', `/internal/workers/${worker.workerId}`).catch((err: unknown) => { log.warn({ err }, 'could not deregister'); });
  }
}

function refused(worker: WorkerRegistrationDto, problem: ProblemError): StartError {
  const where = problem.errors?.map((e) => `\n  ${e.pointer} ${e.message}`).join('') ?? '';
  return new StartError(`the orchestrator refuses the tools of ${worker.service} (${problem.code}): ${problem.detail}${where}`);
}
