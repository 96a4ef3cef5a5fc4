// A process of its own with the simulated SSH hosts of the bench, so that their work is not counted as ours: as many as its argument says, tagged bench, and some to warm up with.
// A message { answerMs } says how long each waits before it runs a command, as a host over a network does.
import { randomBytes } from 'node:crypto';
import { newHostKey, startFleet } from '../libs/testing/dist/index.js';

const WARM = 20;
const password = randomBytes(12).toString('base64url');
// One host key for all: making 200 takes longer than the bench.
const hostKey = newHostKey();
const fleet = await startFleet({
  hosts: Array.from({ length: Number(process.argv[2]) + WARM }, (_, i) => ({ hostname: `sim-${i}`, address: `127.0.4.${i + 1}`, port: 0, username: 'ops', password, hostKey })),
});
process.send(fleet.hosts.map((h, i) => ({ hostname: h.spec.hostname, ip: h.address, port: h.port, hostKey: h.hostKey, username: 'ops', password, protocol: 'ssh', os: 'linux', environment: 'bench', location: 'here', tags: [i < WARM ? 'warm' : 'bench'] })));
process.on('message', ({ answerMs }) => {
  for (const host of fleet.hosts) host.faults.execDelayMs = answerMs;
  process.send('done');
});
process.on('SIGTERM', () => { void fleet.stop().then(() => process.exit(0)); });
