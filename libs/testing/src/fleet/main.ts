// The demo fleet as a process. Env: FLEET_PORT (2222) for SSH and FLEET_WINRM_PORT (5985) for the Windows hosts, 0 takes a free one for each host; FLEET_DATA (.data/fleet: keys and passwords), FLEET_FILE (where to write the same JSON as
// is printed, readable by us only), FLEET_LEDGER (side-effect ledger). Prints one line of JSON when it is ready; ends on SIGTERM and SIGINT.
// Commands really run on this machine, in an empty folder with simulated programs on PATH: as nobody when we are root, else as ourselves.
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { demoFleet, demoWindowsFleet, type DemoHost } from './demo-fleet.js';
import { startFleet } from './fleet.js';

const data = process.env['FLEET_DATA'] ?? '.data/fleet';
const linux = demoFleet({ port: portOf('FLEET_PORT', 2222), data });
const windows = demoWindowsFleet({ port: portOf('FLEET_WINRM_PORT', 5985), data });
const ledgerFile = process.env['FLEET_LEDGER'];
const fleet = await startFleet({ hosts: linux.map((d) => d.spec), windowsHosts: windows.map((d) => d.spec), ...(ledgerFile === undefined ? {} : { ledgerFile }) });

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

const hosts = [
  ...linux.map((demo) => ({ ...facts(demo), protocol: 'ssh', port: fleet.host(demo.spec.hostname).port, hostKey: fleet.host(demo.spec.hostname).hostKey })),
  ...windows.map((demo) => ({ ...facts(demo), protocol: 'winrm', port: fleet.windowsHost(demo.spec.hostname).port })),
];
const text = JSON.stringify({ ready: true, hosts });
const file = process.env['FLEET_FILE'];
if (file !== undefined) {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}
process.stdout.write(`${text}\n`);

function facts({ spec, tags, os, environment, location }: DemoHost<{ readonly hostname: string; readonly address: string; readonly username: string; readonly password?: string }>) {
  return { hostname: spec.hostname, ip: spec.address, tags, os, environment, location, simulated: true, username: spec.username, password: spec.password };
}

function portOf(variable: string, usual: number): number {
  const port = Number(process.env[variable] ?? usual);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${variable} must be a port number`);
  return port;
}
