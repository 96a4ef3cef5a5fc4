import { Module, type DynamicModule } from '@nestjs/common';
import { isTracing, ServiceClient, TOKEN_VERIFIER, type Database, type Keys } from '@opsmesh/platform';
import type { Logger } from 'pino';
import { uuidv7 } from 'uuidv7';
import type { OrchestratorConfig } from './config.js';
import { approvedManifests, assembleApprovals, type AssembledApprovals } from './approvals/assemble-approvals.js';
import { assembleCopilot, type AssembledCopilot } from './copilot/assemble-copilot.js';
import { BlobDesk } from './engine/blob-desk.js';
import { ClaimDesk } from './engine/claim-desk.js';
import { Engine } from './engine/engine.js';
import { OwnAttempts } from './engine/own-attempts.js';
import type { EngineNews } from './engine/ports.js';
import { RunCache } from './engine/run-cache.js';
import { RunFactsCache } from './engine/run-facts.js';
import { InternalBlobsController, RUN_BLOBS, RunBlobsController } from './http/blobs.controller.js';
import { HEALTH_CHECKS, HealthController, METRICS, type HealthChecks } from './http/health.controller.js';
import { InternalController } from './http/internal.controller.js';
import { PlanCompiler } from './http/plan-compiler.js';
import { PlansController } from './http/plans.controller.js';
import { CATALOGUE, RUN_FEED, RUN_READER, SERVICE_DESK, type ServiceDesk } from './http/ports.js';
import { RunCommands } from './http/run-commands.js';
import { RunControl } from './http/run-control.js';
import { ApprovalsController, RunControlController } from './http/run-control.controller.js';
import { RunsController } from './http/runs.controller.js';
import { ITEM_LOGS, RUN_TIMELINES, TimelineController } from './http/timeline.controller.js';
import { ToolsController } from './http/tools.controller.js';
import { Metrics } from './progress/metrics.js';
import { ObservedRecord } from './progress/observed-record.js';
import type { RunWatchers } from './progress/run-watchers.js';
import { TracedRecord } from './progress/traced-record.js';
import { ApprovalStore } from './store/approval-store.js';
import { BlobStore } from './store/blob-store.js';
import { CatalogueStore } from './store/catalogue-store.js';
import { ClaimStore } from './store/claim-store.js';
import { DeadLetterStore } from './store/dead-letter-store.js';
import { ReadModels } from './store/read-models.js';
import { RetentionSweeper } from './store/retention/retention-sweeper.js';
import { PostgresRunRecord } from './store/run-record.js';
import { SignalStore } from './store/signal-store.js';
import { StepLog } from './store/step-log.js';
import { Timelines } from './store/timeline.js';
import { TokenStore } from './store/token-store.js';
import { WorkerStore } from './store/worker-store.js';
import { AssetConnections } from './transport/asset-connections.js';
import { AssetInventory } from './transport/asset-inventory.js';
import { Transport } from './transport/transport.js';

export interface OrchestratorParts {
  readonly config: OrchestratorConfig;
  readonly database: Database;
  readonly keys: Keys;
  readonly log: Logger;
  readonly watchers: RunWatchers;
  /** Name of this process among the orchestrators; unique. */
  readonly instance: string;
}

/** Everything of one orchestrator process, wired by hand: the only place that knows adapters and the ports they fill. */
export interface Orchestrator {
  readonly module: DynamicModule;
  readonly transport: Transport;
  readonly engine: Engine;
  readonly catalogue: CatalogueStore;
  readonly tokens: TokenStore;
  readonly proposals: AssembledApprovals['sweeper'];
  readonly copilot: Pick<AssembledCopilot, 'worker' | 'decisions'>;
  /** Undefined where everything is kept for ever. */
  readonly retention: RetentionSweeper | undefined;
}

@Module({})
class OrchestratorModule {}

