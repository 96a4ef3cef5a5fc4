// A process of its own with simulated Windows hosts, as many as its argument says, tagged bench and the first one also big, so that their work is not counted as ours.
import { randomBytes } from 'node:crypto';
import { SimulatedWindowsHost } from '../libs/testing/dist/winrm/index.js';

const login = { username: 'ops', password: randomBytes(12).toString('base64url') };
const hosts = Array.from({ length: Number(process.argv[2]) }, (_, i) => new SimulatedWindowsHost({ hostname: `WIN-${i}`, address: `127.0.5.${i + 1}`, port: 0, ...login, maxShells: 100 }, () => undefined));
await Promise.all(hosts.map((h) => h.listen()));
process.send(hosts.map((h, i) => ({ hostname: `WIN-${i}`, ip: h.address, port: h.port, ...login, protocol: 'winrm', os: 'windows', environment: 'bench', location: 'here', tags: i === 0 ? ['bench', 'big'] : ['bench'] })));
process.on('SIGTERM', () => { void Promise.all(hosts.map((h) => h.stop())).then(() => process.exit(0)); });
