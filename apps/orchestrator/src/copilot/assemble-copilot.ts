import type { Provider, Type } from '@nestjs/common';
import { ServiceClient, type Keys } from '@opsmesh/platform';
import type { Logger } from 'pino';
import type { Pool } from 'pg';
import type { RunApprovals } from '../approvals/ports.js';
import type { OrchestratorConfig } from '../config.js';
import type { Engine } from '../engine/engine.js';
import type { CatalogueReader, RunFeed, RunReader } from '../http/ports.js';
import type { RunTimelines } from '../http/timeline.controller.js';
import { TurnActor } from './act-turn.js';
import { TurnAnswerer } from './answer-turn.js';
import { ChatController } from './chat.controller.js';
import { ChatWatchers } from './chat-watchers.js';
import { ConversationDesk } from './conversation-desk.js';
import { ServiceFacts } from './inventory-facts.js';
import { askingOf } from './model/asking.js';
import { DecisionMaker } from './model/decision-maker.js';
import { DecisionStore } from './model/decision-store.js';
import { DecisionsController } from './model/decisions.controller.js';
import { CHAT_STORE } from './ports.js';
import { PostgresChatStore } from './postgres-chat-store.js';
import { TurnReader } from './read-turn.js';
import { ServiceAssets } from './service-assets.js';
import { PostgresTemplateStore } from './templates/postgres-template-store.js';
import { TemplateLibrary } from './templates/template-library.js';
import { TemplatesController } from './templates/templates.controller.js';
import { TurnWorker } from './turn-worker.js';

export interface CopilotModuleParts {
  readonly config: OrchestratorConfig;
  readonly pool: Pool;
  readonly keys: Keys;
  readonly log: Logger;
  /** Called when there is one: the engine is made with what this makes. */
  readonly engine: () => Engine;
  readonly approvals: RunApprovals;
  readonly reader: RunReader;
  readonly timelines: RunTimelines;
  readonly feed: RunFeed;
  readonly catalogue: CatalogueReader;
}

/** The copilot of one orchestrator process. */
export interface AssembledCopilot {
  readonly controllers: Type[];
  readonly providers: Provider[];
  readonly worker: TurnWorker;
  /** Undefined without a model: then decision steps take their default at once. */
  readonly decisions: DecisionMaker | undefined;
}

export function assembleCopilot({ config, pool, keys, log, engine, approvals, reader, timelines, feed, catalogue }: CopilotModuleParts): AssembledCopilot {
  const model = config.model ? askingOf(config.model, pool) : undefined;
  const kept = new DecisionStore(pool, reader);
  const decisions = model ? new DecisionMaker({ engine, asking: model, kept, log }) : undefined;
  const store = new PostgresChatStore(pool);
  const templates = new PostgresTemplateStore(pool);
  const watchers = new ChatWatchers();
  const facts = new ServiceFacts(new ServiceAssets(new ServiceClient({ keys, from: 'orchestrator', to: 'asset-service', url: config.assetServiceUrl })), log);
  const now = (): Date => new Date();
  const answerer = new TurnAnswerer({ reader, timelines, model, now });
  const worker = new TurnWorker({ store, watchers, feed, log, answerer, reader: new TurnReader({ store, facts, templates, catalogue, approvals, model, now }), actor: new TurnActor(approvals) });
  const desk = new ConversationDesk({ store, worker, answerer, watchers, reader, timelines, waitMs: config.chatWaitMs });
  return {
    controllers: [ChatController, TemplatesController, DecisionsController], worker, decisions,
    providers: [{ provide: ConversationDesk, useValue: desk }, { provide: CHAT_STORE, useValue: store }, { provide: TemplateLibrary, useValue: new TemplateLibrary({ templates, chats: store, catalogue }) }, { provide: DecisionStore, useValue: kept }],
  };
}
