// A process of its own with one simulated Windows host, so that its work is not counted as ours.
import { randomBytes } from 'node:crypto';
import { SimulatedWindowsHost } from '../libs/testing/dist/winrm/index.js';

const login = { username: 'ops', password: randomBytes(12).toString('base64url') };
const host = new SimulatedWindowsHost({ hostname: 'WIN-BENCH', address: '127.0.5.1', port: 0, ...login, maxShells: 100 }, () => undefined);
await host.listen();
process.send({ address: host.address, port: host.port, ...login });
process.on('SIGTERM', () => { void host.stop().then(() => process.exit(0)); });