export function assemble({ config, database: { pool }, keys, log, watchers, instance }: OrchestratorParts): Orchestrator {
  const stored = new PostgresRunRecord(pool);
  const facts = new RunFactsCache(stored);
  const metrics = new Metrics({ pool, transport: () => transport, queueNames: async () => new Set((await catalogue.current()).all().map((t) => t.queue)) });
  const record = new ObservedRecord(isTracing() ? new TracedRecord(stored, facts) : stored, (changes) => metrics.committed(changes));
  const news: EngineNews = {
    outboxFilled: (batches) => transport.outboxFilled(batches),
    timersSet: () => transport.timersSet(),
    gateMayOpen: () => transport.gateMayOpen(),
    paused: (ids) => transport.paused(ids),
    historyGrew: (ids) => watchers.grew(ids),
    abort: (id) => transport.abort(id),
    decisionsWanted: (decisions) => copilot.decisions?.wanted(decisions),
  };
  const engine = new Engine({ record, facts, cache: new RunCache(), news, newId: uuidv7, canDecide: config.model !== undefined });
  const workers = new WorkerStore(pool);
  const transport = new Transport({ redisUrl: config.redisUrl, pool, engine, facts, workers, deadLetters: new DeadLetterStore(pool), consumer: instance, log });
  const catalogue = new CatalogueStore(pool);
  const tokens = new TokenStore(pool);
  const readModels = new ReadModels(pool);
  const compiler = new PlanCompiler(catalogue);
  const blobs = new BlobStore(pool);
  const claimStore = new ClaimStore(pool);
  const attempts = new OwnAttempts({ facts, owners: { serviceOf: async (tool) => (await catalogue.current()).get(tool)?.service } });
  const blobDesk = new BlobDesk({ attempts, reader: claimStore, shelf: blobs });
  const assets = new ServiceClient({ keys, from: 'orchestrator', to: 'asset-service', url: config.assetServiceUrl });
  const claims = new ClaimDesk({
    engine, attempts, reader: claimStore, signer: keys.grantSigner(),
    needs: { kindOf: async (tool) => (await catalogue.current()).get(tool)?.credential?.kind },
    connections: new AssetConnections(assets), manifests: approvedManifests({ pool, facts, catalogue }),
  });
  const desk: ServiceDesk = {
    registerTools: (w) => catalogue.register(w), registerWorker: (w) => workers.register(w), beat: (worker, active) => workers.beat(worker, active),
    unwanted: (ids) => workers.unwanted(ids), deregister: (worker) => workers.deregister(worker), putBlob: (bytes) => blobs.put(bytes),
  };
  const commands = new RunCommands(engine, readModels, compiler);
  const timelines = new Timelines(pool, readModels);
  const approvals = assembleApprovals({ pool, commands, catalogue, inventory: new AssetInventory(assets), log });
  const copilot = assembleCopilot({ config, pool, keys, log, engine: () => engine, approvals: approvals.service, reader: readModels, timelines, feed: watchers, catalogue });
  const retention = config.retention && new RetentionSweeper({ pool, limits: config.retention, log, purged: (runs) => { metrics.purged(runs); } });
  const health: HealthChecks = { postgres: async () => { await pool.query('select 1'); }, redis: async () => { await transport.redis.ping(); } };
  const module: DynamicModule = {
    module: OrchestratorModule, global: true,
    controllers: [RunsController, RunControlController, ApprovalsController, RunBlobsController, TimelineController, PlansController, ToolsController, InternalController, InternalBlobsController, HealthController, ...approvals.controllers, ...copilot.controllers],
    providers: [
      ...approvals.providers, ...copilot.providers,
      { provide: TOKEN_VERIFIER, useValue: tokens }, { provide: RUN_READER, useValue: readModels }, { provide: CATALOGUE, useValue: catalogue }, { provide: RUN_FEED, useValue: watchers },
      { provide: PlanCompiler, useValue: compiler }, { provide: RunCommands, useValue: commands }, { provide: ClaimDesk, useValue: metrics.counting(claims) }, { provide: SERVICE_DESK, useValue: desk },
      { provide: RunControl, useValue: new RunControl({ engine, reader: readModels, approvals: new ApprovalStore(pool, () => transport.timersSet()), signals: new SignalStore(pool, () => transport.timersSet()) }) },
      { provide: BlobDesk, useValue: blobDesk }, { provide: RUN_BLOBS, useValue: blobs },
      { provide: RUN_TIMELINES, useValue: timelines }, { provide: ITEM_LOGS, useValue: new StepLog(pool, readModels) },
      { provide: HEALTH_CHECKS, useValue: health }, { provide: METRICS, useValue: metrics },
    ],
    exports: [TOKEN_VERIFIER],
  };
  return { module, transport, engine, catalogue, tokens, proposals: approvals.sweeper, copilot, retention };
}
