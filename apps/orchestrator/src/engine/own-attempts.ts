import { parseAttemptId } from '@opsmesh/contracts';
import type { ToolStep } from '@opsmesh/plan-model';
import { ProblemError } from '@opsmesh/platform';
import type { AttemptRef } from './positions.js';
import type { RunFactsCache } from './run-facts.js';
import type { RunFacts } from './run.js';

/** Which service has a tool now; undefined when none is known to. */
export interface ToolOwners {
  serviceOf(tool: string): Promise<string | undefined>;
}

/** An attempt that a service may act for. */
export interface OwnAttempt {
  readonly run: RunFacts;
  readonly ref: AttemptRef;
  readonly step: ToolStep;
}

/** Finds the attempts that services name. A service acts only for attempts of its own tools. */
export class OwnAttempts {
  constructor(private readonly parts: { readonly facts: RunFactsCache; readonly owners: ToolOwners }) {}

  /**
   * @param service the one that calls, as its token says
   * @returns undefined when there is no such attempt
   * @throws ProblemError 403 `forbidden` when the tool belongs to another service; 503 `service-unavailable` when no service is known to have it: the registration may not be seen here yet
   */
  async find(service: string | undefined, attemptId: string): Promise<OwnAttempt | undefined> {
    const position = parseAttemptId(attemptId);
    const run = position && (await this.parts.facts.get([position.runId])).get(position.runId);
    const step = run?.plan.steps.find((s) => s.id === position?.stepId);
    if (!position || !run || step?.kind !== 'tool') return undefined;
    const owner = await this.parts.owners.serviceOf(step.tool);
    if (owner === undefined) throw new ProblemError(503, 'service-unavailable', `no service has registered the tool "${step.tool}"`);
    if (owner !== service) throw new ProblemError(403, 'forbidden', `the tool "${step.tool}" belongs to another service`);
    return { run, ref: { runId: run.id, step: step.index, item: position.item, attempt: position.attempt }, step };
  }
}
