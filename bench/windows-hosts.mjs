// A process of its own with simulated Windows hosts, so that their work is not counted as ours: as many as its first argument says, tagged bench,
// of which as many as its second says are also tagged few, and the first one also big.
import { randomBytes } from 'node:crypto';
import { SimulatedWindowsHost } from '../libs/testing/dist/winrm/index.js';

const login = { username: 'ops', password: randomBytes(12).toString('base64url') };
const [count, few] = process.argv.slice(2).map(Number);
const hosts = Array.from({ length: count }, (_, i) => new SimulatedWindowsHost({ hostname: `WIN-${i}`, address: `127.0.5.${i + 1}`, port: 0, ...login, maxShells: 100 }, () => undefined));
await Promise.all(hosts.map((h) => h.listen()));
process.send(hosts.map((h, i) => ({ hostname: `WIN-${i}`, ip: h.address, port: h.port, ...login, protocol: 'winrm', os: 'windows', environment: 'bench', location: 'here', tags: ['bench', ...(i < few ? ['few'] : []), ...(i === 0 ? ['big'] : [])] })));
process.on('SIGTERM', () => { void Promise.all(hosts.map((h) => h.stop())).then(() => process.exit(0)); });
