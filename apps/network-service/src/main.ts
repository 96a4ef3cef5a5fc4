import { DEFAULT_PORTS } from '@opsmesh/contracts';
import { startWorker } from '@opsmesh/worker-runtime';
import { NetworkModule } from './network.module.js';

await startWorker({ service: 'network-service', module: NetworkModule, defaultPort: DEFAULT_PORTS['network-service'] });
