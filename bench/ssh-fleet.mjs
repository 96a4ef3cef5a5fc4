// A process of its own with the simulated SSH hosts of the bench, so that their work is not counted as ours: as many as its argument says, tagged bench.
// A message { answerMs } says how long each waits before it runs a command, as a host over a network does; { drop: true } ends every connection.
import { randomBytes } from 'node:crypto';
import { newSshKey, startFleet } from '../libs/testing/dist/index.js';

const password = randomBytes(12).toString('base64url');
// One host key for all: making 200 takes longer than the bench.
const hostKey = newSshKey().private;
const fleet = await startFleet({ hosts: Array.from({ length: Number(process.argv[2]) }, (_, i) => ({ hostname: `sim-${i}`, address: `127.0.4.${i + 1}`, port: 0, username: 'ops', password, hostKey })) });
process.send(fleet.hosts.map((h) => ({ hostname: h.spec.hostname, ip: h.address, port: h.port, hostKey: h.hostKey, username: 'ops', password, protocol: 'ssh', os: 'linux', environment: 'bench', location: 'here', tags: ['bench'] })));
process.on('message', ({ answerMs, drop }) => {
  for (const host of fleet.hosts) {
    if (answerMs !== undefined) host.faults.execDelayMs = answerMs;
    if (drop) host.dropConnections();
  }
  process.send('done');
});
process.on('SIGTERM', () => { void fleet.stop().then(() => process.exit(0)); });
