import type { ClaimAnswerDto, GrantClaims, ToolDeclarationDto } from '@opsmesh/contracts';
import { inputSha256, type Principal } from '@opsmesh/platform';
import type { Pool } from 'pg';
import { ClaimDesk } from '../../engine/claim-desk.js';
import type { Engine } from '../../engine/engine.js';
import { OwnAttempts } from '../../engine/own-attempts.js';
import { PlanCompiler } from '../../http/plan-compiler.js';
import { RunCommands } from '../../http/run-commands.js';
import { CatalogueStore } from '../../store/catalogue-store.js';
import { ClaimStore } from '../../store/claim-store.js';
import { ReadModels } from '../../store/read-models.js';
import { newEngine, SILENT } from '../../testing/rig.js';
import { approvedManifests, assembleApprovals, type AssembledApprovals } from '../assemble-approvals.js';
import type { ApprovedRuns } from '../ports.js';
import { HOST_TOOLS, INVENTORY_TOOLS, type SpecInventory } from './inventory.js';

/** One orchestrator process as far as approvals go, over a shared database, with caches of its own. */
export interface ApprovalProcess {
  readonly approvals: ApprovedRuns;
  readonly sweeper: AssembledApprovals['sweeper'];
  readonly engine: Engine;
  readonly commands: RunCommands;
  /** Claims an attempt with the inputs that the record has. @returns the claims of the grant */
  claim(attemptId: string): Promise<{ answer: ClaimAnswerDto; grant: GrantClaims }>;
}

export function approvalProcess(pool: Pool, inventory: SpecInventory): ApprovalProcess {
  const { engine, facts } = newEngine(pool);
  const catalogue = new CatalogueStore(pool);
  const commands = new RunCommands(engine, new ReadModels(pool), new PlanCompiler(catalogue));
  const { service, sweeper } = assembleApprovals({ pool, commands, catalogue, inventory, log: SILENT });
  const reader = new ClaimStore(pool);
  let signed: GrantClaims | undefined;
  const desk = new ClaimDesk({
    engine, attempts: new OwnAttempts({ facts, owners: { serviceOf: async (tool) => (await catalogue.current()).get(tool)?.service } }), reader, connections: inventory, manifests: approvedManifests({ pool, facts, catalogue }), needs: { kindOf: async (tool) => (await catalogue.current()).get(tool)?.credential?.kind },
    signer: { sign: (claims) => { signed = claims; return Promise.resolve('grant'); } },
  });
  const claim: ApprovalProcess['claim'] = async (attemptId) => {
    const [runId, stepId, item] = attemptId.split('.');
    const { rows: [row] } = await pool.query<{ inputs: Record<string, unknown> | null }>(
      `select i.inputs from orchestrator.items i join orchestrator.runs r on r.id = i.run_id join orchestrator.plans p on p.sha256 = r.plan_sha256 where i.run_id = $1 and p.plan->'steps'->i.step::int->>'id' = $2 and i.item = $3`, [runId, stepId, Number(item)],
    );
    const answer = await desk.claim('spec', attemptId, { workerId: 'w1', inputSha256: inputSha256(row?.inputs ?? {}), keyThumbprint: 'A'.repeat(43) });
    return { answer, grant: signed! };
  };
  return { approvals: service, sweeper, engine, commands, claim };
}

/** The tools of these specs, as two services would register them. */
export async function registerSpecTools(pool: Pool, hostTools: readonly ToolDeclarationDto[] = HOST_TOOLS): Promise<void> {
  const store = new CatalogueStore(pool);
  const worker = { workerId: 'w1', concurrency: 1 };
  await store.register({ ...worker, service: 'asset-service', queue: 'asset-service', tools: [...INVENTORY_TOOLS] });
  await store.register({ ...worker, service: 'spec', queue: 'spec', tools: [...hostTools] });
}

export function person(actorId: string, tenantId = 'acme'): Principal {
  return { tenantId, actorId, scopes: ['*'] };
}
