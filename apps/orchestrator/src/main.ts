import 'reflect-metadata';
import { createLogger, exitOnUncaught, onShutdown } from '@opsmesh/platform';
import { orchestratorConfig } from './config.js';
import { startOrchestrator } from './start-orchestrator.js';

const log = createLogger('orchestrator');
exitOnUncaught(log);
const config = orchestratorConfig();
const { close } = await startOrchestrator(config, log);
onShutdown({ log, close });
