// The demo fleet as a process. Env: FLEET_PORT (2222; 0 takes a free one for each host), FLEET_DATA (.data/fleet: keys and passwords), FLEET_FILE (where to write the same JSON as
// is printed, readable by us only), FLEET_LEDGER (side-effect ledger). Prints one line of JSON when it is ready; ends on SIGTERM and SIGINT.
// Commands really run on this machine, in an empty folder with simulated programs on PATH: as nobody when we are root, else as ourselves.
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { demoFleet } from './demo-fleet.js';
import { startFleet } from './fleet.js';

const port = Number(process.env['FLEET_PORT'] ?? 2222);
if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('FLEET_PORT must be a port number');
const demo = demoFleet({ port, data: process.env['FLEET_DATA'] ?? '.data/fleet' });
const ledgerFile = process.env['FLEET_LEDGER'];
const fleet = await startFleet({ hosts: demo.map((d) => d.spec), ...(ledgerFile === undefined ? {} : { ledgerFile }) });

const hosts = demo.map(({ spec, tags, os, environment, location }) => ({
  hostname: spec.hostname, ip: spec.address, port: fleet.host(spec.hostname).port, tags, os, environment, location, simulated: true,
  hostKey: fleet.host(spec.hostname).hostKey, username: spec.username, password: spec.password,
}));
const text = JSON.stringify({ ready: true, hosts });
const file = process.env['FLEET_FILE'];
if (file !== undefined) {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}
process.stdout.write(`${text}\n`);

let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  fleet.stop().then(() => process.exit(0), (error: unknown) => {
    process.stderr.write(`the fleet did not stop cleanly: ${String(error)}\n`);
    process.exit(1);
  });
};
process.on('SIGTERM', end).on('SIGINT', end);
