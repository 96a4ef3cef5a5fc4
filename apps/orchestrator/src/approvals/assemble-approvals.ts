import type { Provider, Type } from '@nestjs/common';
import type { ToolCatalogue } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { RunCommands } from '../http/run-commands.js';
import { ApprovalPolicyController } from './approval-policy.controller.js';
import { Launcher } from './launcher.js';
import { ApprovedManifests } from './manifest-check.js';
import { PolicyStore } from './policy-store.js';
import { RUN_APPROVALS, type ApprovedRuns } from './ports.js';
import { PlanPreviews } from './preview/plan-previews.js';
import type { LiveInventory } from './preview/ports.js';
import { ProposalActs } from './proposal-acts.js';
import { ProposalStore } from './proposal-store.js';
import { ProposalSweeper } from './proposal-sweeper.js';
import { RunApprovalService } from './run-approval-service.js';
import { RunStarter } from './run-starter.js';

export interface ApprovalParts {
  readonly pool: Pool;
  readonly commands: RunCommands;
  readonly catalogue: { current(): Promise<ToolCatalogue> };
  readonly inventory: LiveInventory;
  readonly log: Logger;
}

export interface AssembledApprovals {
  readonly service: ApprovedRuns;
  readonly sweeper: ProposalSweeper;
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
}

/** Approvals of runs, wired. */
export function assembleApprovals({ pool, commands, catalogue, inventory, log }: ApprovalParts): AssembledApprovals {
  const store = new ProposalStore(pool);
  const policies = new PolicyStore(pool);
  const parts = { store, policies, previews: new PlanPreviews(inventory, catalogue), starter: new RunStarter(commands), catalogue };
  const launcher = new Launcher(parts);
  const service = new RunApprovalService(parts, new ProposalActs(pool), launcher);
  return { service, sweeper: new ProposalSweeper({ store, launcher, log }), controllers: [ApprovalPolicyController], providers: [{ provide: RUN_APPROVALS, useValue: service }, { provide: PolicyStore, useValue: policies }] };
}

/** What the claim desk asks; apart from the rest because that needs the engine, and the desk comes before it. */
export function approvedManifests({ pool, facts, catalogue }: { pool: Pool; facts: RunFactsCache; catalogue: { current(): Promise<ToolCatalogue> } }): ApprovedManifests {
  return new ApprovedManifests({ store: new ProposalStore(pool), facts, catalogue });
}
