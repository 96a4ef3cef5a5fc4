import { DEFAULT_PORTS } from '@opsmesh/contracts';
import { startWorker } from '@opsmesh/worker-runtime';
import { AutomationModule } from './automation.module.js';

await startWorker({ service: 'automation-service', module: AutomationModule, defaultPort: DEFAULT_PORTS['automation-service'] });
