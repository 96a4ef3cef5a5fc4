import { createLogger, exitOnUncaught, openKeys } from '@opsmesh/platform';
import { startWorker } from '@opsmesh/worker-runtime';
import { AssetServiceModule } from './asset-service.module.js';
import { assetServiceConfig, BODY_LIMITS, DEFAULT_PORT, SERVICE } from './config.js';
import { openStore } from './store.js';

exitOnUncaught(createLogger(SERVICE, { level: 'info' }));
const config = assetServiceConfig();
const log = createLogger(SERVICE, { level: config.logLevel });
const store = await openStore({ ...config, keys: openKeys(config.dataDir), log });
await startWorker({ service: SERVICE, module: AssetServiceModule.over(store), defaultPort: DEFAULT_PORT, http: { body: BODY_LIMITS }, config, log });
