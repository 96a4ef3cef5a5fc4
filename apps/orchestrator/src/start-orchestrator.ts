import { hostname } from 'node:os';
import { createHttpApp, createRedis, openKeys, startTracing } from '@opsmesh/platform';
import type { Logger } from 'pino';
import { uuidv7 } from 'uuidv7';
import type { OrchestratorConfig } from './config.js';
import { serveOpenApi } from './http/openapi.js';
import { queueBoard, QUEUE_BOARD_PATH } from './http/queue-board.js';
import { assemble } from './orchestrator.module.js';
import { RunWatchers } from './progress/run-watchers.js';
import { openStore } from './store/open-store.js';

export interface RunningOrchestrator {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the record, wires the parts, serves the API, then starts moving jobs and results. */
export async function startOrchestrator(config: OrchestratorConfig, log: Logger): Promise<RunningOrchestrator> {
  if (config.traces) await startTracing(config.service, config.traces, log);
  const keys = openKeys(config.dataDir);
  // Now, so that bad keys are said at the start, and services that start after us find the public one.
  await keys.makeGrantKeys();
  const database = await openStore(config, log);
  const subscriber = createRedis(config.redisUrl, { log, extra: { maxRetriesPerRequest: null } });
  const watchers = new RunWatchers(subscriber, log);
  const { module, transport, engine, catalogue, tokens, proposals, copilot, retention } = assemble({ config, database, keys, log, watchers, instance: `${hostname()}-${uuidv7()}` });
  const http = await createHttpApp(module, { config, keys, log, tokens: 'own', body: { rawPaths: ['/internal/blobs'] } });
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const end of [() => http.close(), () => copilot.worker.stop(), () => proposals.stop(), () => retention?.stop(), () => copilot.decisions?.stop(), () => transport.stop(), () => engine.idle(), () => { subscriber.disconnect(); }, () => database.close()]) {
      try {
        await end();
      } catch (e) {
        failures.push(e);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything ended in order');
  };
  const queues = async () => {
    for (const { queue } of (await catalogue.current()).all()) transport.queues.get(queue);
    return transport.queues.all();
  };
  http.app.use(QUEUE_BOARD_PATH, ...queueBoard({ queues, auth: config.auth, tokens }));
  serveOpenApi(http.app);
  try {
    const port = await http.listen();
    await watchers.start();
    await transport.start();
    proposals.start();
    copilot.worker.start();
    retention?.start();
    log.info({ port }, 'orchestrator is ready');
    return { port, close };
  } catch (e) {
    await close().catch(() => undefined);
    throw e;
  }
}
